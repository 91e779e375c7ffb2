"""Live mode looks less often when nothing changes and when nobody looks."""

from __future__ import annotations

from tui.pace import LONGEST, RETRY, UNSEEN, Pace


def test_it_slows_down_while_nothing_changes_and_no_further() -> None:
    pace = Pace(5.0)
    waits = []
    for _ in range(20):
        waits.append(pace.wait)
        pace = pace.looked(changed=False)
    assert waits[:3] == [5.0, 7.5, 11.25]
    assert waits[-1] == 5.0 * LONGEST
    assert waits == sorted(waits, key=lambda wait: wait or 0)


def test_a_change_makes_it_quick_again() -> None:
    pace = Pace(5.0).looked(changed=False).looked(changed=False)
    assert pace.looked(changed=True).wait == 5.0


def test_it_is_slow_while_nobody_sees_it_and_quick_for_who_comes_back() -> None:
    pace = Pace(5.0).focused(False)
    assert pace.wait == 5.0 * UNSEEN
    assert pace.looked(changed=True).wait == 5.0 * UNSEEN
    tired = pace.looked(changed=False).looked(changed=False)
    assert tired.focused(True).wait == 5.0
    assert Pace(5.0).looked(changed=False).focused(True).wait == 7.5


def test_a_store_that_is_down_is_looked_at_often_enough_and_soon_again_when_it_is_back() -> None:
    pace = Pace(5.0)
    for _ in range(10):
        pace = pace.failed()
    assert pace.wait == RETRY
    assert pace.looked(changed=False).wait == 5.0
    assert Pace(60.0).failed().wait == 60.0
    assert pace.focused(False).wait == 5.0 * LONGEST


def test_it_can_be_off() -> None:
    assert Pace(0).wait is None
    assert Pace(0).looked(changed=True).focused(False).wait is None


def test_a_slow_store_is_left_alone_most_of_the_time() -> None:
    pace = Pace(5.0).looked(changed=True, took=4.0)
    assert pace.wait == 36.0
    assert pace.looked(changed=True, took=0.01).wait == 5.0
