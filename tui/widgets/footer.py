"""The footer: what can be done now, the most useful first, as much as there is room for."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.keys import key_to_character
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from tui.keys import BY_ID, shown


class Footer(Widget):
    """One line of keys with their labels; a click does what the key does."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"footer--key", "footer--label"}
    DEFAULT_CSS = """
    Footer {
        height: 1;
        background: $panel;
        &> .footer--key { text-style: bold; color: $text-accent; }
        &> .footer--label { color: $muted; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._entries: tuple[tuple[str, str, str], ...] = ()
        self._places: list[tuple[int, int, str]] = []

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)
        self._bindings_changed(self.screen)

    def _bindings_changed(self, screen: Screen[object]) -> None:
        if not self.is_attached:
            return
        found: dict[str, tuple[int, str, str, str]] = {}
        for key, active in screen.active_bindings.items():
            entry = BY_ID.get(active.binding.id or "")
            if entry is None or not entry.rank or not active.enabled or entry.id in found or self._typed(screen, key):
                continue
            found[entry.id] = (-entry.rank, active.binding.key_display or shown(key), entry.label, key)
        entries = tuple((name, label, key) for _, name, label, key in sorted(found.values()))
        if entries != self._entries:
            self._entries = entries
            self.refresh()

    @staticmethod
    def _typed(screen: Screen[object], key: str) -> bool:
        """True if a text field has the focus and takes the key as text."""
        focused, name = screen.focused, shown(key)
        # Textual does not know every character by the name of its key: `slash` it does not.
        character = key_to_character(key) or (name if len(name) == 1 and name.isascii() else None)
        return focused is not None and focused.check_consume_key(key, character)

    def render_line(self, y: int) -> Strip:
        plain = self.rich_style
        key_style = plain + self.get_component_rich_style("footer--key", partial=True)
        label_style = plain + self.get_component_rich_style("footer--label", partial=True)
        segments: list[Segment] = []
        self._places = []
        used = 0
        for name, label, key in self._entries:
            wide = len(name) + len(label) + 3
            if used + wide > self.size.width:
                continue
            segments += [Segment(f" {name}", key_style), Segment(f" {label} ", label_style)]
            self._places.append((used, used + wide, key))
            used += wide
        return Strip(segments, used).adjust_cell_length(self.size.width, plain)

    async def on_click(self, event: events.Click) -> None:
        for first, last, key in self._places:
            if first <= event.x < last:
                self.app.simulate_key(key)
                return
