"""The lines of an ssh_config file."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from store.errors import AccessDenied, UriError

LARGEST: Final = 4 << 20
"""Bytes of a configuration file that are read; more is no configuration."""

_KEYWORD: Final = re.compile(r"\s*\"?([A-Za-z][A-Za-z0-9]*)\"?(?:\s*=\s*|\s+|$)")

RAW: Final = {"proxycommand", "localcommand", "remotecommand", "knownhostscommand"}
"""Keywords whose value is the rest of the line, quotes included."""


@dataclass(frozen=True, slots=True)
class Line:
    """One option."""

    keyword: str
    """In lower case."""
    words: tuple[str, ...]
    where: str
    """`file:line`, for messages."""


def lines(path: Path, *, private: bool) -> Iterator[Line]:
    """The options in a file, in order; none if there is no file.

    `private` refuses a file that others may write, as ssh does with a user's own. Raises `AccessDenied`, and
    `UriError` for a line that makes no sense.
    """
    for number, text in enumerate(_text(path, private).split("\n"), start=1):
        where = f"{path}:{number}"
        if text.strip() == "" or text.lstrip().startswith("#"):
            continue
        found = _KEYWORD.match(text)
        if found is None:
            raise UriError(f"{where} makes no sense in an SSH configuration", "ssh would refuse it too: correct it")
        keyword, rest = found[1].lower(), text[found.end() :].strip()
        yield Line(keyword, (rest,) if keyword in RAW else words(rest, where), where)


def words(text: str, where: str) -> tuple[str, ...]:
    """Split at blanks outside of quotes; `#` at the beginning of a word ends the line."""
    found: list[str] = []
    word: list[str] | None = None
    quote = ""
    escaped = False
    for index, character in enumerate(text):
        if escaped:
            escaped = False
        elif character == "\\" and _escapes(text[index + 1 : index + 2], quote):
            escaped, word = True, word or []
            continue
        elif quote:
            if character == quote:
                quote = ""
                continue
        elif character in "\"'":
            quote, word = character, word or []
            continue
        elif character.isspace():
            if word is not None:
                found.append("".join(word))
                word = None
            continue
        elif character == "#" and word is None:
            break
        word = word or []
        word.append(character)
    if quote:
        raise UriError(f"{where}: a quote is not closed", "ssh would refuse it too: correct it")
    if word is not None:
        found.append("".join(word))
    return tuple(found)


def _escapes(following: str, quote: str) -> bool:
    return following in ("'", '"', "\\") or (following == " " and not quote)


def _text(path: Path, private: bool) -> str:
    try:
        # Not to be held up by a pipe.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            status = os.fstat(file.fileno())
            if stat.S_ISCHR(status.st_mode):  # /dev/null, as a way to say that there is none
                return ""
            if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST:
                raise UriError(f"{path} is no SSH configuration", "it should be a text file")
            if private and (status.st_uid not in (0, os.getuid()) or status.st_mode & 0o022):
                raise AccessDenied(
                    f"{path} can be changed by others, so it is not trusted (ssh would refuse it too)",
                    f"chmod go-w {path}, and see that it is yours",
                )
            return file.read(LARGEST).decode("utf-8", "surrogateescape")
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise AccessDenied(
            f"{path} cannot be read: {error.strerror}", "ssh reads it too: look at its permissions"
        ) from error
