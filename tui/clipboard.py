"""Putting text on the clipboard of the terminal that a user sits at, also from within tmux."""

from __future__ import annotations

import base64
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tui.view.glyphs import quoted

LONGEST: Final = 74_000
"""Bytes of base64 that terminals take in one OSC 52 (xterm's and many others' limit is about 75 kB)."""

TMUX_SECONDS: Final = 3.0
"""How long tmux may take to answer."""

_WITHOUT: Final = ("linux", "dumb", "vt100", "vt220")
"""Terminals (values of TERM) that have no clipboard."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a copy."""

    told: str
    """For the user, without the text itself."""
    arrived: bool
    """False if it is sure that it did not reach the clipboard; a terminal never says that it did."""
    sequence: str = ""
    """What is to be written to the terminal, if it was not done already."""


def copy(text: str, what: str, environ: Mapping[str, str]) -> Outcome:
    """Copies through tmux if it is there, else by OSC 52. May block for `TMUX_SECONDS`."""
    encoded = base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")
    if len(encoded) > LONGEST:
        return Outcome(f"the {what} is too long to copy through a terminal ({len(text)} characters)", False)
    if environ.get("TMUX"):
        return _through_tmux(text, what, environ)
    term = environ.get("TERM", "")
    if term in _WITHOUT:
        return Outcome(f"cannot copy: a terminal of the type {quoted(term)} has no clipboard", False)
    if term.startswith("screen") and environ.get("STY"):
        return Outcome(f"{what} copied, if your terminal takes OSC 52", True, f"\x1bP\x1b]52;c;{encoded}\x07\x1b\\")
    return Outcome(f"{what} copied, if your terminal takes OSC 52", True, f"\x1b]52;c;{encoded}\x07")


def _through_tmux(text: str, what: str, environ: Mapping[str, str]) -> Outcome:
    """tmux ignores the OSC 52 of a program unless set-clipboard is `on`; `load-buffer -w` sends its own."""
    try:
        version = _tmux(["-V"], environ)
        found = re.search(r"(\d+)\.(\d+)", version)
        able = found is not None and (int(found[1]), int(found[2])) >= (3, 2)
        setting = _tmux(["show-options", "-gv", "set-clipboard"], environ).strip()
        _tmux(["load-buffer", *(["-w"] if able else []), "-"], environ, text)
    except (OSError, subprocess.SubprocessError) as error:
        return Outcome(f"cannot copy: tmux did not take the {what} ({type(error).__name__})", False)
    if setting == "off":
        return Outcome(f"{what} is in tmux's paste buffer only: tmux's set-clipboard is off", False)
    if not able:
        return Outcome(f"{what} is in tmux's paste buffer only: tmux older than 3.2 cannot send it on", False)
    return Outcome(f"{what} copied through tmux", True)


def _tmux(arguments: list[str], environ: Mapping[str, str], text: str | None = None) -> str:
    done = subprocess.run(
        ["tmux", *arguments],
        input=text,
        stdin=None if text is not None else subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TMUX_SECONDS,
        check=True,
        env=dict(environ),
    )
    return done.stdout
