"""The frame that dialogues share."""

from __future__ import annotations

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen, ScreenResultType

from tui.bindings import some_bindings


class Dialogue(ModalScreen[ScreenResultType]):
    """A box above the screen that asks, which ends once."""

    CSS_PATH = "dialogue.tcss"
    BINDINGS = some_bindings("cancel")

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Ends with `result`, unless it has ended or something lies above it: that would go away in its place.

        An answer that was waited for may come after the user went away.
        """
        return super().dismiss(result) if self.app.screen is self else AwaitComplete()
