"""`flowdeck tag`, `rename`, `note`, `end`, `delete` and `restore`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from tui.cli import diagnostics, output
from tui.cli.changed import print_outcomes
from tui.cli.completing import complete_runs
from tui.cli.diagnostics import ExitCode
from tui.cli.options import Settings, output_option, run_argument, store_option

if TYPE_CHECKING:
    from store.changes import Change
    from store.entities import Run
    from store.protocols import Store

_STDIN: Final = "-"
_LISTED: Final = 20
"""Runs that a question names."""


def _runs_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.argument("runs", metavar="RUN...", nargs=-1, required=True, shell_complete=complete_runs)(command)


@click.command(epilog="\b\nExamples:\n  flowdeck tag baseline stage=done\n  flowdeck tag acfc09 --delete draft")
@click.argument("words", metavar="RUN... [KEY=VALUE]...", nargs=-1, required=True, shell_complete=complete_runs)
@click.option("--delete", "gone", multiple=True, metavar="KEY", help="Delete this tag; may be repeated.")
@output_option
@store_option
@click.pass_obj
def tag(settings: Settings, words: tuple[str, ...], gone: tuple[str, ...]) -> int:
    """Set and delete tags of runs.

    An argument with “=” is a tag, every other one a run; “-” reads runs from stdin, one a line.
    """
    from store.changes import SetTags

    runs = [word for word in words if "=" not in word]
    parts = [word.partition("=") for word in words if "=" in word]
    if not runs:
        raise click.UsageError("no run is named: arguments with “=” are tags.")
    if not parts and not gone:
        raise click.UsageError("nothing to change: give KEY=VALUE or --delete KEY.")
    return _change(settings, runs, SetTags(tuple((key, value) for key, _, value in parts), gone))


@click.command(epilog="\b\nExamples:\n  flowdeck rename acfc09 baseline")
@run_argument
@click.argument("name", metavar="NAME")
@output_option
@store_option
@click.pass_obj
def rename(settings: Settings, run: str, name: str) -> int:
    """Give a run another name."""
    from store.changes import Rename

    return _change(settings, [run], Rename(name))


@click.command(
    epilog="\b\nExamples:\n  flowdeck note baseline\n  flowdeck note baseline 'worth another look'\n"
    "  flowdeck note baseline - < note.md"
)
@run_argument
@click.argument("text", metavar="[TEXT|-]", required=False)
@click.option("--edit", is_flag=True, help="Write it in $VISUAL or $EDITOR.")
@output_option
@store_option
@click.pass_obj
def note(settings: Settings, run: str, text: str | None, edit: bool) -> int:
    """Print the note of a run, or set it: to TEXT, to what stdin has (-), or to what is written in an editor."""
    from store.changes import SetTags
    from store.entities import RunParts
    from store.kinds import NOTE_TAG
    from store.lookup import find_run

    if text is not None and edit:
        raise click.UsageError("TEXT and --edit exclude each other.")
    if edit or text is not None:
        settings.check_writing()
    if edit or text is None:
        with settings.opened() as store:
            found = find_run(store, run, RunParts.ALL)
        before = found.tags.get(NOTE_TAG, "")
        if not edit:
            _print_note(before)
            return ExitCode.DONE if before else ExitCode.NO
        if not (sys.stdin.isatty() and output.is_terminal()):
            raise click.UsageError("an editor needs a terminal: give the text, or - for stdin.")
        if "***" in before:
            raise click.UsageError("the note has a password in a URI, which is not shown: set the whole note instead.")
        written = click.edit(before, extension=".md")
        if written is None or written.rstrip("\n") == before.rstrip("\n"):
            diagnostics.note("the note was not changed")
            return ExitCode.NO
        run, text = found.run_id, written.rstrip("\n")
    elif text == _STDIN:
        text = sys.stdin.read().rstrip("\n")
    return _change(settings, [run], SetTags(((NOTE_TAG, text),)))


def _print_note(text: str) -> None:
    if text:
        from tui.view.text import clean_lines

        output.write_shown("".join(f"{line}\n" for line in clean_lines(text)))
    else:
        diagnostics.note("this run has no note")


@click.command(epilog="\b\nExamples:\n  flowdeck end acfc09 --status KILLED")
@_runs_argument
@click.option(
    "--status",
    type=click.Choice(["KILLED", "FAILED", "FINISHED"], case_sensitive=False),
    required=True,
    help="How they ended.",
)
@output_option
@store_option
@click.pass_obj
def end(settings: Settings, runs: tuple[str, ...], status: str) -> int:
    """End runs that only say that they are running: their process is gone. “-” reads runs from stdin."""
    from store.changes import EndRuns

    return _change(settings, runs, EndRuns(status.upper(), _now()))


@click.command(epilog="\b\nExamples:\n  flowdeck delete acfc09\n  flowdeck runs -o csv -c run_id | flowdeck delete -")
@_runs_argument
@click.option("--yes", is_flag=True, help="Do not ask.")
@output_option
@store_option
@click.pass_obj
def delete(settings: Settings, runs: tuple[str, ...], yes: bool) -> int:
    """Mark runs as deleted; “restore” takes the mark away. “-” reads runs from stdin.

    On a terminal it asks first.
    """
    from store.changes import DeleteRuns

    return _change(settings, runs, DeleteRuns(_now()), question=None if yes else "delete")


@click.command(epilog="\b\nExamples:\n  flowdeck restore acfc09")
@_runs_argument
@output_option
@store_option
@click.pass_obj
def restore(settings: Settings, runs: tuple[str, ...]) -> int:
    """Take the mark of deletion from runs. “-” reads runs from stdin."""
    from store.changes import RestoreRuns

    return _change(settings, runs, RestoreRuns())


def _now() -> int:
    return int(time.time() * 1000)


def _change(settings: Settings, named: Sequence[str], change: Change, question: str | None = None) -> int:
    settings.check_writing()
    texts = _given(named)
    with settings.opened() as store:
        runs = _found(store, texts)
    if question is not None and not _agreed(question, runs):
        diagnostics.note("nothing was changed")
        return ExitCode.NO
    with settings.opened_to_change() as changes:
        outcomes = changes.apply(change, [run.run_id for run in runs])
    return print_outcomes(settings.output, outcomes, {run.run_id: run.run_name or "" for run in runs})


def _given(named: Sequence[str]) -> list[str]:
    texts: list[str] = []
    for text in named:
        texts += [line.strip() for line in sys.stdin if line.strip()] if text == _STDIN else [text]
    if not texts:
        raise click.UsageError("stdin names no run.")
    return texts


def _found(store: Store, texts: Sequence[str]) -> list[Run]:
    """Every run that is named, once each. Raises `UsageError` with all that is wrong."""
    from store.errors import Ambiguous, NotFound, UsageError
    from store.lookup import find_run

    found: dict[str, Run] = {}
    wrong: list[str] = []
    for text in texts:
        try:
            run = find_run(store, text)
        except (Ambiguous, NotFound) as error:
            wrong.append(f"{error.message}; {error.hint}" if error.hint else error.message)
            continue
        if run.run_id in found:
            wrong.append(f"the run {run.run_id} is given twice (“{text}”)")
        found[run.run_id] = run
    if wrong:
        raise UsageError("\n".join(wrong), "nothing was changed")
    return list(found.values())


def _agreed(verb: str, runs: Sequence[Run]) -> bool:
    """Asks on a terminal; elsewhere what was typed counts."""
    if not (sys.stdin.isatty() and output.is_terminal()):
        return True
    from tui.view.cells import plural
    from tui.view.text import clean

    for run in runs[:_LISTED]:
        diagnostics.narrate(f"  {run.run_id}  {clean(run.run_name or '')}")
    if len(runs) > _LISTED:
        diagnostics.narrate(f"  and {len(runs) - _LISTED} more")
    diagnostics.ask(f"{verb} {plural(len(runs), 'run')}? [yes/no] ")
    return sys.stdin.readline().strip() == "yes"
