"""Texts of a store as they leave it: as they are, except for the passwords in their URIs.

Passwords stop here. Locations (of artifacts, of models, of datasets) pass `location`, the values of params and tags
pass `value_text`, so no reader of an entity can show, copy or log one.
"""

from __future__ import annotations

import re
from typing import Any, Final

from store.uris import redact

_PASSWORD: Final = re.compile(r'(?P<user>\b[A-Za-z][A-Za-z0-9+.-]{0,40}://[^\s/?#:"<>]*:)[^\s/?#"<>]+@')
"""`scheme://user:password@`, all of it before the first slash behind the scheme: `https://host:80/path@v2` is none."""


def text(value: Any) -> str:
    """What stands where a text should: nothing becomes empty, what is no text becomes one."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def optional_text(value: Any) -> str | None:
    return None if value is None else text(value)


def location(value: Any) -> str:
    """A URI, or JSON with some: without their passwords and secret arguments; see `redact`."""
    found = text(value)
    # Nothing that `redact` hides lacks both.
    return redact(found) if "@" in found or "=" in found else found


def optional_location(value: Any) -> str | None:
    return None if value is None else location(value)


def value_text(value: Any) -> str:
    """The value of a param or a tag: any text, so only what is plainly the password of a URI becomes `***`."""
    found = value if isinstance(value, str) else text(value)
    if "@" in found and "://" in found:
        return _PASSWORD.sub(r"\g<user>***@", found)
    return found


def hides_password(shown: str) -> bool:
    """True of what `value_text` has taken a password out of. Compared with it, what it stands for is not found."""
    return "***@" in shown and any(found.group().endswith(":***@") for found in _PASSWORD.finditer(shown))
