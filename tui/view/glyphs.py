"""The characters that the program draws with, for terminals with Unicode and without."""

from __future__ import annotations

import locale
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Glyphs:
    """One set of characters; each is one terminal column wide."""

    ellipsis: str
    blocks: str
    """Eight heights for sparklines, lowest first."""
    running: str
    scheduled: str
    finished: str
    failed: str
    killed: str
    unknown: str
    deleted: str
    mark: str
    """Before the name of a run that is marked."""
    up: str
    down: str
    gap: str
    """Between two pieces of a line, and where nothing is drawn."""
    child: str
    """Before the name of a run that has a parent run."""
    problem: str
    """Before the name of what could not be read whole."""
    bar: str
    """The handle of a scroll bar."""
    cursor: str
    """Before the row that the cursor is on."""
    before: str
    after: str
    """Where there is more to the left and to the right."""
    opening: str
    closing: str
    """Quotation marks."""
    arrows: tuple[str, str, str, str]
    """Names of the arrow keys: up, down, left, right; the only ones that may be wider."""
    replacement: str
    """For what nobody can show."""
    base: str
    """Carries combining marks that follow nothing, as Unicode's own charts do: else they land on the cell before."""
    pictures: bool
    """True if control characters may be shown as Unicode's pictures of them."""
    curve: str
    """Behind the name of a metric whose curve is shown."""
    folded: str
    unfolded: str
    """Before what has parts: hidden, and below it."""
    rule: str
    """A line above what belongs together."""
    braille: bool
    """True if charts may be drawn with braille characters."""


UNICODE: Final = Glyphs(
    ellipsis="…",
    blocks="▁▂▃▄▅▆▇█",
    running="●",
    scheduled="○",
    finished="✓",
    failed="✗",
    killed="■",
    unknown="?",
    deleted="†",
    mark="»",
    up="↑",
    down="↓",
    gap="·",
    child="↳",
    problem="!",
    bar="▐",
    cursor="›",
    before="‹",
    after="›",
    opening="“",
    closing="”",
    arrows=("↑", "↓", "←", "→"),
    replacement="�",
    base="◌",
    curve="∿",
    folded="▸",
    unfolded="▾",
    rule="─",
    pictures=True,
    braille=True,
)

ASCII: Final = Glyphs(
    ellipsis="~",
    blocks="_.,-=+*#",
    running="*",
    scheduled="o",
    finished="+",
    failed="x",
    killed="k",
    unknown="?",
    deleted="d",
    mark="=",
    up="^",
    down="v",
    gap=".",
    child="-",
    problem="!",
    bar="#",
    cursor=">",
    before="<",
    after=">",
    opening='"',
    closing='"',
    arrows=("Up", "Down", "Left", "Right"),
    replacement="?",
    base=".",
    curve="~",
    folded="+",
    unfolded="-",
    rule="-",
    pictures=False,
    braille=False,
)


def choose(environ: Mapping[str, str]) -> Glyphs:
    """ASCII if `FLOWDECK_ASCII` is set, on the Linux console, and where the locale or PYTHONIOENCODING is not UTF-8."""
    if environ.get("FLOWDECK_ASCII", "") not in ("", "0"):
        return ASCII
    if environ.get("TERM") in ("linux", "vt100", "vt220", "dumb"):
        return ASCII
    encoding = environ.get("PYTHONIOENCODING", "").partition(":")[0]
    if encoding and "utf" not in encoding.lower():
        return ASCII
    named = environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG")
    if named:
        return UNICODE if "utf" in named.lower() else ASCII
    return UNICODE if locale.getpreferredencoding(False).lower().replace("-", "") == "utf8" else ASCII


GLYPHS: Final = choose(os.environ)
"""The set for this process' terminal."""


def quoted(text: str) -> str:
    """A clean text in quotation marks."""
    return f"{GLYPHS.opening}{text}{GLYPHS.closing}"
