"""What is asked of a server, and how often: as little as will do, and never more than a few things at a time."""

from __future__ import annotations

import json
import threading
import time
from base64 import b64decode, b64encode
from typing import Any

import pytest

from store.entities import RunParts, ViewType
from store.http.limits import IN_FLIGHT, Limits
from store.http.store import HttpStore, open_http
from store.protocols import ExperimentQuery, Headway, RunQuery
from store.uris import parse
from tests.support.scripted import PAGE_404, Answer, Asked, scripted

pytestmark = pytest.mark.long

PARTS = RunParts.PARAMS | RunParts.METRICS | RunParts.TAGS


def run_id(number: int) -> str:
    return f"{number:032x}"


def document(number: int) -> dict[str, Any]:
    return {
        "info": {
            "run_id": run_id(number),
            "experiment_id": str(number % 3),
            "status": "FINISHED",
            "start_time": number,
        },
        "data": {"params": [{"key": "n", "value": str(number)}], "tags": [{"key": "t", "value": "x" * 50}]},
    }


class Mlflow:
    """A server with so many runs, newest first, that notes how many requests it answers at a time."""

    def __init__(self, runs: int, release: str = "3.17.2", most: int = 50_000) -> None:
        """It gives at most `most` runs at a time, however many it is asked for."""
        self.numbers = list(range(runs, 0, -1))
        self.most = most
        self.release = release
        self.busy = 0
        self.busiest = 0
        self._lock = threading.Lock()

    def __call__(self, asked: Asked) -> Answer:
        with self._lock:
            self.busy += 1
            self.busiest = max(self.busiest, self.busy)
        try:
            return self._answer(asked)
        finally:
            with self._lock:
                self.busy -= 1

    def _answer(self, asked: Asked) -> Answer:
        if asked.path == "/version":
            return Answer(self.release)
        if asked.path.endswith("/experiments/search"):
            return Answer({"experiments": [{"experiment_id": str(number), "name": str(number)} for number in range(3)]})
        if asked.path.endswith("/runs/get"):
            time.sleep(0.01)
            return Answer({"run": document(int(asked["run_id"], 16))})
        if asked.path.endswith("/runs/search"):
            return self._search(asked)
        return PAGE_404

    def _search(self, asked: Asked) -> Answer:
        numbers = self.numbers
        if "IN (" in (asked["filter"] or ""):
            time.sleep(0.01)
            numbers = [number for number in numbers if run_id(number) in asked["filter"]]
        start = json.loads(b64decode(asked["page_token"]))["offset"] if asked["page_token"] else 0
        size = min(asked["max_results"], self.most)
        page = numbers[start : start + size]
        token = b64encode(json.dumps({"offset": start + len(page)}).encode()).decode()
        more = {"next_page_token": token} if len(page) == size else {}
        return Answer({"runs": [document(number) for number in page], **more})


def opened(uri: str, limits: Limits | None = None) -> HttpStore:
    return open_http(parse(uri), limits=limits, environ={"HOME": "/nonexistent"})


def searches(asked: list[Asked]) -> list[Asked]:
    return [one for one in asked if one.path.endswith("/runs/search")]


def test_a_page_is_one_request_and_brings_its_runs_along() -> None:
    with scripted(Mlflow(500)) as (uri, asked):
        store = opened(uri)
        asked.clear()
        page = store.run_ids(RunQuery(("0", "1"), limit=100))
        assert (len(page.items), page.more, page.notes) == (100, True, ())
        assert [one["max_results"] for one in searches(asked)] == [101]
        runs = store.runs(page.items, PARTS)
        assert [run.params["n"] for run in runs] == [str(number) for number in range(500, 400, -1)]
        assert len(asked) == 1
        (fresh,) = store.runs(page.items[:1], PARTS)
        assert (fresh.run_id, asked[-1].path) == (page.items[0], "/api/2.0/mlflow/runs/get")
        store.close()


def test_exactly_what_is_wanted_is_asked_for() -> None:
    for limit, sizes in ((1, [2]), (999, [1000]), (1000, [1001]), (1500, [1000, 501]), (2999, [1000, 1000, 1000])):
        with scripted(Mlflow(3000)) as (uri, asked):
            store = opened(uri)
            page = store.run_ids(RunQuery(("0",), limit=limit))
            assert (len(page.items), page.more) == (limit, True)
            assert [one["max_results"] for one in searches(asked)] == sizes
            store.close()


def test_a_server_that_gives_less_than_it_is_asked_for_is_asked_on() -> None:
    with scripted(Mlflow(5000, most=100)) as (uri, asked):
        store = opened(uri)
        page = store.run_ids(RunQuery(("0",), limit=500))
        assert page.items == tuple(run_id(number) for number in range(5000, 4500, -1))
        assert (page.more, page.notes) == (True, ())
        assert [one["max_results"] for one in searches(asked)] == [501, *[1000] * 5]
        every = store.run_ids(RunQuery(("0",), limit=6000))
        assert (len(every.items), every.more) == (5000, False)
        store.close()


def test_runs_that_come_twice_count_once() -> None:
    server = Mlflow(3000, most=100)

    def script(asked: Asked) -> Answer:
        answer = server(asked)
        if asked.path.endswith("/runs/search"):
            server.numbers[:0] = range(len(server.numbers) + 50, len(server.numbers), -1)
        return answer

    with scripted(script) as (uri, _):
        store = opened(uri)
        page = store.run_ids(RunQuery(("0",), limit=500))
        assert (page.items, page.more) == (tuple(run_id(number) for number in range(3000, 2500, -1)), True)
        store.close()


def test_experiments_that_come_in_small_pages_or_twice_are_all_found_once() -> None:
    def script(asked: Asked) -> Answer:
        if asked.path == "/version":
            return Answer("3.17.2")
        start = int(asked["page_token"] or 0)
        page = range(start, min(start + 100, asked["max_results"] + start, 1000))
        # Half of a page comes again with the next.
        more = {"next_page_token": str(start + max(1, len(page) // 2))} if page.stop < 1000 else {}
        return Answer({"experiments": [{"experiment_id": str(one), "name": str(one)} for one in page], **more})

    with scripted(script) as (uri, _):
        store = opened(uri)
        for limit, more in ((250, True), (999, True), (1000, False), (None, False)):
            page = store.experiments(ExperimentQuery(limit=limit))
            assert [one.experiment_id for one in page.items] == [str(one) for one in range(limit or 1000)]
            assert page.more is more
        store.close()


def test_runs_of_a_name_that_come_twice_count_once() -> None:
    named = [{"info": {"run_id": run_id(number), "experiment_id": "0", "run_name": "same"}} for number in range(4)]
    pages = {"": (named[:2], "second"), "second": (named[1:3], "third"), "third": (named[3:], "")}

    def script(asked: Asked) -> Answer:
        if not asked.path.endswith("/runs/search"):
            return Mlflow(0)(asked)
        if "run_id LIKE" in asked["filter"]:
            return Answer()
        runs, token = pages[asked["page_token"] or ""]
        return Answer({"runs": runs, **({"next_page_token": token} if token else {})})

    with scripted(script) as (uri, _):
        store = opened(uri)
        assert store.matching_run_ids("same", 4) == [run_id(number) for number in range(4)]
        store.close()


def test_everything_is_asked_for_in_large_pages_and_told_as_it_comes() -> None:
    told: list[Headway] = []
    with scripted(Mlflow(2500)) as (uri, asked):
        store = opened(uri)
        page = store.run_ids(RunQuery(view=ViewType.ALL), progress=told.append)
        assert page.items == tuple(run_id(number) for number in range(2500, 0, -1))
        assert [one["max_results"] for one in searches(asked)] == [1000] * 3
        assert {tuple(one["experiment_ids"]) for one in searches(asked)} == {("0", "1", "2")}
        store.close()
    assert [(headway.what, headway.done, headway.total) for headway in told] == [
        ("runs", 1000, None), ("runs", 2000, None), ("runs", 2500, None),
    ]  # fmt: skip
    assert told[1].found == page.items[:2000]


def test_runs_that_are_started_while_pages_are_read_do_not_make_others_come_twice() -> None:
    server = Mlflow(1500)

    def script(asked: Asked) -> Answer:
        answer = server(asked)
        if asked.path.endswith("/runs/search"):
            server.numbers.insert(0, len(server.numbers) + 1)
        return answer

    with scripted(script) as (uri, _):
        store = opened(uri)
        items = store.run_ids(RunQuery(("0",))).items
        assert items == tuple(run_id(number) for number in range(1500, 0, -1))
        store.close()


def test_runs_that_are_not_at_hand_are_asked_for_many_at_a_time() -> None:
    server = Mlflow(1000)
    with scripted(server) as (uri, asked):
        store = opened(uri, Limits(fresh=0.0))
        ids = store.run_ids(RunQuery(("0",))).items[:650]
        asked.clear()
        runs = store.runs(ids, PARTS)
        assert [run.run_id for run in runs] == list(ids)
        assert len(searches(asked)) == len(asked) == 7
        assert all(set(one["experiment_ids"]) == {"0", "1", "2"} for one in asked)
        assert server.busiest <= IN_FLIGHT
        store.close()


def test_a_server_that_cannot_search_for_ids_is_asked_one_by_one_a_few_at_a_time() -> None:
    server = Mlflow(60, release="1.20.2")
    with scripted(server) as (uri, asked):
        store = opened(uri)
        ids = [run_id(number) for number in range(1, 41)]
        threads = [threading.Thread(target=store.runs, args=(ids, PARTS)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(one.path.endswith("/runs/get") for one in asked) == 160
        assert 1 < server.busiest <= IN_FLIGHT
        store.close()


def test_memory_for_runs_is_bounded() -> None:
    with scripted(Mlflow(1000)) as (uri, asked):
        store = opened(uri, Limits(memory=100_000))
        ids = store.run_ids(RunQuery(("0",))).items
        asked.clear()
        assert len(store.runs(ids[:20], PARTS)) == 20
        assert asked == []
        assert [run.run_id for run in store.runs(ids, PARTS)] == list(ids)
        assert 1 < len(searches(asked)) <= 10
        store.close()


def test_odd_ids_are_not_asked_for() -> None:
    with scripted(Mlflow(3)) as (uri, asked):
        store = opened(uri)
        asked.clear()
        assert store.runs(["", "../..", "a/b", "é", "x" * 300, "a\nb", "' OR 1"], RunParts.ALL) == []
        assert store.logged_models(["..", "m/1", "", "m-é", "?"]) == []
        assert store.run_ids(RunQuery(("abc", "1' OR", "²"))).items == ()
        assert asked == []
        store.close()
