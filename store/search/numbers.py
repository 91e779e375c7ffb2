"""What counts as a number in the text of a parameter or a tag.

A sign or none, digits with or without a point, and perhaps an exponent of at most three digits: `10`, `-.5`, `1e-05`,
`+3.`. Nothing else stands in the text, no blanks either. What has no finite value is no number: `nan`, `inf`, and
what is as great as the number that stands for an infinity in SQL stores. `store.sql.numbers` says the same to
databases.
"""

from __future__ import annotations

import re
from typing import Final

from store.kinds import INFINITE

_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")


def text_number(text: object) -> float | None:
    """The number that a text is; None if it is none."""
    if not isinstance(text, str) or _NUMBER.fullmatch(text) is None:
        return None
    value = float(text)
    return value if -INFINITE < value < INFINITE else None
