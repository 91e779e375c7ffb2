"""The curves of one training of the experiment `resnet-cifar10`."""

from __future__ import annotations

import math
from typing import Final

from store.demo.draft import RunDraft
from store.demo.files import log_lines
from store.demo.noise import Noise
from store.demo.pictures import curves_picture
from store.demo.resnet_plans import EPOCH, PACE, STEPS, Plan

_EVERY: Final = 14
"""Steps between two logged points."""

_BASE: Final = {"resnet18": 0.938, "resnet34": 0.947, "resnet50": 0.953}
_SCHEDULE: Final = {"cosine": 0.0, "onecycle": 0.002, "step": -0.006, "constant": -0.019}
_AUGMENT: Final = {"none": -0.034, "flip-crop": 0.0, "randaugment": 0.006, "cutmix": 0.009}


def _rate(plan: Plan, done: float) -> float:
    """The learning rate after a share of the training."""
    if plan.schedule == "onecycle":
        return plan.lr * (done / 0.3 if done < 0.3 else max(0.0, (1 - done) / 0.7)) + plan.lr / 100
    warm = min(1.0, done / 0.05 + 0.02)
    if plan.schedule == "cosine":
        return plan.lr * warm * (0.5 + 0.5 * math.cos(math.pi * done))
    if plan.schedule == "step":
        return plan.lr * warm * (0.1 ** ((done >= 0.5) + (done >= 0.75)))
    return plan.lr * warm


def train(run: RunDraft, plan: Plan, noise: Noise) -> float:
    """Logs the curves; returns the last validation accuracy."""
    skill = _BASE[plan.arch] + _SCHEDULE[plan.schedule] + _AUGMENT[plan.augment]
    skill -= 0.012 * math.log10(plan.lr / 0.1) ** 2 - 0.0012 * noise.normal()
    steps = list(range(0, int(plan.share * STEPS) + 1, _EVERY))
    diverges = plan.lr > 1
    rates, losses, accuracies, norms = [], [], [], []
    for step in steps:
        done = step / STEPS
        rate = _rate(plan, done)
        heat = min(1.0, rate / 0.1)
        wobble = (0.15 + heat) * noise.normal()
        accuracy = skill + 0.03 - (skill - 0.07) * math.exp(-7 * done) - 0.05 * heat + 0.012 * wobble
        loss = 0.04 + 3 * (0.99 - min(accuracy, 0.985)) * (0.8 + 0.1 * heat) + 0.03 * abs(wobble)
        norm = 0.4 + 1.6 * math.exp(-5 * done) + 0.5 * heat + 0.1 * wobble
        if noise.uniform() < 0.012:
            norm *= noise.between(4, 18)
        if diverges:
            loss, accuracy, norm = _diverge(step, loss, accuracy, norm, noise)
        rates.append(round(rate, 8))
        losses.append(round(loss, 6))
        accuracies.append(round(min(accuracy, 0.9999), 6) if accuracy > 0.1 else 0.1)
        norms.append(round(norm, 5))
    for key, values in (
        ("train/loss", losses),
        ("train/acc", accuracies),
        ("grad_norm", norms),
        ("lr", rates),
    ):
        run.series(key, steps, values, run.start, PACE)
    return _validate(run, plan, skill, steps[-1], noise)


def _diverge(step: int, loss: float, accuracy: float, norm: float, noise: Noise) -> tuple[float, float, float]:
    """What a learning rate of 3.0 makes of it: growth from step 300, infinities from 600, NaN from 700."""
    if step < 300:
        return loss + 0.8, accuracy * 0.4, norm * 3
    if step < 600:
        growth = math.exp((step - 300) / 22) * noise.between(0.7, 1.4)
        return 2.3 + growth, 0.1, 6 + 40 * growth
    if step < 700:
        return math.inf, 0.1, math.inf
    return math.nan, 0.1, math.nan


def _validate(run: RunDraft, plan: Plan, skill: float, last: int, noise: Noise) -> float:
    """Logs one point an epoch, and one at step -1 for the network as initialised."""
    steps = [-1, *range(EPOCH, last + 1, EPOCH)]
    accuracies, losses, top5 = [], [], []
    for step in steps:
        done = max(0.0, step / STEPS)
        heat = min(1.0, _rate(plan, done) / 0.1)
        accuracy = skill - (skill - 0.1) * math.exp(-7 * done) - 0.045 * heat * (done > 0)
        accuracy = max(0.1, accuracy + 0.006 * heat * noise.normal()) if plan.lr < 1 else 0.1
        accuracies.append(round(accuracy, 4))
        losses.append(round(2.6 * (1.0 - accuracy) ** 1.05 + 0.05, 5) if plan.lr < 1 or step < 600 else math.nan)
        top5.append(round(1 - 0.617 * (1 - accuracy) ** 2, 4))
    for key, values in (("val/acc", accuracies), ("val/loss", losses), ("top 5 accuracy", top5)):
        run.series(key, steps, values, run.start + 4_000, PACE)
    if plan.lr > 1:
        run.metrics({"log_likelihood": -math.inf}, run.start + int(last * PACE), last)
        run.tags({"failure.reason": "loss is NaN", "mlflow.note.content": "Diverged, as *expected*: lr 3.0."})
    if plan.arch != "resnet18":
        run.file("plots/accuracy.png", curves_picture([accuracies, top5]))
    run.file(
        "logs/train.log",
        log_lines(
            (run.start + int(step * PACE), f"step {step:>5} val/acc {accuracy:.4f} val/loss {loss:.5f}")
            for step, accuracy, loss in zip(steps, accuracies, losses, strict=True)
        ),
    )
    return accuracies[-1]
