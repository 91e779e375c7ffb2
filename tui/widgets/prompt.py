"""The line in which names are found and filters written."""

from __future__ import annotations

from dataclasses import dataclass

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, Label

from tui.view.text import cut, width

LEAST_NOTE = 12
"""Terminal columns beside the carets below which nothing is said there."""


class Field(Input):
    """A text field that is emptied by one key, wherever the cursor is."""

    def action_delete_left_all(self) -> None:
        self.clear()


class Pointer(Widget):
    """Carets below the part of a text field's text that is wrong."""

    DEFAULT_CSS = """
    Pointer { display: none; height: 1; background: $panel; color: $text-error; text-style: bold; }
    Pointer.-shown { display: block; }
    """

    def __init__(self, field: Input) -> None:
        super().__init__()
        self._field = field
        self._wrong = range(0)
        self._note = ""

    def on_mount(self) -> None:
        # A text that is longer than the field is scrolled, and the carets with it.
        self.watch(self._field, "scroll_x", self._scrolled, init=False)

    def _scrolled(self) -> None:
        self.refresh()

    def point(self, wrong: range, note: str = "") -> None:
        """At these characters; at none hides it. A clean `note` stands beside them where there is room."""
        self._wrong, self._note = wrong, note
        self.set_class(bool(wrong), "-shown")
        self.refresh()

    def render_line(self, y: int) -> Strip:
        text, wrong = self._field.value, self._wrong
        start = self._field.region.x - self.region.x + width(text[: wrong.start]) - round(self._field.scroll_x)
        carets = "^" * max(1, width(text[wrong.start : wrong.stop]))
        line = (" " * start + carets) if start >= 0 else carets[-start:]
        after = self.size.width - len(line) - 1
        if after >= min(LEAST_NOTE, width(self._note)):
            line = f"{line} {cut(self._note, after)}"
        elif start > width(self._note) + 1:
            line = f"{self._note:>{start - 1}} {carets}"
        return Strip([Segment(line, self.rich_style)]).adjust_cell_length(self.size.width, self.rich_style)


class Prompt(Vertical):
    """A labelled text field at the bottom of a pane; hidden while not in use."""

    DEFAULT_CSS = """
    Prompt {
        layer: above;
        dock: bottom;
        display: none;
        height: auto;
        background: $panel;
        &.-shown { display: block; }
        & Horizontal { height: 1; }
        & Label { color: $text-accent; text-style: bold; padding: 0 1; }
        & Input { border: none; height: 1; padding: 0; width: 1fr; background: $panel; }
        & Input:focus { border: none; }
    }
    """

    @dataclass
    class Changed(Message):
        """The text changed while it is being typed."""

        prompt: Prompt
        text: str

        @property
        def control(self) -> Prompt:
            return self.prompt

    @dataclass
    class Done(Message):
        """Enter: the text is meant."""

        prompt: Prompt
        text: str

        @property
        def control(self) -> Prompt:
            return self.prompt

    @dataclass
    class Dropped(Message):
        """Esc: the text is not meant."""

        prompt: Prompt

        @property
        def control(self) -> Prompt:
            return self.prompt

    def __init__(self) -> None:
        super().__init__()
        self.purpose = ""
        """What is being asked for: find or filter."""

    def compose(self) -> ComposeResult:
        field = Field(compact=True, select_on_focus=False)
        # A blinking cursor sends bytes while nothing changes.
        field.cursor_blink = False
        field.can_focus = False
        with Horizontal():
            yield Label("", markup=False)
            yield field
        yield Pointer(field)

    @property
    def shown(self) -> bool:
        return self.has_class("-shown")

    def ask(self, purpose: str, text: str, placeholder: str, wrong: range = range(0)) -> None:
        """Opens the field with `text` in it and the cursor at its end, or behind the characters that are `wrong`."""
        self.purpose = purpose
        self.query_one(Label).update(f"{purpose}:")
        field = self.query_one(Input)
        field.can_focus = True
        field.placeholder = placeholder
        with field.prevent(Input.Changed):
            field.value = text
        field.cursor_position = min(wrong.stop, len(text)) if wrong else len(text)
        self.query_one(Pointer).point(wrong)
        self.add_class("-shown")
        field.focus()

    def close(self) -> None:
        self.remove_class("-shown")
        self.query_one(Input).can_focus = False

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        # What was wrong is being mended.
        self.query_one(Pointer).point(range(0))
        if self.shown:
            self.post_message(self.Changed(self, event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.close()
        self.post_message(self.Done(self, event.value))

    def on_descendant_blur(self) -> None:
        """The focus went elsewhere, by mouse or Tab: what was found so far stays, a filter is not meant."""
        if self.shown:
            self.close()

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape" and self.shown:
            event.stop()
            event.prevent_default()
            self.close()
            self.post_message(self.Dropped(self))
