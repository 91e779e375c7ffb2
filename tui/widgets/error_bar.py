"""The bar that tells what failed and what to do, above a screen that stays as it was."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from store.errors import FilterError, FlowdeckError
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

    @property
    def shown(self) -> bool:
        return self.has_class("-shown")

    def tell(self, what: str, error: FlowdeckError) -> None:
        """Shows an error that ended `what`."""
        parts: list[Content | tuple[str, str] | str] = [
            (f"✗ {what}: ", "bold $text-error"),
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
        if error.hint:
            parts += [("\n  what to do: ", "$muted"), clean(error.hint)]
        self.update(Content.assemble(*parts))
        self.add_class("-shown")

    def hide(self) -> bool:
        """True if there was something to hide."""
        was = self.shown
        self.remove_class("-shown")
        return was
