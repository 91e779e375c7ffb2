"""Writing a file as a whole: nobody ever reads half of it."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

PRIVATE = 0o600
"""Nobody but its owner may read it."""

_NO_LINKS: Final = frozenset((errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EACCES))
"""What file systems say that have no hard links, or none for this user."""


def replace_text(path: Path, text: str, *, keep_mode: bool) -> None:
    """Puts `text` in place of the file at `path`, which is made, private, with its folders; a link stays a link.

    With `keep_mode` a file that is there keeps its permissions. Raises `OSError`, also for what is there and no file.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        raise IsADirectoryError(0, "that is no file")
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    mode = target.stat().st_mode & 0o777 if keep_mode and target.exists() else PRIVATE
    put_text(target, text, mode, folder=target.parent, prefix=f".{target.name}.")


def put_text(target: str | Path, text: str, mode: int | None, *, folder: str | Path, prefix: str) -> None:
    """Puts a file with `text` and the permissions `mode` at `target`, which is no link. Raises `OSError`.

    Without `mode` it has those that the user's umask leaves. Until it is whole it is in `folder`, on the same file
    system, under a name that begins with `prefix`.
    """
    temporary = os.path.join(folder, f"{prefix}{secrets.token_hex(8)}")
    made = PRIVATE if mode is not None else 0o666
    handle = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, made)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            os.chmod(temporary, mode)
        os.replace(temporary, target)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


@contextmanager
def whole_file(path: Path, *, replace: bool) -> Iterator[BinaryIO]:
    """A file to write, which is at `path` once the block ends well, and nowhere if it does not.

    It is made beside that place with the permissions that the user's umask leaves; one that it replaces hands its own
    down, and a link to it stays a link. Raises `FileExistsError` without `replace` if something is there, at the
    beginning or by the end, `IsADirectoryError` for what is there and no file, and other `OSError`s; the folder is not
    made.
    """
    target = Path(os.path.realpath(path))
    try:
        mode = os.stat(target).st_mode
    except FileNotFoundError:
        mode = None
    if mode is not None and not stat.S_ISREG(mode):
        raise IsADirectoryError(errno.EISDIR, "that is no file", str(path))
    if mode is not None and not replace:
        raise FileExistsError(errno.EEXIST, "that file exists", str(path))
    # Its own name, however long the other one is.
    temporary = target.with_name(f".flowdeck-{secrets.token_hex(8)}.part")
    # Not `tempfile`, whose files are private.
    handle = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            if mode is not None:
                os.fchmod(file.fileno(), stat.S_IMODE(mode) & 0o777)
        if replace:
            os.replace(temporary, target)
        else:
            _put(temporary, target)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(temporary)


def _put(temporary: Path, target: Path) -> None:
    """Gives a file its name unless something has it. Raises `FileExistsError`."""
    try:
        os.link(temporary, target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, "that file exists", str(target)) from None
        os.replace(temporary, target)
