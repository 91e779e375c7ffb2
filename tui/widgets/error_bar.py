"""The bar that tells what failed and what to do, above a screen that stays as it was."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from store.errors import FilterError, FlowdeckError
from tui.view.glyphs import GLYPHS
from tui.view.text import clean


class ErrorBar(Static):
    """Hidden until there is something to tell; Esc hides it again."""

    DEFAULT_CSS = """
    ErrorBar {
        display: none;
        height: auto;
        max-height: 40%;
        background: $panel;
        border-left: thick $error;
        padding: 0 1;
        &.-shown { display: block; }
    }
    """

    def __init__(self) -> None:
        super().__init__("", markup=False)
        self._group = ""

    @property
    def shown(self) -> bool:
        return self.has_class("-shown")

    @property
    def group(self) -> str:
        """Whose error is shown; empty if there is none."""
        return self._group if self.shown else ""

    def tell(self, what: str, error: FlowdeckError, group: str, then: str = "") -> None:
        """Shows an error that ended `what`, a piece of work of `group`; `then` is what the program does about it."""
        self._group = group
        parts: list[Content | tuple[str, str] | str] = [
            (f"{GLYPHS.failed} {what}: ", "bold $text-error"),
            clean(error.message),
        ]
        if isinstance(error, FilterError) and error.position is not None:
            before, wrong = (
                clean(error.text[: error.position]),
                clean(error.text[error.position : error.position + max(1, error.length)]),
            )
            after = clean(error.text[error.position + max(1, error.length) :])
            parts += ["\n  ", before, (wrong or " ", "reverse bold"), after]
            if error.suggestions:
                parts += [("\n  did you mean: ", "$muted"), clean(", ".join(error.suggestions))]
        if then:
            parts.append(f"\n  {then}")
        if error.hint:
            parts += [("\n  what to do: ", "$muted"), clean(error.hint)]
        self.update(Content.assemble(*parts))
        self.add_class("-shown")

    def hide(self, *groups: str) -> bool:
        """Hides the error, if groups are named only one of theirs; True if there was one."""
        if not self.shown or (groups and self._group not in groups):
            return False
        self.remove_class("-shown")
        return True
