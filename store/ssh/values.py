"""The kinds of value that options of ssh_config have; each raises `UriError` with the place of one that is wrong."""

from __future__ import annotations

from typing import Final

from store.errors import UriError
from store.ssh.options import Options

_UNITS: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def flag(options: Options, keyword: str, default: bool) -> bool:
    """Yes or no."""
    word = options.word(keyword, "yes" if default else "no").lower()
    if word not in ("yes", "true", "no", "false"):
        raise UriError(f"{options.where(keyword)}: {keyword} is yes or no", "correct it")
    return word in ("yes", "true")


def one_of(options: Options, keyword: str, choices: tuple[str, ...]) -> str:
    """One of several words; the first is the default."""
    word = options.word(keyword, choices[0]).lower()
    if word not in choices:
        raise UriError(f"{options.where(keyword)}: {keyword} is one of {', '.join(choices)}", "correct it")
    return word


def number(options: Options, keyword: str, default: int) -> int:
    """A number that is not negative."""
    word = options.word(keyword, str(default))
    if not word.isascii() or not word.isdecimal():
        raise UriError(f"{options.where(keyword)}: {keyword} is a number", "correct it")
    return int(word)


def seconds(options: Options, keyword: str, default: float) -> float:
    """A time as sshd_config(5) writes it: `90`, `1m30s`. `none` is the default."""
    line = options.first(keyword)
    if line is None or options.word(keyword, "").lower() == "none":
        return default
    total, digits = 0, ""
    for character in options.word(keyword, "") + " ":
        if character.isascii() and character.isdecimal():
            digits += character
        elif digits and (character == " " or character.lower() in _UNITS):
            total += int(digits) * _UNITS[character.lower().strip()]
            digits = ""
        elif character != " ":
            raise UriError(f"{line.where}: {keyword} is a time in seconds", "correct it")
    return float(total)
