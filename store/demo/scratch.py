"""Experiment `Default` with its odds and ends, and an experiment that was deleted."""

from __future__ import annotations

import math
from typing import Final

from store.demo.draft import DAY, MINUTE, Code, Draft
from store.demo.noise import Noise

_CODE: Final = Code("<stdin>", "https://git.example.com/misc/scratch.git", "wip")
_NOTEBOOK: Final = Code("Untitled3.ipynb", _CODE.repository, "wip", "NOTEBOOK")


def fill(draft: Draft) -> None:
    _default(draft)
    _deleted(draft)


def _default(draft: Draft) -> None:
    """Runs as they pile up: unnamed, tried twice, imported from an old release."""
    experiment = draft.experiment(0, "Default", draft.ago(days=290))
    noise, start = Noise("default"), draft.ago(days=200)

    # Releases before 1.29 left the column empty, and kept the name, if there was one, in the tag.
    unnamed = experiment.run("", user="alice", code=_CODE, start=start, end=start + MINUTE, named_by_tag=False)
    unnamed.params({"alpha": 0.5, "l1_ratio": 0.1})
    unnamed.metrics({"rmse": 0.7932, "mae": 0.6271, "r2": 0.1086}, start + MINUTE)
    imported = {"mlflow.runName": "imported-from-2021", "migrated": "true"}
    old = experiment.run(
        "",
        user="alice",
        code=_CODE,
        start=start + DAY,
        end=start + DAY + MINUTE,
        tags=imported,
        named_by_tag=False,
    )
    old.params({"alpha": 0.1, "l1_ratio": 0.9})
    old.metrics({"rmse": 0.7811, "mae": 0.6155, "r2": 0.1377}, start + DAY + MINUTE)
    experiment.run(None, user="bruno", code=_NOTEBOOK, start=start + 9 * DAY, end=None, status="RUNNING")

    for number in range(2):
        begin = draft.ago(days=33, minutes=-11 * number)
        twice = experiment.run("test", user="bruno", code=_NOTEBOOK, start=begin, end=begin + 9_000)
        twice.params({"n": 10**number})
        twice.metrics({"seconds": round(1.7 * 10**number, 2)}, begin + 8_000)

    begin = draft.ago(days=21)
    polite = experiment.run(
        "polite-yak-163",
        user="chiara",
        code=_NOTEBOOK,
        start=begin,
        end=begin + 8 * MINUTE,
        params={"note to self": "step= forgotten, everything went to step 0"},
    )
    times = [begin + 4_000 * i for i in range(90)]
    values = [round(1.9 * math.exp(-i / 25) + 0.08 * noise.normal(), 4) for i in range(90)]
    polite.points("loss", [0] * len(times), times, values)

    begin = draft.ago(days=6)
    odd = experiment.run(
        "[wip] try <this> & 'that' 🧪",
        user="chiara",
        code=_NOTEBOOK,
        start=begin,
        end=begin + 5 * MINUTE,
        status="KILLED",
        params={
            "regex": r"^[a-z]+\d{2,}$",
            "path": r"C:\data\new",
            "empty": "",
            "spaces": "  two on each side  ",
        },
        tags={"tag with spaces": "100 % [bold]not bold[/bold]", "語": "日本語のメモ", "empty": ""},
    )
    # A calibration before the start counts backwards, and one metric is never a number.
    odd.series(
        "calibration",
        list(range(-20, 1)),
        [round(0.02 * i * i, 3) for i in range(-20, 1)],
        begin + 60_000,
        900,
    )
    odd.metrics({"undefined": math.nan, "best so far": -math.inf, "worst so far": math.inf}, begin + 2 * MINUTE)

    begin = draft.ago(hours=3)
    experiment.run("queued", user="bruno", code=_CODE, start=begin, end=None, status="SCHEDULED")


def _deleted(draft: Draft) -> None:
    """Deleting an experiment deletes its runs."""
    created, deleted = draft.ago(days=288), draft.ago(days=19)
    experiment = draft.experiment(6, "resnet-cifar10-old", created, {"team": "vision"}, deleted=deleted)
    for number, accuracy in enumerate((0.871, 0.903, 0.8897)):
        start = created + number * DAY
        run = experiment.run(
            f"resnet18-v0-{number}",
            user="dmitri",
            code=_CODE,
            start=start,
            end=start + 50 * MINUTE,
            params={"arch": "resnet18", "lr": 0.05 * (number + 1)},
            deleted=deleted,
        )
        run.metrics({"val/acc": accuracy}, start + 49 * MINUTE, 3_920)
