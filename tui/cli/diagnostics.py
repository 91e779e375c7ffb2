"""The only writer to stderr: what went wrong, what was left out, and the exit code."""

from __future__ import annotations

import enum
import os
import shutil
import sys
from typing import Final

from store.errors import FilterError, FlowdeckError, UsageError
from store.uris import redact


class ExitCode(enum.IntEnum):
    """What scripts may rely on."""

    DONE = 0
    NO = 1
    """The answer is no: a gate did not pass, there was nothing to do."""
    USAGE = 2
    FAILED = 3
    """The store, a file or a host failed."""
    INTERRUPTED = 130


PROGRAM: Final = "flowdeck"
_BOLD_RED: Final = "\x1b[1;31m"
_YELLOW: Final = "\x1b[33m"
_PLAIN: Final = "\x1b[0m"


def note(text: str) -> None:
    """Something worth knowing that is no error."""
    _print(f"note: {_clean(text)}")


def narrate(text: str) -> None:
    """A line of what is being talked about on a terminal."""
    _print(_clean(text))


def ask(text: str) -> None:
    """The beginning of a line that a person is to finish; the text is clean, its blank at the end stays."""
    _write(text)


class StatusLine:
    """One line at the end of stderr that is written over: nothing of it stays, and nothing of it goes into a file."""

    def __init__(self) -> None:
        self._used = 0

    @staticmethod
    def possible() -> bool:
        """True if somebody watches stderr."""
        return sys.stderr.isatty()

    def show(self, text: str) -> None:
        """`text` instead of what the line said, cut where the terminal ends."""
        from tui.view.text import cut

        text = cut(_clean(text), max(1, _columns() - 1))
        _write(f"\r{text.ljust(self._used)}")
        self._used = len(text)

    def erase(self) -> None:
        if self._used:
            _write(f"\r{' ' * self._used}\r")
            self._used = 0


def report(error: FlowdeckError) -> ExitCode:
    """Tells what was tried, what was found and what to do; the exit code it means."""
    _print(f"{_styled(PROGRAM + ':', _BOLD_RED)} {_clean(error.message)}")
    hint = error.hint
    if isinstance(error, FilterError):
        for line in pointer(error, _columns()):
            _print(line)
        if error.suggestions:
            from store.lookup import alternatives

            hint = f"did you mean {alternatives(error.suggestions)}?" + (f"\n{hint}" if hint else "")
    if hint:
        for line in _clean(hint).split("\n"):
            _print(f"  {line}")
    return ExitCode.USAGE if isinstance(error, UsageError) else ExitCode.FAILED


def report_usage(message: str, hint: str) -> ExitCode:
    """The command line itself is wrong."""
    _print(f"{_styled(PROGRAM + ':', _BOLD_RED)} {_clean(message)}")
    if hint:
        _print(f"  {_clean(hint)}")
    return ExitCode.USAGE


def report_unexpected(error: BaseException, *, traceback: bool) -> ExitCode:
    """A fault of the program, in a line; the rest only if it was asked for."""
    if traceback:
        import traceback as tracebacks

        _print(_clean("".join(tracebacks.format_exception(error)).rstrip()))
    told = _clean(str(error)).replace("\n", " ")
    _print(f"{_styled(PROGRAM + ':', _BOLD_RED)} unexpected {type(error).__name__}: {told}")
    if not traceback:
        _print("  this is a fault of flowdeck; --traceback or FLOWDECK_DEBUG=1 shows where")
    return ExitCode.FAILED


def pointer(error: FilterError, columns: int) -> list[str]:
    """The expression, or the part of it that fits, with carets below what is wrong."""
    from tui.view.glyphs import GLYPHS
    from tui.view.text import clean, width

    if error.position is None or not error.text:
        return []
    position = min(error.position, len(error.text))
    room = max(20, columns - 4)
    begin, end = 0, len(error.text)
    if width(clean(error.text)) > room:
        begin = max(0, position - room // 3)
        end = min(len(error.text), begin + room // 2)
    before = clean(error.text[begin:position])
    wrong = clean(error.text[position : min(end, position + max(1, error.length))])
    after = clean(error.text[position + max(1, error.length) : end])
    lead = (GLYPHS.ellipsis if begin else "") + before
    shown = lead + wrong + after + (GLYPHS.ellipsis if end < len(error.text) else "")
    carets = "^" * max(1, width(wrong))
    return [f"  {shown}", "  " + " " * width(lead) + _styled(carets, _YELLOW)]


def _clean(text: str) -> str:
    """Messages may quote a store's text; lines stay lines, secrets do not stay."""
    if text.isascii() and text.isprintable() and "://" not in text:
        return text  # Nothing to clean, and nothing to import for it.
    from tui.view.text import clean_lines

    return "\n".join(clean_lines(redact(text)))


def _styled(text: str, style: str) -> str:
    if sys.stderr.isatty() and not os.environ.get("NO_COLOR"):
        return f"{style}{text}{_PLAIN}"
    return text


def _columns() -> int:
    return shutil.get_terminal_size((100, 24)).columns


def _print(text: str) -> None:
    _write(f"{text}\n")


def _write(text: str) -> None:
    encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
    try:
        sys.stderr.write(text.encode(encoding, "replace").decode(encoding))
        sys.stderr.flush()
    except (OSError, ValueError):
        return  # Nobody listens.
