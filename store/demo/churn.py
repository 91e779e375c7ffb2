"""Experiment `churn-xgboost`: a hyper-parameter search whose trials are parents of one run a seed."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Final

from store.demo.draft import MINUTE, Code, DatasetDraft, Draft, ExperimentDraft, RunDraft
from store.demo.files import comma_separated, json_table, model_files
from store.demo.noise import Noise
from store.demo.pictures import matrix_picture

TRIALS: Final = 26
SEEDS: Final = 5

_CODE: Final = Code("sweep.py", "https://git.example.com/growth/churn.git", "sweep/eta")
_TEAM: Final = ("alice", "bruno", "chiara")
_ROUNDS: Final[Mapping[str, Mapping[str, tuple[float, ...]]]] = {
    "broad": {"max_depth": (3, 4, 6, 8, 10), "eta": (0.01, 0.03, 0.1, 0.3), "subsample": (0.5, 0.8, 1.0)},
    "narrow": {"max_depth": (4, 5, 6, 7), "eta": (0.02, 0.04, 0.06, 0.1), "subsample": (0.7, 0.8, 0.9)},
    "fine": {"max_depth": (5, 6), "eta": (0.04, 0.05, 0.06), "subsample": (0.75, 0.8, 0.85)},
}
_FEATURES: Final = (
    ("tenure_months", 0.231),
    ("support_tickets_90d", 0.184),
    ("monthly_charges", 0.152),
    ("contract_type", 0.139),
    ("logins_30d", 0.118),
    ("payment_delay_days", 0.094),
    ("referrals", 0.047),
    ("région", 0.035),
)
_NOTE: Final = """# Churn, next quarter

Who will cancel within 90 days?

* **primary metric**: `validation-auc`, mean over seeds
* a trial is a parent run; its children differ in `seed` only
* compare trials by `mean_validation_auc`, and look at `std_validation_auc` before believing a difference
"""


def fill(draft: Draft) -> tuple[RunDraft, ...]:
    """Returns the best trial of each round, oldest first: their models were kept."""
    experiment = draft.experiment(
        1,
        "churn-xgboost",
        draft.ago(days=11),
        {
            "mlflow.note.content": _NOTE,
            "team": "growth",
            "mlflow.experiment.primaryMetric.name": "mean_validation_auc",
            "mlflow.experiment.primaryMetric.greaterIsBetter": "True",
        },
    )
    columns = {name: "double" for name, _ in _FEATURES} | {"churned": "long"}
    source = {"uri": "s3://acme-features/churn/2026-10/train.parquet"}
    train = experiment.dataset("churn-2026-10", "s3", source, columns, 182_440)
    source = {"uri": "s3://acme-features/churn/2026-10/holdout.parquet"}
    holdout = experiment.dataset("churn-2026-10-holdout", "s3", source, columns, 45_610)
    _baselines(experiment, train, holdout)
    best: dict[str, tuple[float, RunDraft]] = {}
    for number in range(1, TRIALS + 1):
        auc, trial = _trial(experiment, number, train, holdout)
        stage = _round(number)
        if number < TRIALS and (stage not in best or auc > best[stage][0]):
            best[stage] = (auc, trial)
    for stage, (_, trial) in best.items():
        _keep_model(trial, Noise("churn-model", stage))
    return tuple(trial for _, trial in best.values())


def _baselines(experiment: ExperimentDraft, train: DatasetDraft, holdout: DatasetDraft) -> None:
    start = experiment.draft.ago(days=10, hours=22)
    code = Code("baseline.py", _CODE.repository)
    for number, (name, auc, loss) in enumerate(
        (
            ("baseline-majority", 0.5, 0.5214),
            ("baseline-logreg", 0.8127, 0.3862),
            ("baseline-forest", 0.8391, 0.3655),
        )
    ):
        begin = start + number * 9 * MINUTE
        run = experiment.run(
            name,
            user="alice",
            code=code,
            start=begin,
            end=begin + 2 * MINUTE,
            params={"model": name.removeprefix("baseline-"), "seed": 0, "class_weight": ""},
            tags={"baseline": "true"},
        )
        run.metrics({"validation-auc": auc, "validation-logloss": loss}, begin + 2 * MINUTE)
        run.read(train, "training")
        run.read(holdout, "validation")


def _round(number: int) -> str:
    return "broad" if number <= 10 else "narrow" if number <= 20 else "fine"


def _skill(configuration: Mapping[str, float]) -> float:
    """The area under the curve that a configuration reaches, without luck."""
    eta, depth, subsample = configuration["eta"], configuration["max_depth"], configuration["subsample"]
    penalty = 0.02 * math.log10(eta / 0.05) ** 2 + 0.0017 * (depth - 5.6) ** 2 + 0.09 * (subsample - 0.8) ** 2
    return 0.8724 - penalty


def _trial(
    experiment: ExperimentDraft, number: int, train: DatasetDraft, holdout: DatasetDraft
) -> tuple[float, RunDraft]:
    draft, noise = experiment.draft, Noise("churn", number)
    configuration = {key: noise.pick(values) for key, values in _ROUNDS[_round(number)].items()}
    pace = int((0.6 + 0.25 * configuration["max_depth"]) * MINUTE)
    running, killed = number == TRIALS, number == 17
    start = draft.ago(minutes=14) if running else draft.ago(days=10 - 0.36 * number)
    params = {
        "objective": "binary:logistic",
        "eval_metric": '["logloss", "auc"]',
        "n_estimators": 400,
        "early_stopping_rounds": 50,
        "tree_method": "hist",
        "max_depth": int(configuration["max_depth"]),
        "eta": configuration["eta"],
        "subsample": configuration["subsample"],
        "colsample_bytree": noise.pick((0.6, 0.8, 1.0)),
        "min_child_weight": noise.pick((1, 2, 5)),
        "reg_lambda": noise.pick((0.5, 1.0, 3.0)),
    }
    trial = experiment.run(
        f"trial-{number:02}",
        user=_TEAM[number % len(_TEAM)],
        code=_CODE,
        start=start,
        end=None if running else start + (SEEDS * pace if not killed else 2 * pace),
        status="RUNNING" if running else "KILLED" if killed else "FINISHED",
        params=params,
        tags={"sweep.round": _round(number), "team": "growth"},
    )
    scores: list[float] = []
    for seed in range(SEEDS):
        status = "FINISHED"
        if running and seed > 1:
            status = "RUNNING" if seed == 2 else "SCHEDULED"
        elif killed and seed > 1:
            break
        elif number == 11 and seed == 3:
            status = "FAILED"
        score = _skill(configuration) + 0.0012 * noise.normal()
        begin = start + seed * pace
        child = experiment.run(
            f"trial-{number:02}-seed-{seed}",
            user=_TEAM[number % len(_TEAM)],
            code=_CODE,
            start=begin,
            end=begin + pace - 2_000 if status in ("FINISHED", "FAILED") else None,
            status=status,
            parent=trial,
            params=params | {"seed": seed},
            tags={"failure.reason": "worker lost: host gpu-07 rebooted"} if status == "FAILED" else {},
            deleted=begin + 3 * pace if number == 3 and seed == 4 else None,
        )
        child.read(train, "training")
        child.read(holdout, "validation")
        if status == "SCHEDULED":
            continue
        _curves(child, score, configuration, noise, pace, 1.0 if status == "FINISHED" else 0.4)
        if status == "FINISHED":
            scores.append(score)
    _summary(trial, scores, start + len(scores) * pace)
    return sum(scores) / len(scores), trial


def _curves(
    run: RunDraft, score: float, configuration: Mapping[str, float], noise: Noise, pace: int, share: float
) -> None:
    """What XGBoost's callback logs every 20 boosting rounds; deep trees and large steps overfit."""
    eta, depth = configuration["eta"], configuration["max_depth"]
    best = min(350.0, 14 / eta)
    last = int(min(400.0, best + 50) * share)
    steps = list(range(0, last + 1, 20))
    gap = 0.006 * depth
    train, validation, auc = [], [], []
    for step in steps:
        learned = 1 - math.exp(-4 * step / best)
        late = max(0.0, step - best) / 100
        train.append(round(0.68 - (0.37 + gap) * learned - 0.02 * late + 0.0006 * noise.normal(), 6))
        loss = 0.68 - (0.68 - 0.305 - 1.7 * (0.8724 - score)) * learned + 0.05 * gap * depth * late
        validation.append(round(loss + 0.001 * noise.normal(), 6))
        auc.append(round(0.5 + (score - 0.5) * (1 - 0.45 * math.exp(-6 * step / best)) - 0.004 * late, 6))
    each = pace / 450
    for key, values in (
        ("train-logloss", train),
        ("validation-logloss", validation),
        ("validation-auc", auc),
    ):
        run.series(key, steps, values, run.start, each)
    if share == 1.0:
        run.metrics({"best_iteration": int(best), "stopped_iteration": last}, run.start + int(each * last))


def _summary(trial: RunDraft, scores: list[float], at: int) -> None:
    mean = sum(scores) / len(scores)
    deviation = math.sqrt(sum((score - mean) ** 2 for score in scores) / len(scores))
    values = {
        "mean_validation_auc": mean,
        "std_validation_auc": deviation,
        "best_validation_auc": max(scores),
    }
    trial.metrics({key: round(value, 6) for key, value in values.items()} | {"seeds_done": len(scores)}, at)


def _keep_model(trial: RunDraft, noise: Noise) -> None:
    at = trial.start + 20 * MINUTE
    for path, content in model_files("xgboost", trial.run_id, at).items():
        trial.file(f"model/{path}", content)
    gains = [(name, round(gain * noise.between(0.9, 1.1), 4)) for name, gain in _FEATURES]
    missed, alarms = int(noise.between(1_900, 2_100)), int(noise.between(1_600, 1_800))
    matrix = ((40_613 - alarms, alarms), (missed, 4_997 - missed))
    trial.file("feature_importance.csv", comma_separated(("feature", "gain"), gains))
    trial.file("feature_importance.json", json_table(("feature", "gain"), gains))
    trial.file("plots/confusion_matrix.png", matrix_picture(matrix, cell=90))
    trial.file("notes.md", f"# {trial.run_id[:8]}\n\nRefitted on *all* rows with the best seed. Checked by bruno.\n")
    logged = [{"path": "feature_importance.json", "type": "table"}]
    trial.tags({"mlflow.loggedArtifacts": json.dumps(logged), "candidate": "yes"})
