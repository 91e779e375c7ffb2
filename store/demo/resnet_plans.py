"""Which trainings the experiment `resnet-cifar10` holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

STEPS: Final = 3_920
"""A whole training."""

EPOCH: Final = 98
"""Steps in an epoch."""

PACE: Final = 820.0
"""Milliseconds a step."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One training that somebody wanted."""

    name: str
    arch: str
    lr: float
    schedule: str
    augment: str
    user: str = "dmitri"
    status: str = "FINISHED"
    share: float = 1.0
    """How much of the training was done."""
    tags: tuple[tuple[str, str], ...] = ()
    deleted: bool = False


PLANS: Final = (
    Plan("resnet18-baseline", "resnet18", 0.1, "constant", "none"),
    Plan("resnet18-baseline", "resnet18", 0.1, "constant", "none", tags=(("rerun", "seed fixed this time"),)),
    Plan("resnet18-flip-crop", "resnet18", 0.1, "constant", "flip-crop"),
    Plan("resnet18-step", "resnet18", 0.1, "step", "flip-crop"),
    Plan("resnet18-cosine", "resnet18", 0.1, "cosine", "flip-crop"),
    Plan("resnet18-lr-0.01", "resnet18", 0.01, "cosine", "flip-crop", deleted=True),
    Plan("resnet18-lr-3.0", "resnet18", 3.0, "constant", "flip-crop", "elena", "FAILED", 0.22),
    Plan("resnet34-step", "resnet34", 0.1, "step", "randaugment", "elena"),
    Plan("resnet34-cosine", "resnet34", 0.1, "cosine", "randaugment", "elena"),
    Plan("resnet34-onecycle", "resnet34", 0.2, "onecycle", "randaugment", "elena"),
    Plan("resnet50-oom", "resnet50", 0.1, "cosine", "cutmix", "elena", "FAILED", 0.0),
    Plan("resnet50-step", "resnet50", 0.1, "step", "cutmix", "elena", "KILLED", 0.45),
    Plan("resnet50-cosine", "resnet50", 0.1, "cosine", "cutmix", tags=(("reviewed", "✅ elena"),)),
    Plan("resnet50-onecycle", "resnet50", 0.15, "onecycle", "cutmix", tags=(("mood", "🔥"),)),
    Plan("resnet50-onecycle-long", "resnet50", 0.15, "onecycle", "cutmix", "dmitri", "RUNNING", 0.63),
)
