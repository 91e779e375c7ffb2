"""Files that grow are followed: what was read stays read, and a half-written line is never half a point."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.entities import Metric, RunParts
from store.file import metric_file
from store.file.metric_lines import latest, points
from store.protocols import RunQuery, Store
from store.series import latest_index
from tests.support.trees import START, age, opened, run_id, write_experiment, write_file, write_run

RUN = run_id(1)
LOSS = "metrics/train/loss"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write_run(write_experiment(tmp_path / "mlruns"), RUN)


@pytest.fixture
def store(run: Path) -> Iterator[Store]:
    with opened(run.parents[1]) as found:
        yield found


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """(file, offset) of what was read of metrics."""
    found: list[tuple[str, int]] = []
    real = metric_file.read

    def noting(path: str, limit: int, start: int = 0, cancel: object = None) -> metric_file.Content:
        content = real(path, limit, start)
        if limit > metric_file.ENDING:
            found.append((os.path.basename(path), start))
        return content

    monkeypatch.setattr(metric_file, "read", noting)
    return found


def append(path: Path, text: str) -> None:
    with path.open("ab") as file:
        file.write(text.encode())


def line(step: int, value: float = 0.5) -> str:
    return f"{START + step} {value} {step}\n"


def latest_loss(store: Store, run: Path) -> Metric:
    (found,) = store.runs([run.name], RunParts.METRICS)
    assert found.problems == ()
    return found.metrics["train/loss"]


def steps(store: Store, run: Path) -> list[int]:
    return list(store.history(run.name, "train/loss").steps)


def test_only_what_was_added_is_read(run: Path, store: Store, reads: list[tuple[str, int]]) -> None:
    first = "".join(line(step) for step in range(1000))
    write_file(run / LOSS, first)
    assert latest_loss(store, run).step == 999
    assert len(steps(store, run)) == 1000
    assert reads == [("loss", 0), ("loss", 0)]
    reads.clear()
    append(run / LOSS, line(1000, 0.25))
    assert latest_loss(store, run) == Metric("train/loss", 0.25, START + 1000, 1000)
    assert steps(store, run) == list(range(1001))
    assert reads == [("loss", len(first)), ("loss", len(first))]


def test_a_history_that_was_given_away_does_not_grow(run: Path, store: Store) -> None:
    write_file(run / LOSS, line(0) + line(1))
    before = store.history(RUN, "train/loss")
    append(run / LOSS, line(2))
    assert len(store.history(RUN, "train/loss")) == 3
    assert len(before) == len(list(before)) == 2


def test_an_old_file_is_not_read_again_by_another_process(run: Path, reads: list[tuple[str, int]]) -> None:
    first = line(0) + line(1)
    write_file(run / LOSS, first)
    age(run.parents[1])
    for expected in ([("loss", 0)], []):
        with opened(run.parents[1]) as store:
            assert latest_loss(store, run).step == 1
        assert reads == expected
        reads.clear()
    append(run / LOSS, line(2))
    with opened(run.parents[1]) as store:
        assert latest_loss(store, run).step == 2
    assert reads == [("loss", len(first))]


def test_a_line_is_a_point_once_it_is_ended(run: Path, store: Store) -> None:
    whole = line(0) + line(1)
    write_file(run / LOSS, whole)
    for torn in ("1600000000002", " 0.25", " 12"):
        append(run / LOSS, torn)
        assert steps(store, run) == [0, 1]
        assert latest_loss(store, run).step == 1
        assert store.metric_summaries(RUN)[0].count == 2
    append(run / LOSS, "3\n")
    assert steps(store, run) == [0, 1, 123]
    assert latest_loss(store, run) == Metric("train/loss", 0.25, 1_600_000_000_002, 123)


def test_a_last_line_without_end_counts_once_nobody_writes(run: Path, store: Store) -> None:
    write_file(run / LOSS, line(0) + "1600000000002 0.25 12")
    assert steps(store, run) == [0]
    age(run.parents[1])
    for _ in range(2):
        assert steps(store, run) == [0, 12]
        assert latest_loss(store, run).step == 12
        assert store.run_ids(RunQuery(filter="metrics.`train/loss` = 0.25")).items == (RUN,)
    append(run / LOSS, "3\n")
    assert steps(store, run) == [0, 123]
    assert latest_loss(store, run).step == 123


def test_a_truncated_file_is_read_anew(run: Path, store: Store) -> None:
    write_file(run / LOSS, "".join(line(step) for step in range(10)))
    age(run.parents[1])
    assert (steps(store, run), latest_loss(store, run).step) == (list(range(10)), 9)
    os.truncate(run / LOSS, len(line(0)) * 3)
    assert (steps(store, run), latest_loss(store, run).step) == ([0, 1, 2], 2)


def test_a_replaced_file_is_read_anew(run: Path, store: Store) -> None:
    write_file(run / LOSS, line(5) + line(6))
    age(run.parents[1])
    assert (steps(store, run), latest_loss(store, run).step) == ([5, 6], 6)
    write_file(run / "new", line(1) + line(2) + line(3))
    os.replace(run / "new", run / LOSS)
    assert (steps(store, run), latest_loss(store, run).step) == ([1, 2, 3], 3)


def test_a_file_written_anew_in_its_place_is_read_anew(run: Path, store: Store) -> None:
    write_file(run / LOSS, line(5) + line(6))
    age(run.parents[1])
    assert (steps(store, run), latest_loss(store, run).step) == ([5, 6], 6)
    inode = (run / LOSS).stat().st_ino
    (run / LOSS).write_text(line(1) + line(2) + line(3))
    assert (run / LOSS).stat().st_ino == inode
    assert (steps(store, run), latest_loss(store, run).step) == ([1, 2, 3], 3)


def test_params_and_tags_that_are_written_anew(run: Path) -> None:
    write_file(run / "tags" / "stage", "one")
    age(run.parents[1])
    for value in ("one", "two", "six"):
        (run / "tags" / "stage").write_text(value)
        with opened(run.parents[1]) as store:
            assert store.runs([RUN], RunParts.TAGS)[0].tags == {"stage": value}
            assert store.run_ids(RunQuery(filter=f"tags.stage = '{value}'")).items == (RUN,)
            assert store.run_ids(RunQuery(filter=f"tags.stage != '{value}'")).items == ()


def test_new_and_removed_runs_and_keys_are_seen_at_once(run: Path, store: Store) -> None:
    assert store.run_ids(RunQuery()).items == (RUN,)
    other = write_run(run.parent, run_id(2), start=START + 1, params={"a": "1"})
    assert store.run_ids(RunQuery()).items == (other.name, RUN)
    write_file(other / "params" / "b", "2")
    assert store.runs([other.name], RunParts.PARAMS)[0].params == {"a": "1", "b": "2"}
    (other / "params" / "a").unlink()
    assert store.runs([other.name], RunParts.PARAMS)[0].params == {"b": "2"}
    (other / "meta.yaml").write_text((other / "meta.yaml").read_text().replace("status: 3", "status: 4"))
    assert store.runs([other.name], RunParts.ATTRIBUTES)[0].status == "FAILED"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("1600000000000 0.5\n1600000000001 0.25\n", [(0, 1_600_000_000_000, 0.5), (0, 1_600_000_000_001, 0.25)]),
        ("1 0.5 7\n", [(7, 1, 0.5)]),
        ("1 0.5 7 iris abc12345\n", [(7, 1, 0.5)]),
        ("1 0.5 -7\r\n2 1e-5 -6\r\n", [(-7, 1, 0.5), (-6, 2, 1e-5)]),
        ("1 inf 0\n2 -inf 1\n", [(0, 1, math.inf), (1, 2, -math.inf)]),
        ("1 Infinity 0\n2 1E5 1\n3 +2 2\n", [(0, 1, math.inf), (1, 2, 1e5), (2, 3, 2.0)]),
        ("1 1e400 0\n2 1e-400 1\n", [(0, 1, math.inf), (1, 2, 0.0)]),
        ("1 0.5 0\n2 0.5\n\n3 0.5 2 d x\n", [(0, 1, 0.5), (0, 2, 0.5), (2, 3, 0.5)]),
    ],
)
def test_every_form_of_line(lines: str, expected: list[tuple[int, int, float]]) -> None:
    found = points(lines.encode())
    assert list(zip(found.steps, found.timestamps, found.values, strict=True)) == expected
    assert found.malformed == 0
    place = latest_index(found.steps, found.timestamps, found.values)
    assert latest(lines.encode()) == (expected[place], 0)


@given(
    st.lists(st.tuples(st.sampled_from([1, 2]), st.sampled_from(["nan", "0.5", "2", "-inf"]), st.sampled_from([1, 2]))),
    st.data(),
)
def test_the_latest_of_lines_is_the_same_however_they_are_read(
    rows: list[tuple[int, str, int]], data: st.DataObject
) -> None:
    lines = [f"{time} {value} {step}\n".encode() for time, value, step in rows]
    place = data.draw(st.integers(0, len(lines)))
    before, _ = latest(b"".join(lines[:place]))
    # NaN is no equal of itself.
    assert repr(latest(b"".join(lines[place:]), before)) == repr(latest(b"".join(lines)))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("1 -5 0\n1 nan 0\n", -5.0),
        ("1 nan 0\n1 -5 0\n", math.nan),
        ("1 3 0\n1 nan 0\n1 4 0\n", 4.0),
        ("1 1 0\n2 0 0\n", 0.0),
        ("9 1 4\n1 0.5 5\n", 0.5),
        ("1 0.48 4\n5 0.6 2\n1 0.47 4\n", 0.48),
        ("1 nan 1\n2 2 0\n", math.nan),
    ],
)
def test_the_latest_value_is_that_of_mlflows_file_store(run: Path, store: Store, lines: str, expected: float) -> None:
    """max() of (step, timestamp, value) in the order of logging: nothing compares to NaN."""
    write_file(run / LOSS, lines)
    found = latest_loss(store, run).value
    assert found == expected or (math.isnan(found) and math.isnan(expected))
    (summary,) = store.metric_summaries(RUN)
    assert summary.latest.value == found or math.isnan(found)
