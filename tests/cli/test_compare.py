"""`flowdeck compare`: which runs it takes, and what it says of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import invoke
from tui.cli.diagnostics import ExitCode

STORE = Path(__file__).resolve().parents[1] / "data" / "stores" / "3.17.2" / "mlflow.db"


def compared(*arguments: str) -> tuple[int, str, str]:
    result = invoke("compare", "-s", STORE, *arguments)
    return result.code, result.text, result.err


def test_only_what_differs_is_printed_and_the_rest_is_said() -> None:
    code, text, told = compared("child-1", "child-2")
    assert code == ExitCode.DONE
    assert "params.alpha" in text
    assert "user_id" not in text
    assert "left out; --all for them" in told
    code, text, told = compared("child-1", "child-2", "--all")
    assert "user_id" in text
    assert told == ""


def test_better_and_worse_are_said_in_words_with_a_sign() -> None:
    text = compared("baseline", "child-2")[1]
    assert "-0.06 (-12.5%) better" in next(line for line in text.splitlines() if "metrics.rmse" in line)
    assert "-0.35 (-37.6%) worse" in next(line for line in text.splitlines() if "metrics.acc" in line)


def test_the_baseline_may_be_any_of_them_or_another_run() -> None:
    documents = invoke("compare", "-s", STORE, "baseline", "child-1", "--baseline", "child-1", "-o", "json").json
    acc = next(item for item in documents if (item["section"], item["key"]) == ("metrics", "acc"))
    assert acc["difference"][acc["baseline"]] is None
    assert sorted(value is not None for value in acc["difference"].values()) == [False, True]
    more = invoke("compare", "-s", STORE, "baseline", "--baseline", "child-1", "-o", "json").json
    assert len(more[0]["values"]) == 2
    assert next(iter(more[0]["values"])) == more[0]["baseline"]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("baseline",), ExitCode.USAGE, "1 run cannot be compared"),
        (("baseline", "child-1", "baseline"), ExitCode.USAGE, "named before"),
        (("baseline", "nobody"), ExitCode.USAGE, "nobody"),
        ((), ExitCode.USAGE, "Missing argument"),
    ],
)
def test_what_cannot_be_compared_is_told(arguments: tuple[str, ...], code: ExitCode, told: str) -> None:
    found, text, err = compared(*arguments)
    assert (found, text) == (code, "")
    assert told in err


def test_numbers_that_json_has_no_word_for_are_texts() -> None:
    documents = invoke("compare", "-s", STORE, "baseline", "child-1", "-o", "json").json
    values = {item["key"]: list(item["values"].values()) for item in documents if item["section"] == "metrics"}
    assert values["nan_metric"] == ["NaN", None]
