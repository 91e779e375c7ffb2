"""Files that are there as a whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from store import replacing
from store.replacing import whole_file


def written(path: Path, content: bytes, *, replace: bool = False) -> None:
    with whole_file(path, replace=replace) as file:
        file.write(content)


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_a_file_is_there_once_it_is_whole_with_the_permissions_of_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    before = os.umask(0o027)
    try:
        with whole_file(path, replace=False) as file:
            file.write(b"half")
            file.flush()
            assert not path.exists()
            file.write(b" and half")
    finally:
        os.umask(before)
    assert path.read_bytes() == b"half and half"
    assert path.stat().st_mode & 0o777 == 0o640
    assert names(tmp_path) == ["runs.csv"]


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt, GeneratorExit])
@pytest.mark.parametrize("there", [True, False])
def test_what_fails_half_way_leaves_nothing_and_changes_nothing(
    tmp_path: Path, failure: type[BaseException], there: bool
) -> None:
    path = tmp_path / "runs.csv"
    if there:
        path.write_bytes(b"before")

    def half() -> None:
        with whole_file(path, replace=True) as file:
            file.write(b"half")
            raise failure

    with pytest.raises(failure):
        half()
    assert names(tmp_path) == (["runs.csv"] if there else [])
    assert not there or path.read_bytes() == b"before"


def test_a_file_that_is_there_stays_unless_it_is_to_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    path.write_bytes(b"before")
    path.chmod(0o604)
    with pytest.raises(FileExistsError):
        written(path, b"after")
    assert path.read_bytes() == b"before"
    written(path, b"after", replace=True)
    assert path.read_bytes() == b"after"
    assert path.stat().st_mode & 0o777 == 0o604
    assert names(tmp_path) == ["runs.csv"]


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_came_meanwhile_stays_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    if not links:

        def link(_source: Path, _target: Path) -> None:
            raise OSError(errno.EPERM, "no hard links here")

        monkeypatch.setattr(replacing.os, "link", link)
    path = tmp_path / "runs.csv"
    with pytest.raises(FileExistsError), whole_file(path, replace=False):
        path.write_bytes(b"another's")
    assert path.read_bytes() == b"another's"
    assert names(tmp_path) == ["runs.csv"]
    written(tmp_path / "other.csv", b"mine")
    assert (tmp_path / "other.csv").read_bytes() == b"mine"
    assert names(tmp_path) == ["other.csv", "runs.csv"]


def test_a_link_stays_a_link_to_what_is_written(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_bytes(b"before")
    (tmp_path / "link.csv").symlink_to("real.csv")
    written(tmp_path / "link.csv", b"after", replace=True)
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_bytes() == b"after"


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", Path(os.devnull)):
        with pytest.raises(IsADirectoryError):
            written(path, b"x", replace=True)
    assert names(tmp_path) == ["pipe"]


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        written(tmp_path / "folder" / "runs.csv", b"x")
    assert names(tmp_path) == []


def test_names_are_as_long_as_the_file_system_lets_them_be(tmp_path: Path) -> None:
    written(tmp_path / ("x" * 255), b"x")
    with pytest.raises(OSError, match="too long"):
        written(tmp_path / ("x" * 256), b"x")
    assert names(tmp_path) == ["x" * 255]
