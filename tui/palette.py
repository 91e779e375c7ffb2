"""The command palette: what the key table has, by name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from functools import partial

from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from tui.keys import BY_ID, KEYS, Place, explained, shown
from tui.themes import ORDER


class Palette(CommandPalette):
    """Textual's palette, kept from turning a page before its list was laid out, which ends the program."""

    def _action_command_list(self, action: str) -> None:
        if self.query_one(CommandList).size.height:
            super()._action_command_list(action)


class KeyCommands(Provider):
    """Everything that has a key and can be done where the palette was opened."""

    def _commands(self) -> Iterator[tuple[str, Callable[[], Awaitable[bool]]]]:
        """(text, what it does); the keys are those that work now, as the user has them."""
        found: dict[str, Callable[[], Awaitable[bool]]] = {}
        keys: dict[str, list[str]] = {}
        for key, active in self.screen.active_bindings.items():
            entry = BY_ID.get(active.binding.id or "")
            if entry is not None and active.enabled and entry.id != "palette":
                keys.setdefault(entry.id, []).append(shown(key))
                found.setdefault(
                    entry.id, partial(self.app.run_action, active.binding.action, default_namespace=active.node)
                )
        keymap = getattr(self.app, "keymap_shown", None)
        # What the footer names first comes first; moving about comes last.
        for entry in sorted(KEYS, key=lambda key: (-key.rank, key.place is Place.LISTS)):
            if entry.id in found:
                yield f"{explained(entry, keymap).rstrip('.')}  [{' '.join(keys[entry.id])}]", found[entry.id]

    async def discover(self) -> Hits:
        for text, run in self._commands():
            yield DiscoveryHit(Content(text), run, text=text)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for text, run in self._commands():
            if (score := matcher.match(text)) > 0:
                yield Hit(score, matcher.highlight(text), run, text=text)


class ThemeCommands(Provider):
    """The themes."""

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for name in ORDER:
            text = f"Theme: {name}"
            if (score := matcher.match(text)) > 0:
                yield Hit(score, matcher.highlight(text), partial(setattr, self.app, "theme", name), text=text)
