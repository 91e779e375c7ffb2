"""Something that has to be asked before work goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Label, Static

from tui.asking import Question, Reply
from tui.screens.modals.dialogue import Dialogue
from tui.view.text import clean, clean_lines, width
from tui.widgets.line import Line

LONGEST_LABEL: Final = 30
"""Terminal columns of what stands beside a field; servers ask whole paragraphs, and there is to be room to type."""


class Typed(Input):
    """A line that is typed; what is not to be seen is not to be copied either."""

    def action_copy(self) -> None:
        if not self.password:
            super().action_copy()

    def action_cut(self) -> None:
        if self.password:
            self.delete_selection()
        else:
            super().action_cut()


class Ask(Dialogue[Sequence[str] | None]):
    """Ends with what was typed, with nothing to say if the answer is yes, or with None."""

    CSS_PATH = ["dialogue.tcss", "question.tcss"]  # type: ignore[assignment]  # noqa: RUF012 (Textual takes both)
    BINDINGS = [  # noqa: RUF012 (Textual's attribute)
        Binding("escape", "drop", "no answer", show=False),
        # Before the text field takes it for copying, which a secret is not for.
        Binding("ctrl+c", "call_off", "call it off", show=False, priority=True),
    ]

    def __init__(self, question: Question) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        question = self._question
        with Vertical(classes="box"):
            yield Line(classes="title")
            for line in question.lines:
                yield Static(clean(line), markup=False)
            for field in question.fields:
                *above, label = clean_lines(field.label.strip())
                if width(label) > LONGEST_LABEL:
                    above, label = [*above, label], ""
                for line in above:
                    yield Static(line, markup=False)
                with Horizontal():
                    yield Label(label, markup=False)
                    typed = Typed(field.text, password=not field.shown, compact=True, select_on_focus=field.replaced)
                    typed.cursor_blink = False
                    yield typed
            if not question.fields:
                with Horizontal():
                    yield Button(question.no, id="no", compact=True)
                    yield Button(question.yes, id="yes", compact=True)

    def on_mount(self) -> None:
        self.query_one(Line).show([(self._question.title, "title"), (self.hint, "dim")])
        # Whatever was typed before this was seen must not say yes.
        self.query(Input if self._question.fields else Button).first().focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        fields = list(self.query(Input))
        place = fields.index(event.input)
        if place + 1 < len(fields):
            fields[place + 1].focus()
        else:
            self.end([field.value for field in fields])

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.end([] if event.button.id == "yes" else None)

    def action_drop(self) -> None:
        self.end(None)

    def action_call_off(self) -> None:
        self.end(None)

    @property
    def hint(self) -> str:
        """Which key does what."""
        if self._question.fields:
            return f"Enter answers, Esc {self._question.unanswered}"
        return "Enter on one of them, Tab to the other"

    def end(self, answers: Sequence[str] | None) -> None:
        """Goes away with this answer."""
        self.dismiss(answers)


class AskForThread(Ask):
    """Gives its answer to the thread that waits for it, and goes away by itself when that waits no more."""

    def __init__(self, question: Question, reply: Reply) -> None:
        super().__init__(question)
        self._reply = reply
        self._leaving = False

    @property
    def hint(self) -> str:
        how = super().hint if self._question.fields else "Enter on one, Tab the other, Esc: no"
        return f"{how}, ^c cancels"

    def action_call_off(self) -> None:
        self._reply.call_off()
        self.leave_if_over()

    def end(self, answers: Sequence[str] | None) -> None:
        self._reply.give(answers)
        self.leave_if_over()

    def on_screen_resume(self) -> None:
        self.leave_if_over()

    def leave_if_over(self) -> None:
        """Goes away if nothing is awaited any more; below another screen it hides, and goes once that is gone."""
        if not self._reply.over or self._leaving or not self.is_mounted:
            return  # One that is still being made is asked again when it is there.
        if self.app.screen is self:
            self._leaving = True
            self.dismiss()
        else:
            self.query_one(".box").display = False
