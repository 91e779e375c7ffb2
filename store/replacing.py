"""Writing a small file as a whole: nobody ever reads half of it."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

PRIVATE = 0o600
"""Nobody but its owner may read it."""


def replace_text(path: Path, text: str, *, keep_mode: bool) -> None:
    """Puts `text` in place of the file at `path`, which is made, private, with its folders; a link stays a link.

    With `keep_mode` a file that is there keeps its permissions. Raises `OSError`, also for what is there and no file.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        raise IsADirectoryError(0, "that is no file")
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    mode = target.stat().st_mode & 0o777 if keep_mode and target.exists() else PRIVATE
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(temporary, mode)
        os.replace(temporary, target)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
