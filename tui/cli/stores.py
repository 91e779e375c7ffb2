"""`flowdeck stores`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tui.cli import diagnostics
from tui.cli.completing import complete_stores
from tui.cli.diagnostics import ExitCode
from tui.cli.listing import print_csv, print_json, print_table
from tui.cli.options import Settings, output_option
from tui.view.export import Format, Heading

if TYPE_CHECKING:
    from store.saved import SavedStore

HOW_TO_ADD = "flowdeck stores add NAME URI saves one"

_FIELDS = ("name", "kind", "uri", "ssh", "password", "token", "workspace")


@click.group(
    no_args_is_help=False,
    epilog="\b\nExamples:\n  flowdeck stores add prod postgresql://ml@127.0.0.1/mlflow --ssh gpu-3"
    " --password-from env:ML_DB\n  flowdeck stores test\n  flowdeck prod\n  flowdeck runs -s prod",
)
def stores() -> None:
    """Give names to stores, and tell whether they can be opened.

    A saved store is opened by its name: flowdeck NAME, -s NAME, FLOWDECK_STORE=NAME, or from the list in the terminal
    interface. A name counts for more than a file or folder that is called the same; that one is ./NAME.
    """


@stores.command("ls", epilog="Example: flowdeck stores ls -o json")
@output_option
@click.pass_obj
def list_stores(settings: Settings) -> None:
    """List the saved stores."""
    from store.places import config_path
    from store.saved_reading import read_stores

    known = list(read_stores(config_path(os.environ)).values())
    format_ = settings.output
    if format_ in (Format.JSON, Format.NDJSON):
        print_json(map(_document, known), format_)
    elif format_ is Format.CSV:
        print_csv(_FIELDS, ([_document(saved)[field] for field in _FIELDS] for saved in known))
    else:
        from tui.view.cells import MISSING
        from tui.view.stores import store_texts

        headings = [Heading("Name"), Heading("Kind"), Heading("Address", most=200), Heading("SSH"), Heading("Secret")]
        rows = [[text or MISSING for text in store_texts(saved)] for saved in known]
        print_table(headings, rows, format_)
        if not known:
            diagnostics.note(f"no store is saved; {HOW_TO_ADD}")


def _document(saved: SavedStore) -> dict[str, Any]:
    from store.uris import redact_address

    return {
        "name": saved.name,
        # Null for a path at which nothing is just now.
        "kind": saved.kind,
        "uri": redact_address(saved.uri),
        "ssh": saved.ssh,
        "password": None if saved.password is None else str(saved.password),
        "token": None if saved.token is None else str(saved.token),
        "workspace": saved.workspace,
    }


@stores.command(
    "add",
    epilog="\b\nExamples:\n  flowdeck stores add lab ./mlruns\n"
    "  flowdeck stores add team http://127.0.0.1:5000 --ssh ada@gpu-3 --token-from keyring:mlflow/ada\n"
    "  flowdeck stores add prod postgresql://ml@db.example/mlflow --password-from env:ML_DB",
)
@click.argument("name")
@click.argument("uri")
@click.option("--ssh", metavar="HOST", help="Reach it through this host: [user@]host[:port], or an alias of ~/.ssh.")
@click.option("--password-from", metavar="REF", help="Where its password is: env:VARIABLE or keyring:SERVICE/USER.")
@click.option("--token-from", metavar="REF", help="Where the token for an MLflow server is, in the same way.")
@click.option("--workspace", metavar="NAME", help="The workspace on an MLflow server.")
@click.option("--replace", is_flag=True, help="Instead of the one that has this name.")
def add(
    name: str,
    uri: str,
    ssh: str | None,
    password_from: str | None,
    token_from: str | None,
    workspace: str | None,
    replace: bool,
) -> None:
    """Save a store under a name.

    Secrets stay where they are: without --password-from, ~/.pgpass, ~/.my.cnf and MLflow's own variables and
    credentials file count as always. With --ssh, host and port are those that the SSH host sees.
    """
    from store.places import config_path
    from store.saved import absolute, make_saved
    from store.saved_writing import save_store
    from store.secrets import parse_secret
    from store.uris import has_secret, redact_address
    from tui.cli.commands import COMMANDS
    from tui.view.status import store_title

    if name in COMMANDS:
        raise click.UsageError(f"“{name}” is a command of flowdeck, and cannot name a store.")
    saved = make_saved(
        name,
        # What holds a secret is refused as it is, before anything is done with it.
        uri if has_secret(uri) else absolute(uri, Path.cwd()),
        ssh=ssh,
        password=None if password_from is None else parse_secret(password_from),
        token=None if token_from is None else parse_secret(token_from),
        workspace=workspace,
    )
    path = config_path(os.environ)
    save_store(path, saved, replace=replace)
    diagnostics.note(f"“{name}” is saved in {store_title(str(path))}; “flowdeck stores test {name}” tries it")
    if saved.kind is None:
        diagnostics.note(f"nothing is at {redact_address(saved.uri)} just now")


@stores.command("rm", epilog="Example: flowdeck stores rm lab")
@click.argument("name", shell_complete=complete_stores)
def remove(name: str) -> None:
    """Forget a saved store; the store itself is not touched."""
    from store.places import config_path
    from store.saved_writing import remove_store
    from tui.view.status import store_title

    path = config_path(os.environ)
    remove_store(path, name)
    diagnostics.note(f"“{name}” is no longer in {store_title(str(path))}")


@stores.command("test", epilog="\b\nExamples:\n  flowdeck stores test\n  flowdeck stores test prod team -o json")
@click.argument("names", metavar="[NAME]...", nargs=-1, shell_complete=complete_stores)
@output_option
@click.pass_obj
def test(settings: Settings, names: Sequence[str]) -> int:
    """Open saved stores, all or those that are named, and tell how that went.

    The exit code is 3 if any of them cannot be opened, and 1 if there is none.
    """
    from store.places import config_path
    from store.saved_reading import no_such_store, store_names
    from tui.cli.store_trial import print_trials, tried

    known = store_names(config_path(os.environ))
    for name in names:
        if name not in known:
            raise no_such_store(name, known)
    if not known:
        diagnostics.note(f"no store is saved; {HOW_TO_ADD}")
        return ExitCode.NO
    trials = tried(list(dict.fromkeys(names)) or known, settings.questions())
    return print_trials(trials, settings.output)
