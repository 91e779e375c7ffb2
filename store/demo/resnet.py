"""Experiment `resnet-cifar10`: long training curves with schedules, spikes and one divergence."""

from __future__ import annotations

import math
from typing import Final

from store.demo.draft import HOUR, MINUTE, Code, DatasetDraft, Draft, ExperimentDraft, RunDraft
from store.demo.files import json_table, noise_bytes
from store.demo.models import FAILED, PENDING, LoggedModelDraft, log_model
from store.demo.noise import Noise
from store.demo.pictures import matrix_picture
from store.demo.resnet_curves import train
from store.demo.resnet_plans import EPOCH, PACE, PLANS, STEPS, Plan

LONG_STEPS: Final = 20_000

_CODE: Final = Code("train.py", "https://git.example.com/vision/cifar.git")
_CLASSES: Final = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def fill(draft: Draft) -> tuple[LoggedModelDraft, ...]:
    """Returns the final models of the finished ResNet-50 trainings, worst first."""
    experiment = draft.experiment(
        2,
        "resnet-cifar10",
        draft.ago(days=18),
        {"team": "vision", "mlflow.note.content": "Target: **95.5 %** top 1."},
    )
    columns = {"image": "binary", "label": "long"}
    learned = experiment.dataset("cifar10-train", "hugging_face", {"path": "uoft-cs/cifar10"}, columns, 50_000)
    test = experiment.dataset("cifar10-test", "hugging_face", {"path": "uoft-cs/cifar10"}, columns, 10_000)
    models: list[LoggedModelDraft] = []
    for number, plan in enumerate(PLANS):
        run = _start(experiment, number, plan)
        if plan.share == 0:
            run.tags({"failure.reason": "CUDA out of memory: tried to allocate 2.50 GiB (GPU 0)"})
            run.file("logs/stderr.log", "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.50 GiB.\n")
            continue
        run.read(learned, "training")
        run.read(test, "validation")
        final = train(run, plan, Noise("resnet", number))
        if plan.arch == "resnet50" and plan.status in ("FINISHED", "RUNNING"):
            models += _checkpoints(run, plan, final, test)
    _every_batch(experiment)
    return tuple(models)


def _start(experiment: ExperimentDraft, number: int, plan: Plan) -> RunDraft:
    draft, length = experiment.draft, int(plan.share * STEPS * PACE)
    running = plan.status == "RUNNING"
    start = draft.now_ms - length if running else draft.ago(days=17 - 1.05 * number, hours=number % 5)
    return experiment.run(
        plan.name,
        user=plan.user,
        code=_CODE,
        start=start,
        end=None if running else start + length + 40_000,
        status=plan.status,
        params={
            "arch": plan.arch,
            "optimizer": "sgd",
            "lr": plan.lr,
            "momentum": 0.9,
            "weight_decay": "5e-4",
            "lr_schedule": plan.schedule,
            "augment": plan.augment,
            "batch_size": 512,
            "epochs": STEPS // EPOCH,
            "amp": plan.arch == "resnet50",
            "resume_from": "",
            "normalize.mean": "[0.4914, 0.4822, 0.4465]",
            "normalize.std": "[0.2470, 0.2435, 0.2616]",
        },
        tags={"gpu": "1 x L4", **dict(plan.tags)},
        deleted=start + 9 * HOUR if plan.deleted else None,
    )


def _checkpoints(run: RunDraft, plan: Plan, final: float, test: DatasetDraft) -> list[LoggedModelDraft]:
    """The models logged on the way; returns the final one of a training that has ended."""
    params = {"arch": plan.arch, "classes": 10}
    last = int(plan.share * STEPS) // EPOCH * EPOCH
    final_models: list[LoggedModelDraft] = []
    for step in range(980, last + 1, 980):
        at = run.start + int(step * PACE) + 5_000
        accuracy = round(final - 0.02 * (1 - step / STEPS), 4)
        model = log_model(
            run,
            "checkpoint",
            "pytorch",
            at,
            step=step,
            params=params,
            metrics={"val/acc": accuracy},
            dataset=test,
        )
        if plan.status == "FINISHED" and step == STEPS:
            final_models.append(model)
    if plan.status == "RUNNING":
        log_model(run, "best", "pytorch", run.draft.ago(minutes=1), step=last, status=PENDING, params=params)
        log_model(run, "best-ema", "pytorch", run.draft.ago(minutes=9), step=last - EPOCH, status=FAILED)
        return final_models
    noise = Noise("confusion", plan.name)
    counts = [[int(noise.between(0, 10)) for _ in _CLASSES] for _ in _CLASSES]
    for i, row in enumerate(counts):
        row[i] = 1_000 - sum(row) + row[i]
    run.file("plots/confusion_matrix.png", matrix_picture(counts))
    table = [[name, *row] for name, row in zip(_CLASSES, counts, strict=True)]
    run.file("confusion_matrix.json", json_table(("true class", *_CLASSES), table))
    run.file("checkpoints/last.ckpt", noise_bytes(plan.name, 300_000))
    return final_models


def _every_batch(experiment: ExperimentDraft) -> None:
    """A run that logged every single batch: the longest history of the store."""
    noise, start = Noise("every-batch"), experiment.draft.ago(days=2, hours=7)
    pace, steps = 190.0, list(range(LONG_STEPS))
    run = experiment.run(
        "resnet18-every-batch",
        user="dmitri",
        code=_CODE,
        start=start,
        end=start + int(LONG_STEPS * pace) + MINUTE,
        params={
            "arch": "resnet18",
            "lr": 0.1,
            "lr_schedule": "step",
            "augment": "flip-crop",
            "batch_size": 100,
        },
        tags={"mlflow.note.content": "Logs `batch/loss` **every** batch: 20 000 points."},
    )
    values = []
    for step in steps:
        done = step / LONG_STEPS
        heat = 1.0 if done < 0.5 else 0.1 if done < 0.75 else 0.01
        loss = 0.05 + 2.1 * math.exp(-9 * done) + 0.22 * heat
        values.append(round(loss * (1 + 0.16 * noise.normal()), 5))
    # Three bad batches: a chart that thins the curve must still show them.
    for step, value in ((4_211, 9.71), (11_873, 6.02), (17_402, 7.55)):
        values[step] = value
    run.series("batch/loss", steps, values, start, pace)
    run.metrics({"val/acc": 0.9293}, start + int(LONG_STEPS * pace), LONG_STEPS)
