"""Reading the YAML of MLflow's meta.yaml files, most of which are flat lists of `key: value`.

What is plain is read here, in a thirtieth of the time; what is not, or might be something else to YAML, is left to
the YAML library, so that both always agree.
"""

from __future__ import annotations

import re
from typing import Any, Final

_LINE: Final = re.compile(
    r"""([A-Za-z_][A-Za-z0-9_]*):[ ](?:
        (-?(?:0|[1-9][0-9]{0,30}))                     # a whole number
      | '([^'\n]*)' | "([^"\\\n]*)"                    # quoted text without escapes
      | (null) | (\[\]|\{\})
      | ((?!0b)(?=[0-9]*[a-f])[0-9a-f]{32}             # an id
        | [^\W\d_](?:[^\s:\#"]|[ ](?![#\s])|:(?=[^\s])|["])*    # text that begins with a letter
        | /(?:[^\s:\#"]|[ ](?![#\s])|:(?=[^\s])|["])*)          # a path
    )""",
    re.VERBOSE,
)

_WORDS: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
"""What is no text to YAML, in any case."""

DEEPEST: Final = 100
"""Brackets and indented blocks inside of each other that YAML may have: MLflow's have three."""


class Malformed(Exception):
    """The text is not a YAML document with a mapping; its text says why, for people."""


def parse(data: bytes) -> dict[str, Any] | None:
    """The mapping that a YAML document holds; None if the document is empty. Raises Malformed."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise Malformed(f"is not UTF-8: byte {error.start + 1} is wrong") from error
    found = parse_flat(text)
    return parse_any(text) if found is None else found


def parse_flat(text: str) -> dict[str, Any] | None:
    """The mapping, if all of it is plain; else None."""
    found: dict[str, Any] = {}
    match = _LINE.fullmatch
    lines = text.split("\n")
    if lines.pop() or not lines:
        return None  # The last line may be incomplete; an empty document is not flat.
    for line in lines:
        parts = match(line)
        if parts is None or not line.isprintable():
            return None
        key, number, single, double, null, empty, plain = parts.groups()
        if key.lower() in _WORDS:
            return None
        if plain is not None:
            if plain[-1] in " :" or plain.lower() in _WORDS:
                return None
            found[key] = plain
        elif number is not None:
            found[key] = 0 if number == "-0" else int(number)
        elif single is not None:
            found[key] = single
        elif double is not None:
            found[key] = double
        elif null is not None:
            found[key] = None
        else:
            found[key] = [] if empty == "[]" else {}
    return found


def parse_any(text: str) -> dict[str, Any] | None:
    """The mapping as the YAML library reads it. Raises Malformed."""
    if _is_deep(text):
        raise Malformed("is nested too deeply")
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        found = yaml.load(text, loader)
    except yaml.YAMLError as error:
        raise Malformed(f"is not valid YAML{_where(error)}") from error
    except (ValueError, TypeError, RecursionError, OverflowError) as error:
        # Dates that no calendar has, keys that cannot be keys.
        raise Malformed(f"holds a value that YAML does not know: {error}") from error
    if found is None:
        return None
    if not isinstance(found, dict):
        raise Malformed("holds no keys and values")
    return found


def _where(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f": line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""


def _is_deep(text: str) -> bool:
    """True if the document could be nested so deeply that the library's recursion ends the process."""
    if text.count("[") + text.count("{") > DEEPEST or text.count("- - -") > DEEPEST:
        depth = deepest = 0
        for character in text:
            if character in "[{":
                depth += 1
                deepest = max(deepest, depth)
            elif character in "]}":
                depth -= 1
        if deepest > DEEPEST:
            return True
    return any(len(line) - len(line.lstrip(" -?:")) > 4 * DEEPEST for line in text.splitlines())
