"""Whether more of a metric is better, by its name."""

from __future__ import annotations

import pytest

from store.direction import more_is_better


@pytest.mark.parametrize(
    "name",
    ["acc", "val/acc", "top5_acc", "Accuracy", "validation-auc", "macro F1", "eval.f1", "r2", "mAP", "bleu"],
)  # fmt: skip
def test_more_is_better(name: str) -> None:
    assert more_is_better(name) is True


@pytest.mark.parametrize(
    "name",
    ["loss", "val/loss", "train-logloss", "rmse", "errorRate_error", "eval/perplexity", "latency_ms", "WER"],
)  # fmt: skip
def test_less_is_better(name: str) -> None:
    assert more_is_better(name) is False


@pytest.mark.parametrize("name", ["", "lr", "epoch", "grad_norm", "tokens", "x", "glossy", "system/gpu_0_power"])
def test_nothing_is_known(name: str) -> None:
    assert more_is_better(name) is None
