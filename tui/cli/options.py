"""What every command shares: the store that is meant, the format, and how options become queries."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from tui.cli import diagnostics
from tui.cli.completing import complete_addresses, complete_experiments, complete_metrics, complete_runs
from tui.view.export import ENDINGS, TEXT_ENDINGS, TEXTS, Format

if TYPE_CHECKING:
    from store.entities import ViewType
    from store.protocols import Changes, Store
    from store.questions import Questions
    from store.saved import SavedStore

F = TypeVar("F", bound=Callable[..., Any])

PAGE: Final = 100
"""Entries that are listed if no limit is given; a cut answer is said on stderr."""


@dataclass(slots=True)
class Settings:
    """Options that are taken before and after the command; the later one counts."""

    store: str | None = None
    format: str | None = None
    read_only: bool = False
    traceback: bool = False

    def address(self) -> tuple[str, str]:
        """The store that is meant, by its address or by the name under which it is saved, and where that came from.

        Raises `StoreNotFound`.
        """
        if self.store is not None:
            # Back to what this process' locale makes of a file name.
            return os.fsdecode(self.store.encode("utf-8", "surrogateescape")), "--store"
        from store.uris import discover

        found = discover(os.environ, Path.cwd())
        return found.uri, found.source

    def saved(self) -> SavedStore | None:
        """The saved store that is meant; None if an address is. Raises `StoreNotFound` and `UsageError`."""
        from store.saved_reading import find_store

        return find_store(self.address()[0], os.environ)

    def questions(self) -> Questions | None:
        """Whom to ask for what logging in needs; None if nobody sits there."""
        from tui.cli.questions import terminal_questions

        return terminal_questions()

    @property
    def output(self) -> Format:
        """What is printed by a command that prints texts. Raises `UsageError`."""
        format_ = Format(self.format or Format.TABLE)
        if format_ is Format.PARQUET:
            from store.errors import UsageError

            raise UsageError("this command prints no parquet", "runs does: flowdeck runs -o parquet --to runs.parquet")
        return format_

    def output_to(self, file: str | None) -> Format:
        """What is written by a command that writes every format, to a file or, without one, to stdout.

        If no format was asked for, the file's name tells. Raises `UsageError` if that is of no known format.
        """
        if self.format is None and file is not None:
            ending = os.path.splitext(file)[1].lower()
            if ending in ENDINGS or ending in TEXT_ENDINGS:
                return ENDINGS.get(ending, Format.TABLE)
            from store.errors import UsageError

            known = ", ".join(ENDINGS)
            raise UsageError(f"{file}: no format is called {ending}", f"known are {known}; -o names one for any file")
        return Format(self.format or Format.TABLE)

    @contextmanager
    def opened(self) -> Iterator[Store]:
        """The store, closed afterwards."""
        from store.opening import open_address
        from store.uris import parse

        saved = self.saved()
        if saved is None:
            address = parse(self.address()[0])
        else:
            from store.saved import address_of

            if os.path.lexists(saved.name):
                diagnostics.note(f"“{saved.name}” is the saved store; what is called so in this folder: ./{saved.name}")
            address = address_of(saved, os.environ)
        store = open_address(address, questions=self.questions())
        try:
            yield store
        finally:
            store.close()

    @contextmanager
    def opened_to_change(self) -> Iterator[Changes]:
        """The same store's runs, to be changed. Raises `Unsupported` if that is forbidden."""
        from store.opening import open_changes
        from store.uris import parse

        saved = self.saved()
        if saved is None:
            address = parse(self.address()[0])
        else:
            from store.saved import address_of

            address = address_of(saved, os.environ)
        changes = open_changes(address, questions=self.questions())
        try:
            yield changes
        finally:
            changes.close()

    def check_writing(self) -> None:
        """Raises `Unsupported` with --read-only."""
        if self.read_only:
            from store.errors import Unsupported

            raise Unsupported("--read-only forbids every change; nothing was changed", "leave it out to change runs")


def _remember(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def callback(context: click.Context, _parameter: click.Parameter, value: Any) -> None:
        settings = context.ensure_object(Settings)
        if value is not None and value is not False:
            setattr(settings, name, value)

    return callback


def _general_options(command: F, *, hidden: bool) -> F:
    """-s/--store and the rare ones, which only the program's own help lists."""
    decorated = click.option(
        "--traceback",
        is_flag=True,
        hidden=hidden,
        expose_value=False,
        callback=_remember("traceback"),
        help="Show where an unexpected error happened.",
    )(command)
    decorated = click.option(
        "--read-only",
        is_flag=True,
        hidden=hidden,
        expose_value=False,
        callback=_remember("read_only"),
        help="Refuse everything that would change the store.",
    )(decorated)
    return click.option(
        "-s",
        "--store",
        metavar="URI",
        expose_value=False,
        callback=_remember("store"),
        is_eager=True,
        shell_complete=complete_addresses,
        help="URI, path or saved name of the store. Default: $FLOWDECK_STORE, $MLFLOW_TRACKING_URI, ./mlflow.db,"
        " ./mlruns.",
    )(decorated)


def program_options(command: F) -> F:
    """What is taken before every command."""
    return _general_options(command, hidden=False)


def store_option(command: F) -> F:
    """The same after a command."""
    return _general_options(command, hidden=True)


def output_option(command: F) -> F:
    """-o/--output of a command that prints texts."""
    return _output_option(TEXTS)(command)


def any_output_option(command: F) -> F:
    """-o/--output with every format."""
    return _output_option(tuple(Format))(command)


def _output_option(formats: tuple[Format, ...]) -> Callable[[F], F]:
    return click.option(
        "-o",
        "--output",
        "format_",
        type=click.Choice([item.value for item in formats]),
        expose_value=False,
        callback=_remember("format"),
        help="Format of what is printed; default table.",
    )


def file_options(command: F) -> F:
    """-O/--to and --force."""
    decorated = click.option("--force", is_flag=True, help="Replace FILE if it is there.")(command)
    return click.option(
        "-O",
        "--to",
        metavar="FILE",
        type=click.Path(dir_okay=False),
        help="Write to this file instead, which is there when it is whole; without -o its name tells the format.",
    )(decorated)


def stage_options(command: F) -> F:
    """--deleted and --all."""
    decorated = click.option("--all", "everything", is_flag=True, help="Deleted ones, too.")(command)
    return click.option("--deleted", is_flag=True, help="Only deleted ones.")(decorated)


def view_of(deleted: bool, everything: bool) -> ViewType:
    from store.entities import ViewType

    if deleted and everything:
        raise click.UsageError("--deleted and --all exclude each other.")
    return ViewType.DELETED_ONLY if deleted else ViewType.ALL if everything else ViewType.ACTIVE_ONLY


def filter_option(example: str, language: str = "MLflow's filter") -> Callable[[F], F]:
    return click.option("-f", "--filter", "filter_", default="", metavar="FILTER", help=f"{language}, e.g. {example}")


def sort_option(example: str) -> Callable[[F], F]:
    return click.option(
        "--sort",
        multiple=True,
        metavar="KEY[:asc|desc]",
        help=f"Order by this key; may be repeated. MLflow's order_by strings work, too. E.g. {example}",
    )


def limit_option(noun: str) -> Callable[[F], F]:
    return click.option(
        "-n",
        "--limit",
        type=click.IntRange(min=0, max=2**62),
        default=PAGE,
        show_default=True,
        metavar="LIMIT",
        help=f"At most so many {noun}; 0 for all.",
    )


def experiment_option(command: F) -> F:
    return click.option(
        "-e",
        "--experiment",
        "experiments",
        multiple=True,
        metavar="NAME_OR_ID",
        shell_complete=complete_experiments,
        help="Only of this experiment; may be repeated. The beginning of a name is enough if no other has it.",
    )(command)


def run_argument(command: F) -> F:
    return click.argument("run", metavar="RUN", shell_complete=complete_runs)(command)


def metric_argument(command: F) -> F:
    return click.argument("metric", metavar="METRIC", shell_complete=complete_metrics)(command)
