"""Experiment `fraud-detection/été`: a model retrained every month, judged on shared datasets."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from store.demo.draft import DAY, HOUR, MINUTE, Code, DatasetDraft, Draft, ExperimentDraft, RunDraft
from store.demo.files import comma_separated
from store.demo.models import LoggedModelDraft, log_model, read_model
from store.demo.noise import Noise
from store.demo.pictures import curves_picture

MONTHS: Final = 9
"""March to November."""

_CODE: Final = Code("pipelines/retrain.py", "https://git.example.com/risque/fraude.git", "main", "JOB")
_COLUMNS: Final = {
    "montant": "double",
    "pays": "string",
    "délai_s": "double",
    "carte_âge_j": "long",
    "fraude": "long",
}
_SKILL: Final = {"lightgbm": 0.871, "logreg": 0.742}
_NOTE: Final = """# Détection de fraude, été

Réentraînement le 1er du mois. Une version ne passe en production que si
`recall at 1pct fpr` s'améliore **et** si `psi/montant` reste sous 0,25.
"""


@dataclass(frozen=True, slots=True)
class Retraining:
    """The LightGBM model of one month."""

    month: str
    run: RunDraft
    model: LoggedModelDraft


def fill(draft: Draft) -> tuple[Retraining, ...]:
    """Returns the monthly models, oldest first."""
    created = draft.ago(days=264)
    tags = {"team": "risque", "mlflow.note.content": _NOTE, "coût": "42 €/mois"}
    experiment = draft.experiment(4, "fraud-detection/été", created, tags)
    source = {"uri": "/data/fraude/étalon.parquet"}
    reference = experiment.dataset("étalon-2026", "local", source, _COLUMNS, 120_000)
    retrainings = []
    for number in range(MONTHS):
        month = f"2026-{number + 3:02}"
        source = {"url": f"https://data.example.com/fraude/transactions-{month}.csv"}
        data = experiment.dataset(f"transactions-{month}", "http", source, _COLUMNS, 310_000 + 9_173 * number)
        start = created + int(number * 30.625 * DAY) + 2 * HOUR
        for offset, algorithm in enumerate(_SKILL):
            run = _retrain(experiment, month, number, algorithm, start + offset * 35 * MINUTE, data, reference)
            if algorithm == "lightgbm":
                metrics = {"pr_auc": _quality(number, algorithm), "psi/montant": _drift(number)}
                parameters = {"num_leaves": 63, "learning_rate": 0.05}
                at = start + 21 * MINUTE
                model = log_model(run, "modèle", "lightgbm", at, params=parameters, metrics=metrics, dataset=reference)
                retrainings.append(Retraining(month, run, model))
    _shadow(experiment, retrainings, reference)
    _forgotten(experiment)
    return tuple(retrainings)


def _quality(number: int, algorithm: str) -> float:
    """Better every month as data accumulates, but for the drift of August."""
    gain = 0.045 * (1 - math.exp(-number / 3)) - (0.05 if number == 5 else 0.0)
    return round(_SKILL[algorithm] - 0.045 + gain + 0.002 * Noise("quality", number, algorithm).normal(), 4)


def _drift(number: int) -> float:
    """The population stability index of the amounts: holidays spend differently."""
    return round(0.04 + 0.27 * math.exp(-((number - 5) ** 2) / 2), 4)


def _retrain(
    experiment: ExperimentDraft,
    month: str,
    number: int,
    algorithm: str,
    start: int,
    data: DatasetDraft,
    reference: DatasetDraft,
) -> RunDraft:
    noise, quality = Noise("fraud", month, algorithm), _quality(number, algorithm)
    end = start + int(noise.between(18, 29) * MINUTE)
    params: dict[str, object] = {
        "algorithm": algorithm,
        "month": month,
        "threshold": 0.5,
        "class_weight": "balanced",
    }
    if algorithm == "lightgbm":
        params |= {"num_leaves": 63, "learning_rate": 0.05, "feature_fraction": 0.8, "monotone": ""}
    else:
        params |= {"C": 0.3, "penalty": "l2"}
    run = experiment.run(
        f"retrain-{month}-{algorithm}",
        user="svc-airflow",
        code=_CODE,
        start=start,
        end=end,
        params=params,
        tags={
            "airflow.dag_id": "fraud_retrain",
            "month": month,
            "pays": "FR, BE, 日本" if number > 6 else "FR, BE",
        },
    )
    run.read(data, "training")
    run.read(reference, "test")
    recall = round(quality - 0.11 + 0.004 * noise.normal(), 4)
    values = {
        "pr_auc": quality,
        "roc_auc": round(0.5 + 0.55 * quality, 4),
        "recall at 1pct fpr": recall,
        "f1": round(quality - 0.06, 4),
        "psi/montant": _drift(number),
        "expected_loss_eur": round(410_000 * (1 - recall), 2),
    }
    run.metrics(values, end - MINUTE)
    thresholds = list(range(0, 101, 5))
    precision = [round(quality * (0.35 + 0.75 * (step / 100) ** 0.6) / 1.1, 4) for step in thresholds]
    recalls = [round(1 - 0.94 * (step / 100) ** (1.2 + quality), 4) for step in thresholds]
    run.series("threshold/precision", thresholds, precision, end - 2 * MINUTE, 15)
    run.series("threshold/recall", thresholds, recalls, end - 2 * MINUTE, 15)
    if algorithm == "lightgbm":
        run.file("plots/précision-rappel.png", curves_picture([precision, recalls]))
        table = zip(thresholds, precision, recalls, strict=True)
        run.file("seuils.csv", comma_separated(("seuil %", "précision", "rappel"), table))
    if number == 5:
        run.tags({"alert": "psi > 0.25 ⚠", "mlflow.note.content": "**Dérive** des montants : ne pas promouvoir."})
    return run


def _shadow(experiment: ExperimentDraft, retrainings: list[Retraining], reference: DatasetDraft) -> None:
    """Comparisons of two models on live traffic; their batches were logged without a step."""
    for number, (old, new) in enumerate(((6, 7), (7, 8))):
        noise, start = Noise("shadow", number), retrainings[new].run.start + 3 * DAY
        run = experiment.run(
            f"shadow-{retrainings[new].month}",
            user="farah",
            code=Code("pipelines/shadow.py", _CODE.repository, "main", "NOTEBOOK"),
            start=start,
            end=start + 6 * HOUR,
            params={
                "champion": retrainings[old].month,
                "challenger": retrainings[new].month,
                "traffic": "5 %",
            },
            tags={"decision": "promote" if number == 0 else "wait"},
        )
        run.read(reference, "evaluation")
        read_model(run, retrainings[old].model)
        read_model(run, retrainings[new].model)
        times = [start + 3 * MINUTE * batch for batch in range(120)]
        for key, level in (("agreement", 0.972), ("batch recall", 0.78)):
            run.points(key, [0] * len(times), times, [round(level + 0.02 * noise.normal(), 4) for _ in times])
        lines = [
            (f"tx-{number}{row:06}", round(noise.uniform() ** 5, 4), round(noise.uniform() ** 5, 4))
            for row in range(3_000)
        ]
        run.file("scores.csv", comma_separated(("transaction", "champion", "challenger"), lines))


def _forgotten(experiment: ExperimentDraft) -> None:
    """A run that somebody deleted."""
    start = experiment.draft.ago(days=120)
    run = experiment.run(
        "isolation-forest",
        user="farah",
        code=Code("notebooks/essai.ipynb", _CODE.repository, "essai", "NOTEBOOK"),
        start=start,
        end=start + 4 * MINUTE,
        status="KILLED",
        params={"algorithm": "isolation-forest", "contamination": "auto"},
        deleted=start + DAY,
    )
    run.metrics({"pr_auc": 0.2113}, start + 3 * MINUTE)
