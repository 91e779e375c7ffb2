"""What is taken as a tag's key is what MLflow takes."""

from __future__ import annotations

import json
import subprocess
from typing import Final

import pytest

from store.change_rules import Rules, problems
from store.changes import SetTags
from tests.support.mlflow_client import mlflow_python

KEYS: Final = (
    *(
        "a",
        "a/b",
        "a b",
        "a.b",
        "a-b",
        "a:b",
        "é",
        "日本",
        "_",
        ".hidden",
        "a/.b",
        "...",
        "..a",
        "a..",
        " ",
        " a",
        "a ",
    ),
    *(
        "",
        ".",
        "..",
        "/",
        "/a",
        "a/",
        "a//b",
        "./a",
        "a/./b",
        "a/../b",
        "../a",
        "a\tb",
        "a?b",
        "a*b",
        "a=b",
        "a'b",
    ),
    *("a\\b", "a;b", "a%b", "😀", "²", "\u0301", "k" * 250, "k" * 251),
)

MLFLOW: Final = """
import json, sys
from mlflow.exceptions import MlflowException
from mlflow.utils.validation import _validate_tag
found = []
for key in json.load(sys.stdin):
    try:
        _validate_tag(key, "v")
        found.append(True)
    except MlflowException:
        found.append(False)
print(json.dumps(found))
"""


def test_keys_are_taken_as_mlflow_takes_them() -> None:
    done = subprocess.run(
        [mlflow_python(), "-c", MLFLOW], input=json.dumps(KEYS), capture_output=True, text=True, timeout=100, check=True
    )
    theirs = dict(zip(KEYS, json.loads(done.stdout.splitlines()[-1]), strict=True))
    assert {key: not problems(SetTags(((key, "v"),)), Rules()) for key in KEYS} == theirs


@pytest.mark.parametrize(("length", "limit", "taken"), [(5000, 5000, True), (5001, 5000, False), (8001, 8000, False)])
def test_a_value_that_would_be_cut_is_refused(length: int, limit: int, taken: bool) -> None:
    found = problems(SetTags((("a", "x" * length),)), Rules(longest_value=limit))
    assert (not found) is taken


def test_colons_are_refused_for_releases_that_do_not_take_them() -> None:
    assert problems(SetTags((("a:b", "v"),)), Rules(colons=False))


def test_a_line_break_at_the_end_is_refused_though_mlflow_overlooks_it() -> None:
    assert problems(SetTags((("a\n", "v"),)), Rules())
