"""A text in the user's own editor."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from store.errors import StoreError


def edited(text: str) -> str:
    """What $VISUAL, else $EDITOR, makes of a text, once it ends; the terminal is the editor's meanwhile.

    Raises `StoreError` if the editor cannot be run, fails, or leaves what is no text.
    """
    with tempfile.TemporaryDirectory(prefix="flowdeck-") as folder:
        file = Path(folder) / "note.md"
        try:
            editor = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")
            file.write_text(text, encoding="utf-8")
            subprocess.run([*editor, str(file)], check=True)
            written = file.read_text(encoding="utf-8")
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            raise StoreError(f"the editor failed: {error}", "set EDITOR to one that is installed") from error
    # Editors end the last line, which a note's need not be.
    return written if text.endswith("\n") else written.rstrip("\n")
