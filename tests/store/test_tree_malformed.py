"""What is broken, half-written or hostile in a tree is one flagged row; the rest is read as if it were not there."""

from __future__ import annotations

import os
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from store.entities import Experiment, Run, RunParts, ViewType
from store.errors import AccessDenied, NotAStore, StoreNotFound
from store.file.parts import LARGEST
from store.opening import open_store
from store.protocols import ExperimentQuery, RunQuery, Store
from tests.support.trees import (
    START,
    age,
    experiment_meta,
    listing,
    opened,
    run_id,
    run_meta,
    write_experiment,
    write_file,
    write_run,
)

NOBODY = 65534
GOOD = run_id(1)
BAD = run_id(2)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A tree with one experiment that has one sound run."""
    root = tmp_path / "mlruns"
    write_run(write_experiment(root), GOOD, params={"lr": "0.1"}, metrics={"loss": [(START, 0.5, 1)]})
    return root


def every_run(store: Store, parts: RunParts = RunParts.ALL) -> dict[str, Run]:
    ids = store.run_ids(RunQuery(view=ViewType.ALL)).items
    found = {run.run_id: run for run in store.runs(ids, parts)}
    assert list(found) == list(ids)
    return found


def every_experiment(store: Store) -> dict[str, Experiment]:
    return {item.experiment_id: item for item in store.experiments(ExperimentQuery(view=ViewType.ALL)).items}


def flagged(root: Path, *reasons: str) -> Run:
    """The run `BAD`, which says each of these; the sound one is as ever, before and after a look at the index."""
    before = listing(root)
    for _ in range(2):
        with opened(root) as store:
            runs = every_run(store)
            assert runs.keys() == {GOOD, BAD}
            assert (runs[GOOD].problems, dict(runs[GOOD].params)) == ((), {"lr": "0.1"})
            assert store.runs([BAD], RunParts.ALL) == [runs[BAD]]
            for reason in reasons:
                assert any(reason in problem for problem in runs[BAD].problems), runs[BAD].problems
    assert listing(root) == before
    return runs[BAD]


META = run_meta(BAD)


@pytest.mark.parametrize(
    ("meta", "reason"),
    [
        ("", "meta.yaml is empty"),
        ("\n\n", "meta.yaml is empty"),
        ("[1, 2]\n", "holds no keys and values"),
        ("just text\n", "holds no keys and values"),
        ("a: [1, 2\n", "is not valid YAML: line 2"),
        ("a: 'x\n", "is not valid YAML"),
        ("a: \x00\n", "is not valid YAML"),
        ("[" * 50_000, "nested too deeply"),
        (META[: META.index("run_id") + 4], "is not valid YAML"),
        (META[: META.index("run_id")], "has no user_id, no start_time, no run_id"),
        (run_meta(BAD, run_id=None), "has no run_id"),
        (run_meta(BAD, start_time=None, user_id=None), "has no user_id, no start_time"),
        (run_meta(BAD, start_time="soon"), "start_time is no whole number, but 'soon'"),
        (run_meta(BAD, end_time="2020-01-01"), "end_time is no whole number"),
        (run_meta(BAD, start_time="99999999999999999999999"), "start_time is no whole number"),
        (run_meta(BAD, status=9), "status is none of MLflow's, but '9'"),
        (run_meta(BAD, status="true"), "status is none of MLflow's, but 'True'"),
        (run_meta(BAD, lifecycle_stage="gone"), "lifecycle_stage is none of MLflow's, but 'gone'"),
        (run_meta(BAD, run_name="{a: b}"), "run_name is no text"),
        (run_meta(BAD, user_id="[x]"), "user_id is no text"),
        (run_meta(GOOD), f"belongs elsewhere: its run_id is '{GOOD}'"),
        (run_meta(BAD, "7"), "belongs elsewhere: its experiment_id is '7'"),
    ],
)
def test_a_broken_meta_yaml_is_one_flagged_run(root: Path, meta: str, reason: str) -> None:
    write_run(root / "1", BAD, meta=meta, params={"depth": "3"})
    run = flagged(age(root), reason)
    assert (run.experiment_id, dict(run.params)) == ("1", {"depth": "3"})


def test_a_meta_yaml_that_is_not_utf_8(root: Path) -> None:
    folder = write_run(root / "1", BAD)
    (folder / "meta.yaml").write_bytes(b"run_name: \xff\xfe\n")
    flagged(age(root), "meta.yaml is not UTF-8: byte 11 is wrong")


def test_a_meta_yaml_of_many_megabytes_is_not_read(root: Path) -> None:
    folder = write_run(root / "1", BAD)
    with (folder / "meta.yaml").open("wb") as file:
        file.truncate(5_000_000_000)
    flagged(age(root), "meta.yaml has 5,000,000,000 bytes")


def test_a_folder_that_is_no_run(root: Path) -> None:
    (root / "1" / BAD / "artifacts").mkdir(parents=True)
    os.utime(root / "1" / BAD, (1, 1))
    flagged(root, "has no meta.yaml: MLflow did not write this folder")


def test_folders_and_files_that_are_no_runs_by_their_name(root: Path) -> None:
    for name in ("tags", "datasets", "traces", "models", ".ipynb_checkpoints"):
        (root / "1" / name).mkdir()
    (root / "1" / "notes.txt").write_text("x")
    (root / "models" / "iris").mkdir(parents=True)
    (root / "models" / "iris" / "meta.yaml").write_text("name: iris\n")
    with opened(root) as store:
        assert every_run(store).keys() == {GOOD}
        assert every_experiment(store).keys() == {"1"}
        assert store.runs(["tags", "models", ".", "..", "", "a/b", "\0", "x" * 300, "../1"], RunParts.ALL) == []


@pytest.mark.parametrize("part", ["params", "tags", "metrics"])
def test_what_is_not_a_file_is_never_opened(root: Path, part: str) -> None:
    folder = write_run(root / "1", BAD, params={"a": "1"}, tags={"a": "1"}, metrics={"a": [(START, 1.0, 0)]})
    os.mkfifo(folder / part / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        here = os.getcwd()
        os.chdir(folder / part)
        try:
            listener.bind("socket")
        finally:
            os.chdir(here)
    run = flagged(age(root), f"{part}/pipe is not a file", f"{part}/socket is not a file")
    assert list(getattr(run, part)) == ["a"]
    with opened(root) as store:
        key = {"params": "params.pipe = '1'", "tags": "tags.pipe = '1'", "metrics": "metrics.pipe = 1"}[part]
        assert store.run_ids(RunQuery(filter=key)).items == ()
        assert len(store.history(BAD, "pipe")) == 0


def test_pipes_in_the_place_of_meta_yaml_and_folders(root: Path) -> None:
    folder = write_run(root / "1", BAD)
    (folder / "meta.yaml").unlink()
    os.mkfifo(folder / "meta.yaml")
    shutil.rmtree(folder / "params")
    os.mkfifo(folder / "params")
    os.mkfifo(root / "1" / "pipe")
    os.mkfifo(root / "pipe")
    flagged(root, "meta.yaml is a pipe, not a file", "params is no folder")


def test_devices_are_not_opened(root: Path) -> None:
    folder = write_run(root / "1", BAD)
    try:
        os.mknod(folder / "params" / "zero", 0o20666, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("only root can make a device")
    flagged(root, "params/zero is not a file")


def test_links_that_leave_the_tree_are_not_followed(root: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("token")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "inner").write_text("token")
    folder = write_run(root / "1", BAD, params={"a": "1"})
    (folder / "params" / "out").symlink_to(secret)
    (folder / "params" / "sub").symlink_to(tmp_path / "folder")
    (folder / "params" / "nowhere").symlink_to("absent")
    (folder / "params" / "circle").symlink_to("circle")
    (folder / "params" / "inside").symlink_to(root / "1" / GOOD / "params" / "lr")
    shutil.rmtree(folder / "tags")
    (folder / "tags").symlink_to(tmp_path / "folder")
    (folder / "inputs").symlink_to(tmp_path / "folder")
    model = root / "1" / "models" / "m-1"
    model.parent.mkdir()
    write_file(tmp_path / "model" / "meta.yaml", "model_id: m-1\nexperiment_id: '1'\nname: out\nstatus: 2\n")
    model.symlink_to(tmp_path / "model")
    with opened(root) as store:
        assert store.logged_models(["m-1"]) == []
    run = flagged(
        age(root),
        "inputs is a link: it is not followed",
        "params/out is a link that leads out of the tree",
        "params/sub is a link that leads out of the tree",
        "params/nowhere is a link that leads nowhere",
        "params/circle is a link that leads in a circle",
        "tags is a link: it is not followed",
    )
    assert (dict(run.params), dict(run.tags)) == ({"a": "1", "inside": "0.1"}, {})
    with opened(root) as store:
        for key in ("out", "sub/inner"):
            assert store.run_ids(RunQuery(filter=f"params.`{key}` = 'token'")).items == ()
        assert store.run_ids(RunQuery(filter="tags.inner = 'token'")).items == ()


def test_keys_from_a_filter_stay_in_their_folder(root: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("token")
    keys = ("../../../../secret", f"{tmp_path}/secret", "../params/lr", "./lr", "a/../lr", "lr/", "x" * 5000, "lr/x")
    with opened(root) as store:
        for key in keys:
            assert store.run_ids(RunQuery(filter=f"params.`{key}` IS NOT NULL")).items == (), key
            assert len(store.history(GOOD, key)) == 0


def test_linked_experiments_and_runs_are_read_like_others(root: Path, tmp_path: Path) -> None:
    elsewhere = write_experiment(tmp_path / "disk", "2")
    write_run(elsewhere, BAD, meta=run_meta(BAD, "2"), params={"a": "1"})
    (elsewhere / BAD / "params" / "b").symlink_to("a")
    (root / "2").symlink_to(elsewhere)
    third = run_id(3)
    write_run(tmp_path / "runs", third, meta=run_meta(third))
    (root / "1" / third).symlink_to(tmp_path / "runs" / third)
    with opened(age(root)) as store:
        runs = every_run(store)
        assert {key: run.problems for key, run in runs.items()} == {GOOD: (), BAD: (), third: ()}
        assert dict(runs[BAD].params) == {"a": "1", "b": "1"}
        assert store.runs([third], RunParts.ATTRIBUTES)[0].run_id == third


def test_links_in_circles_are_flagged(root: Path) -> None:
    (root / "loop").symlink_to(root)
    (root / "self").symlink_to("self")
    (root / "lost").symlink_to("absent")
    (root / "twin").symlink_to("1")
    (root / "1" / "up").symlink_to("..")
    (root / "1" / "back").symlink_to(root / "1")
    with opened(root) as store:
        experiments = every_experiment(store)
        assert {key: item.problems[-1:] for key, item in experiments.items()} == {
            "1": (),
            "loop": ("is a link that leads in a circle",),
            "self": ("is a link that leads in a circle",),
            "lost": ("is a link that leads nowhere",),
            "twin": ("is a link to 1, whose runs are listed there",),
        }
        runs = every_run(store)
        assert runs.keys() == {GOOD, "up", "back"}
        assert runs["up"].problems == runs["back"].problems == ("is a link that leads in a circle",)
        assert runs[GOOD].problems == ()


def test_file_names_that_are_not_utf_8(root: Path) -> None:
    folder = write_run(root / "1", BAD)
    raw = os.fsencode(folder)
    with open(raw + b"/params/caf\xe9", "wb") as file:
        file.write(b"1")
    with open(raw + b"/metrics/m\xff", "wb") as file:
        file.write(b"1600000000000 0.5 1\n")
    os.makedirs(raw + b"-\xff/params")
    os.makedirs(os.fsencode(root) + b"/exp\xfe")
    with opened(age(root)) as store:
        strange = f"{BAD}-\\xff"
        for _ in range(2):
            runs = every_run(store)
            assert runs.keys() == {GOOD, BAD, strange}
            assert dict(runs[BAD].params) == {"caf\\xe9": "1"}
            assert next(iter(store.history(BAD, "m\\xff"))).value == 0.5
            assert [item.key for item in store.metric_summaries(BAD)] == ["m\\xff"]
            assert runs[strange].problems
            assert "exp\\xfe" in every_experiment(store)
            str(runs).encode()
    with opened(root) as store:
        assert store.runs([strange], RunParts.ALL)[0].run_id == strange


def test_values_that_are_not_utf_8_or_too_long(root: Path) -> None:
    folder = write_run(root / "1", BAD)
    (folder / "params" / "bytes").write_bytes(b"a\xffb")
    with (folder / "tags" / "huge").open("wb") as file:
        file.truncate(3_000_000_000)
    run = flagged(age(root), "params/bytes is not UTF-8", "tags/huge has 3,000,000,000 bytes")
    assert run.params["bytes"] == "a\\xffb"
    assert len(run.tags["huge"]) == LARGEST


@pytest.mark.parametrize(
    ("content", "reason", "points"),
    [
        ("1600000000000 1 0\nwhat is this\n1600000000001 2 1\n", "has a line that is no point", 2),
        ("1 2 3 4\n1 2 3 4 5 6\n5 0.5 1\nx y z\n", "has 3 lines that are no points", 1),
        ("99999999999999999999 1 0\n1 1 99999999999999999999\n1 1.2.3 4\n1 1 1\n", "has 3 lines that are no points", 1),
        ("", "holds no point", 0),
        ("\x00" * 100, "has a line that is no point", 0),
        ("1600000000000 0.5 1\n1600000000", "has a line that is no point", 1),
        ("x" * 3_000_000, "has a line of more than 1,048,576 bytes", 0),
    ],
)
def test_lines_that_are_no_points(root: Path, content: str, reason: str, points: int) -> None:
    folder = write_run(root / "1", BAD)
    write_file(folder / "metrics" / "a/b", content)
    run = flagged(age(root), f"metrics/a/b {reason}")
    with opened(root) as store:
        assert len(store.history(BAD, "a/b")) == points
        assert len(store.metric_summaries(BAD)) == len(run.metrics) == min(points, 1)


def test_a_metric_of_gigabytes_is_flagged_at_once(root: Path) -> None:
    folder = write_run(root / "1", BAD)
    with (folder / "metrics" / "loss").open("wb") as file:
        file.write(b"1600000000000 0.5 1\n")
        file.truncate(400_000_000_000)
    flagged(age(root), "metrics/loss has 400,000,000,000 bytes; of a metric at most 268,435,456 are read")


def test_broken_experiments_are_flagged_and_their_runs_listed(root: Path) -> None:
    for name, meta in {
        "2": "",
        "3": "name: [x]\nexperiment_id: '3'\n",
        "4": experiment_meta("9"),
        "5": "a: b: c\n",
        "6": experiment_meta("6", lifecycle_stage="odd", creation_time="never"),
    }.items():
        folder = write_experiment(root, name, meta)
        write_run(folder, run_id(int(name)))
    (root / "7").mkdir()
    os.utime(root / "7", (1, 1))
    with opened(age(root)) as store:
        found = every_experiment(store)
        assert found.keys() == {"1", "2", "3", "4", "5", "6", "7"}
        reasons = {
            "2": "meta.yaml is empty",
            "3": "name is no text",
            "4": "belongs elsewhere: its experiment_id is '9'",
            "5": "is not valid YAML",
            "6": "creation_time is no whole number",
            "7": "has no meta.yaml",
        }
        for key, reason in reasons.items():
            assert any(reason in problem for problem in found[key].problems), found[key]
        assert found["2"].name == "2"
        assert found["1"].problems == ()
        assert {run.experiment_id for run in every_run(store).values()} == {"1", "2", "3", "4", "5", "6"}


def test_a_copied_experiment_has_each_run_once(root: Path) -> None:
    shutil.copytree(root / "1", root / "0")
    with opened(age(root)) as store:
        runs = every_run(store)
        assert runs.keys() == {GOOD}
        assert runs[GOOD].experiment_id == "1"
        assert runs[GOOD].problems == (f"a folder with the same name, which is not listed as a run, is '0/{GOOD}'",)
        assert "belongs elsewhere" in every_experiment(store)["0"].problems[0]


def test_edges_that_are_broken(root: Path) -> None:
    folder = write_run(root / "1", BAD)
    write_file(folder / "inputs" / "a" / "meta.yaml", "source_type: DATASET\nsource_id: absent\ntags: {}\n")
    write_file(folder / "inputs" / "b" / "meta.yaml", "source_type: DATASET\nsource_id: ../../1\ntags: {}\n")
    write_file(folder / "inputs" / "c" / "meta.yaml", "source_type: MODEL_INPUT\nsource_id: m-1\ntags: {}\n")
    write_file(folder / "inputs" / "d" / "meta.yaml", "")
    write_file(folder / "outputs" / "e" / "meta.yaml", "destination_type: MODEL_OUTPUT\ndestination_id: m-2\nstep: x\n")
    run = flagged(
        age(root),
        "datasets/absent is not there",
        "datasets/../../1 is no folder's name",
        "inputs/d: meta.yaml is empty",
        "outputs/e: meta.yaml: step is no whole number",
    )
    assert [item.model_id for item in run.model_inputs] == ["m-1"]
    assert [(item.model_id, item.step) for item in run.model_outputs] == [("m-2", 0)]


@contextmanager
def as_nobody() -> Iterator[None]:
    """As a user who owns nothing, if the tests run as root, whom nothing is refused."""
    if os.geteuid() == 0:
        os.seteuid(NOBODY)
        try:
            yield
        finally:
            os.seteuid(0)
    else:
        yield


def test_what_may_not_be_read_is_flagged(root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    cache = tmp_path / "cache"
    cache.mkdir()
    cache.chmod(0o777)
    monkeypatch.setenv("FLOWDECK_CACHE_DIR", str(cache))
    folder = write_run(root / "1", BAD, params={"a": "1", "b": "2"}, metrics={"m": [(START, 1.0, 1)]})
    age(root)
    (folder / "params" / "a").chmod(0)
    (folder / "metrics").chmod(0)
    write_run(root / "1", run_id(3))
    (root / "1" / run_id(3) / "meta.yaml").chmod(0)
    write_run(write_experiment(root, "2"), run_id(4))
    (root / "2").chmod(0)
    try:
        with as_nobody(), opened(root) as store:
            runs, experiments = every_run(store), every_experiment(store)
    finally:
        for path in (folder / "metrics", root / "2"):
            path.chmod(0o755)
    assert runs.keys() == {GOOD, BAD, run_id(3)}
    assert dict(runs[BAD].params) == {"b": "2"}
    assert "params/a may not be read: permission denied" in runs[BAD].problems
    assert "metrics may not be read: permission denied" in runs[BAD].problems
    assert runs[run_id(3)].problems == ("meta.yaml may not be read: permission denied",)
    assert "permission denied" in experiments["2"].problems[0]
    assert experiments["1"].problems == ()


def test_a_root_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(StoreNotFound, match="nothing is at"):
        open_store((tmp_path / "absent").as_uri())
    (tmp_path / "file").write_text("x")
    with pytest.raises(NotAStore, match="is a file"):
        open_store((tmp_path / "file").as_uri())
    (tmp_path / "other" / ".hidden").mkdir(parents=True)
    (tmp_path / "other" / "readme").write_text("x")
    with pytest.raises(NotAStore, match="not an mlruns tree"):
        open_store((tmp_path / "other").as_uri())
    (tmp_path / "closed").mkdir(mode=0)
    if os.geteuid():
        with pytest.raises(AccessDenied):
            open_store((tmp_path / "closed").as_uri())


def test_an_empty_tree_is_one_without_experiments(tmp_path: Path) -> None:
    (tmp_path / "mlruns" / ".trash").mkdir(parents=True)
    with opened(tmp_path / "mlruns") as store:
        assert (store.info.schema, every_experiment(store), every_run(store)) == ("no experiment yet", {}, {})


def test_a_tree_that_is_removed_meanwhile(root: Path) -> None:
    with opened(root) as store:
        assert every_run(store).keys() == {GOOD}
        shutil.rmtree(root / "1" / GOOD)
        assert store.runs([GOOD], RunParts.ALL) == []
        assert (store.metric_summaries(GOOD), len(store.history(GOOD, "loss"))) == ([], 0)
        shutil.rmtree(root)
        with pytest.raises(StoreNotFound):
            store.run_ids(RunQuery())


def test_a_tree_that_loses_and_gains_files_while_it_is_read(root: Path) -> None:
    ids = [run_id(number) for number in range(10, 60)]
    stop = False

    def churn() -> None:
        while not stop:
            for one in ids:
                write_run(root / "1", one, params={"p/q": "1", "x": "2"}, metrics={"m": [(START, 1.0, 1)]})
            for one in ids:
                shutil.rmtree(root / "1" / one)

    writer = Thread(target=churn)
    writer.start()
    try:
        with opened(root) as store:
            end = time.monotonic() + 2
            while time.monotonic() < end:
                page = store.run_ids(RunQuery(filter="metrics.m > 0"))
                found = store.runs([*page.items, GOOD], RunParts.ALL)
                assert found[-1].run_id == GOOD
                assert {run.run_id for run in found} <= {*ids, GOOD}
                assert store.experiment_stats()["1"].runs >= 1
    finally:
        stop = True
        writer.join()
    with opened(root) as store:
        assert {key: run.problems for key, run in every_run(store).items()} == {GOOD: ()}


def test_a_run_whose_meta_yaml_is_still_being_written_is_waited_for(root: Path) -> None:
    folder = write_run(root / "1", BAD, meta="")

    def finish() -> None:
        time.sleep(0.05)
        (folder / "meta.yaml").write_text(META)

    writer = Thread(target=finish)
    writer.start()
    try:
        with opened(root) as store:
            assert every_run(store)[BAD].problems == ()
    finally:
        writer.join()
