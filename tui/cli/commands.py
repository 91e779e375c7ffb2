"""The commands that exist: where each is implemented, and what it does in a line."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Entry:
    """A command of `flowdeck`."""

    target: str
    """`module:function` of the click command; imported when the command is used."""
    usage: str
    """As it is typed, without the options that every command has."""
    help: str
    """One line, for `flowdeck --help` and README."""


COMMANDS: Final = {
    "demo": Entry(
        "tui.cli.demo:demo", "flowdeck demo", "opens a built-in demo store; without a terminal, a tour as text"
    ),
    "experiments": Entry(
        "tui.cli.experiments:experiments",
        "flowdeck experiments [-f FILTER] [--sort KEY[:asc|desc]]... [-n LIMIT] [--deleted|--all]",
        "lists experiments",
    ),
    "runs": Entry(
        "tui.cli.runs:runs",
        "flowdeck runs [-e NAME_OR_ID]... [-f FILTER] [--sort KEY[:asc|desc]]... [-c COL]... [-n LIMIT]"
        " [--deleted|--all] [--to FILE [--force]]",
        "lists runs",
    ),
    "groups": Entry(
        "tui.cli.groups:groups",
        "flowdeck groups [-e NAME_OR_ID]... [-f FILTER] [-b KEY]... [-c METRIC]... [--sort KEY[:asc|desc]] [-n LIMIT]"
        " [--deleted|--all]",
        "groups runs: mean, std, min and max of their metrics",
    ),
    "show": Entry("tui.cli.show:show", "flowdeck show RUN", "shows everything about one run"),
    "history": Entry("tui.cli.history:history", "flowdeck history RUN METRIC", "prints a metric's full history"),
    "plot": Entry(
        "tui.cli.plot:plot",
        "flowdeck plot -m METRIC RUN... [--x step|relative|wall] [--log-y] [--smooth N] [--width W] [--height H]",
        "draws metric curves as text",
    ),
    "compare": Entry(
        "tui.cli.compare:compare",
        "flowdeck compare RUN RUN... [--all] [--baseline RUN]",
        "prints in what runs differ",
    ),
    "tag": Entry(
        "tui.cli.changes:tag", "flowdeck tag RUN... [KEY=VALUE]... [--delete KEY]...", "sets and deletes tags of runs"
    ),
    "rename": Entry("tui.cli.changes:rename", "flowdeck rename RUN NAME", "gives a run another name"),
    "note": Entry(
        "tui.cli.changes:note", "flowdeck note RUN [TEXT|-] [--edit]", "prints, sets or edits the note of a run"
    ),
    "end": Entry(
        "tui.cli.changes:end",
        "flowdeck end RUN... --status KILLED|FAILED|FINISHED",
        "ends runs that only say that they are running",
    ),
    "delete": Entry("tui.cli.changes:delete", "flowdeck delete RUN... [--yes]", "marks runs as deleted"),
    "restore": Entry("tui.cli.changes:restore", "flowdeck restore RUN...", "takes the mark of deletion away"),
    "stores": Entry(
        "tui.cli.stores:stores",
        "flowdeck stores ls|add NAME URI|rm NAME|test [NAME]...",
        "gives names to stores, and tells whether they can be opened",
    ),
    "doctor": Entry(
        "tui.cli.doctor:doctor", "flowdeck doctor", "tells what store this is, and what can be read from it"
    ),
    "completion": Entry(
        "tui.cli.completion:completion", "flowdeck completion bash|zsh|fish", "prints the completion script of a shell"
    ),
}
"""In the order of the help."""


def is_address(text: str) -> bool:
    """True if an argument that is no command can be the address of a store."""
    return any(mark in text for mark in "/:.~") or os.path.lexists(text)
