"""The `flowdeck` command: finds the sub-command, and turns every failure into a message and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import click

from tui.cli import diagnostics, output
from tui.cli.commands import COMMANDS, is_address
from tui.cli.completing import complete_stores
from tui.cli.diagnostics import PROGRAM, ExitCode
from tui.cli.guard import guarded, traceback_wanted
from tui.cli.options import Settings, any_output_option, program_options, store_option

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

EPILOG: Final = """\b
Examples:
  flowdeck                                   open ./mlflow.db, or what MLFLOW_TRACKING_URI names
  flowdeck sqlite:////data/mlflow.db         open that store
  flowdeck prod                              open the one that is saved as “prod”
  flowdeck runs -e churn -f "metrics.auc > 0.9" --sort metrics.auc:desc
  flowdeck runs -n 0 -o csv > runs.csv
"""


class Commands(click.Group):
    """Commands are imported when they are used; a first argument that is none of them is a store to open."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module, _, name = entry.target.partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name in COMMANDS or ctx.resilient_parsing or name.startswith("-"):
            return super().resolve_command(ctx, args)
        if not is_address(name) and not _is_saved(name):
            raise click.UsageError(_no_such_command(name), ctx)
        return "open", open_store_command, args

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        found = super().shell_complete(ctx, incomplete)
        return found if incomplete.startswith("-") else [*found, *complete_stores(ctx, None, incomplete)]


def _is_saved(name: str) -> bool:
    from store.places import config_path
    from store.saved_reading import store_names

    return name in store_names(config_path(os.environ))


def _no_such_command(name: str) -> str:
    from store.lookup import alternatives, similar
    from store.places import config_path
    from store.saved_reading import store_names

    near = similar(name, [*COMMANDS, *store_names(config_path(os.environ))])
    return f"there is no command and no store “{name}”." + (f" Did you mean {alternatives(near)}?" if near else "")


@click.group(
    cls=Commands,
    name=PROGRAM,
    invoke_without_command=True,
    subcommand_metavar="[URI | COMMAND [ARGS]...]",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EPILOG,
)
@any_output_option
@program_options
@click.option("--version", is_flag=True, help="Print the version.")
@click.pass_context
def cli(context: click.Context, version: bool) -> int | None:
    """Read MLflow stores from the terminal: their experiments, runs and metrics.

    With a URI, a path or the name of a saved store, or without anything, opens the terminal interface; commands print.
    """
    if version:
        from importlib.metadata import version as version_of

        output.write(f"{PROGRAM} {version_of(PROGRAM)}\n")
        context.exit(ExitCode.DONE)
    if context.invoked_subcommand is None:
        return open_tui(context.ensure_object(Settings))
    return None


@click.command("open", hidden=True)
@click.argument("uri")
@store_option
@click.pass_obj
def open_store_command(settings: Settings, uri: str) -> int:
    """Opens a store in the terminal interface."""
    if settings.store is not None and settings.store != uri:
        raise click.UsageError("one store can be opened: give the URI once, or -s URI.")
    settings.store = uri
    return open_tui(settings)


def open_tui(settings: Settings, *, demo: bool = False) -> int:
    """Runs the terminal interface until the user quits. Raises `FlowdeckError`s."""
    uri, _ = settings.address()
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("the terminal interface needs a terminal; commands such as “flowdeck runs” do not.")
    from tui.start import run_tui

    return run_tui(uri, read_only=settings.read_only, demo=demo)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command line; the exit code."""
    settings = Settings(traceback=traceback_wanted())
    return guarded(lambda: _run(arguments, settings), lambda: settings.traceback)


def _run(arguments: Sequence[str] | None, settings: Settings) -> int:
    try:
        given = [_as_utf8(text) for text in (sys.argv[1:] if arguments is None else arguments)]
        result: Any = cli.main(given, prog_name=PROGRAM, standalone_mode=False, obj=settings)
        output.flush()
        return int(result) if isinstance(result, int) else ExitCode.DONE
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.ClickException as error:
        return diagnostics.report_usage(error.format_message(), _usage_hint(error))
    except click.Abort:
        return ExitCode.INTERRUPTED
    except UnicodeEncodeError:
        return diagnostics.report_usage("an argument is not text in UTF-8", "names in a store always are")


def _as_utf8(text: str) -> str:
    """An argument as it was typed: in a locale without UTF-8 its bytes arrive undecoded."""
    if text.isascii():
        return text
    try:
        return os.fsencode(text).decode()
    except UnicodeError:
        return text


def _usage_hint(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    hidden = context is None or context.command.hidden
    path = PROGRAM if hidden or context is None else context.command_path
    return f"{path} --help shows what it takes"


def run_command() -> int:
    """Runs the command line of this process; the exit code."""
    code = main()
    try:
        output.flush()
    except BrokenPipeError:
        output.close_quietly()
    return code
