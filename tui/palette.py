"""The command palette: what the key table has, by name."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider

from tui.keys import BY_ID, Key, shown_keys
from tui.themes import ORDER


class KeyCommands(Provider):
    """Everything that has a key and can be done where the palette was opened."""

    def _commands(self) -> Iterator[tuple[str, Key, partial[object]]]:
        seen: set[str] = set()
        for active in self.screen.active_bindings.values():
            entry = BY_ID.get(active.binding.id or "")
            if entry is None or entry.id in seen or not active.enabled or entry.id == "palette":
                continue
            seen.add(entry.id)
            run = partial(self.app.run_action, active.binding.action, default_namespace=active.node)
            yield f"{entry.tooltip.rstrip('.')}  [{shown_keys(entry)}]", entry, run

    async def discover(self) -> Hits:
        for text, _, run in self._commands():
            yield DiscoveryHit(text, run)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for text, _, run in self._commands():
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
