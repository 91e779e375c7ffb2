"""The line in which names are found and filters written."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Label


class Prompt(Horizontal):
    """A labelled text field at the bottom of a pane; hidden while not in use."""

    DEFAULT_CSS = """
    Prompt {
        layer: above;
        dock: bottom;
        display: none;
        height: 1;
        background: $panel;
        &.-shown { display: block; }
        & > Label { color: $text-accent; text-style: bold; padding: 0 1; }
        & > Input { border: none; height: 1; padding: 0; width: 1fr; background: $panel; }
        & > Input:focus { border: none; }
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
        yield Label("", markup=False)
        field = Input(compact=True, select_on_focus=False)
        # A blinking cursor sends bytes while nothing changes.
        field.cursor_blink = False
        field.can_focus = False
        yield field

    @property
    def shown(self) -> bool:
        return self.has_class("-shown")

    def ask(self, purpose: str, text: str, placeholder: str) -> None:
        """Opens the field with `text` in it and the cursor at its end."""
        self.purpose = purpose
        self.query_one(Label).update(f"{purpose}:")
        field = self.query_one(Input)
        field.can_focus = True
        field.placeholder = placeholder
        with field.prevent(Input.Changed):
            field.value = text
        field.cursor_position = len(text)
        self.add_class("-shown")
        field.focus()

    def close(self) -> None:
        self.remove_class("-shown")
        self.query_one(Input).can_focus = False

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
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
