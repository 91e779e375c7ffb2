"""Why a file could not be written, and what to do about it."""

from __future__ import annotations

import errno
import os

from store.errors import AccessDenied, FlowdeckError, StoreError


def unwritten(path: str, error: OSError) -> FlowdeckError:
    """The error for people; nothing was left at `path`."""
    told = f"{path} was not written"
    if isinstance(error, IsADirectoryError):
        return StoreError(f"{told}: that is a folder or another thing that is no file", "name a file in it")
    if isinstance(error, FileExistsError):
        return StoreError(f"{told}: a file is there already", "name another one")
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        if os.path.isdir(os.path.dirname(os.path.abspath(path))):
            # As /proc does it.
            return StoreError(f"{told}: no file can be made in that folder", "name a file in another folder")
        return StoreError(f"{told}: there is no such folder", "make the folder, or name another one")
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return AccessDenied(f"{told}: its folder may not be written to", "name a file in another folder")
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreError(f"{told}: no space is left there", "make room, or name a file on another disk")
    if error.errno == errno.ENAMETOOLONG:
        return StoreError(f"{told}: that name is too long", "name it shorter")
    return StoreError(f"{told}: {error.strerror or error}", "name a file elsewhere")
