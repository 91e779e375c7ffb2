"""One value in full."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical

from tui.bindings import key_of, some_bindings
from tui.messages import CopyWanted
from tui.screens.modals.dialogue import Dialogue
from tui.view.text import clean, cut
from tui.view.value import FullValue, value_lines
from tui.widgets.line import Line
from tui.widgets.text_view import TextView

LONGEST_TITLE = 60
"""Terminal columns of a name in the title: what to do stands behind it."""

FRAME = 3
"""Lines of the box that are not the value's: the border and the title."""


class Value(Dialogue[None]):
    """Shows a value that is longer than its row; ends when one goes back."""

    CSS_PATH = ["dialogue.tcss", "value.tcss"]  # type: ignore[assignment]  # noqa: RUF012 (Textual takes both)
    BINDINGS = some_bindings("back", "copy_id", "copy_value", "redraw", "quit")

    def __init__(self, value: FullValue) -> None:
        super().__init__()
        self._value = value

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Line(classes="title")
            yield TextView(lambda columns: value_lines(self._value, columns))

    def on_mount(self) -> None:
        value, copy = self._value, key_of(self, "copy_id")
        self.query_one(Line).show(
            [
                (cut(clean(value.title) or "(empty)", LONGEST_TITLE), "title"),
                (value.kind, "accent"),
                (f"{copy} copies, {key_of(self, 'back')} closes", "dim"),
            ]
        )
        self.query_one(TextView).focus()

    def on_text_view_wrapped(self, message: TextView.Wrapped) -> None:
        """A short value needs no large box: the style sheet says how high it may be."""
        self.query_one(".box").styles.height = message.total + FRAME

    def action_back(self) -> None:
        self.dismiss(None)

    def action_copy_id(self) -> None:
        """Both keys that copy do the same here: what is copied is the value, as the store has it."""
        self.app.post_message(CopyWanted(self._value.kind, self._value.copied))

    def action_copy_value(self) -> None:
        self.action_copy_id()
