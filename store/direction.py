"""Whether more of a metric is better, as far as its name tells."""

from __future__ import annotations

import re
from typing import Final

from store.kinds import Aggregate

_LESS: Final = frozenset(
    (
        *("loss", "nll", "err", "error", "errors", "mae", "mse", "rmse", "mape", "wer", "cer", "fid", "perplexity"),
        *("ppl", "latency", "time", "seconds", "ms", "duration", "distance", "divergence", "kl", "entropy", "regret"),
    )
)
_MORE: Final = frozenset(
    (
        *("acc", "accuracy", "auc", "auroc", "f1", "precision", "recall", "r2", "map", "ap", "ndcg", "mrr", "bleu"),
        *("rouge", "score", "reward", "return", "iou", "dice", "psnr", "ssim", "throughput", "hits", "likelihood"),
    )
)
"""Words in the names of metrics of which less, and more, is better."""

_ENDINGS: Final = ("loss", "error", "rmse", "mae", "mse", "perplexity", "time", "latency")
"""With which names end that are written as one word: `logloss`, `walltime`."""

_WORDS: Final = re.compile(r"[A-Z]?[a-z]+\d*|[A-Z]+(?![a-z])\d*|\d+")


def more_is_better(metric: str) -> bool | None:
    """True or False by the last word of the name that tells; None if none does: `val/loss`, `errorRate`, `top5_acc`."""
    for word in reversed(_WORDS.findall(metric)):
        lower = word.lower()
        if lower in _MORE:
            return True
        if lower in _LESS or lower.endswith(_ENDINGS):
            return False
    return None


def best_of(up: bool | None) -> Aggregate | None:
    """What of a history is its best value, if more is better or less; None if nobody knows."""
    return None if up is None else Aggregate.MAX if up else Aggregate.MIN
