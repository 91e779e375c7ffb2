"""`flowdeck completion`."""

from __future__ import annotations

from typing import Final

import click
from click.shell_completion import ShellComplete, get_completion_class

from tui.cli import output
from tui.cli.diagnostics import PROGRAM

SHELLS: Final = ("bash", "zsh", "fish")
VARIABLE: Final = f"_{PROGRAM.upper()}_COMPLETE"
"""Tells the program that a shell wants completions."""


@click.command(
    epilog="\b\nExamples:\n  bash  echo 'eval \"$(flowdeck completion bash)\"' >> ~/.bashrc\n"
    "  zsh   echo 'eval \"$(flowdeck completion zsh)\"' >> ~/.zshrc\n"
    "  fish  flowdeck completion fish > ~/.config/fish/completions/flowdeck.fish"
)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script of a shell.

    It completes commands, options, and the names of experiments, runs and metrics in the store.
    """
    found = get_completion_class(shell)
    assert found is not None
    # The base class' method: that of bash runs the bash at hand, which need not be the one the script is for.
    script = ShellComplete.source(found(context.find_root().command, {}, PROGRAM, VARIABLE))
    output.write(script.strip("\n") + "\n")
