"""Of a long history over REST only its end is read again."""

from __future__ import annotations

import base64
import json
import math

import pytest

from store.errors import StoreError
from store.http.store import HttpStore, open_http
from store.uris import parse
from tests.support.scripted import PAGE_404, Answer, Asked, Script, scripted

RUN = "a" * 32
START = 1_750_000_000_000


class Points:
    """A metric that grows, as a server has it: in the order that it gives it, a point a second."""

    def __init__(self, count: int) -> None:
        self.rows = [(step, START + 1000 * step, float(step)) for step in range(count)]

    def script(self, release: str = "3.17.2") -> Script:
        def answer(asked: Asked) -> Answer:
            if asked.path == "/version":
                return Answer(release)
            if asked.path.endswith("/experiments/search"):
                return Answer({"experiments": [{"experiment_id": "0", "name": "Default", "lifecycle_stage": "active"}]})
            if not asked.path.endswith("/get-history"):
                return PAGE_404
            token = asked["page_token"]
            offset = json.loads(base64.b64decode(token))["offset"] if token else 0
            rows = self.rows[offset:]
            metrics = [{"key": "loss", "step": s, "timestamp": t, "value": v} for s, t, v in rows]
            return Answer({"metrics": metrics} if metrics else {})

        return answer


def opened(uri: str) -> HttpStore:
    return open_http(parse(uri), environ={"HOME": "/nonexistent"})


def offsets(asked: list[Asked]) -> list[int]:
    """How many points each request for a history skips."""
    tokens = [one["page_token"] for one in asked if one.path.endswith("/get-history")]
    return [json.loads(base64.b64decode(token))["offset"] if token else 0 for token in tokens]


def steps(store: HttpStore, since: int) -> list[int]:
    return list(store.history(RUN, "loss", since=START + 1000 * since).steps)


def test_what_was_too_old_once_is_skipped_from_then_on() -> None:
    points = Points(1000)
    with scripted(points.script()) as (uri, asked):
        store = opened(uri)
        assert steps(store, 990) == list(range(990, 1000))
        points.rows += [(step, START + 1000 * step, math.nan) for step in range(1000, 1100)]
        assert steps(store, 990) == list(range(990, 1100))
        assert steps(store, 1090) == list(range(1090, 1100))
        # All but the last minute.
        assert offsets(asked) == [0, 940, 1040]
        # Further back than what is known to be too old: from the beginning.
        assert steps(store, 500) == list(range(500, 1100))
        assert offsets(asked)[3:] == [0]
        assert list(store.history(RUN, "loss").steps) == list(range(1100))
        store.close()


def test_points_out_of_order_are_found_where_a_server_gives_them_as_they_were_logged() -> None:
    points = Points(200)
    points.rows[20] = (20, START + 1000 * 500, 1.0)
    with scripted(points.script()) as (uri, asked):
        store = opened(uri)
        assert steps(store, 190) == [20, *range(190, 200)]
        assert steps(store, 190) == [20, *range(190, 200)]
        # A point that is new in time stands in front: nothing after it can be skipped.
        assert offsets(asked) == [0, 20]
        store.close()


def test_a_history_that_became_shorter_is_read_from_its_beginning() -> None:
    points = Points(1000)
    with scripted(points.script()) as (uri, asked):
        store = opened(uri)
        assert steps(store, 995) == [995, 996, 997, 998, 999]
        points.rows = points.rows[:10]
        assert steps(store, 950) == []
        assert offsets(asked) == [0, 940, 0]
        store.close()


@pytest.mark.parametrize("release", ["2.22.5", "1.30.1"])
def test_servers_without_pages_give_all_of_it(release: str) -> None:
    with scripted(Points(1000).script(release)) as (uri, asked):
        store = opened(uri)
        assert steps(store, 998) == [998, 999]
        assert steps(store, 998) == [998, 999]
        assert offsets(asked) == [0, 0]
        store.close()


@pytest.mark.parametrize("since", [None, START])
@pytest.mark.parametrize("page", [1, 2])
def test_a_run_that_is_deleted_while_its_history_is_read_has_no_half_history(since: int | None, page: int) -> None:
    healthy = Points(10).script()

    def script(asked: Asked) -> Answer:
        if not asked.path.endswith("/get-history"):
            return healthy(asked)
        if page == 1 or asked["page_token"]:
            return Answer({"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "Run not found"}, 404)
        token = base64.b64encode(json.dumps({"offset": 10}).encode()).decode()
        return Answer({**healthy(asked).body, "next_page_token": token})

    with scripted(script) as (uri, _):
        store = opened(uri)
        if page == 1:
            assert len(store.history(RUN, "loss", since=since)) == 0
        else:
            with pytest.raises(StoreError, match="Run not found"):
                store.history(RUN, "loss", since=since)
        store.close()
