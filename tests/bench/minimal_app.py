"""The smallest Textual program, against which flowdeck's start is measured."""

from textual.app import App, ComposeResult
from textual.widgets import Static


class Minimal(App[None]):
    """Shows one line."""

    def compose(self) -> ComposeResult:
        """One line."""
        yield Static("Hello, terminal")


if __name__ == "__main__":
    Minimal().run()
