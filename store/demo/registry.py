"""The registered models: every stage, aliases, tags, and a version that was deleted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from store.demo.draft import DAY, HOUR, Draft, RunDraft
from store.demo.fraud import Retraining
from store.demo.models import LoggedModelDraft, RegisteredModelDraft

_CHURN: Final = """Probability that a customer cancels within **90 days**.

Input: one row per customer, see the feature store `churn/v3`. Owner: growth."""
_FRAUD: Final = """Score de fraude par transaction, entre 0 et 1.

| alias | sens |
|---|---|
| champion | décide |
| challenger | observe |
"""


def fill(
    draft: Draft,
    churn: Sequence[RunDraft],
    fraud: Sequence[Retraining],
    resnet: Sequence[LoggedModelDraft],
) -> None:
    _churn(draft, churn)
    _fraud(draft, fraud)
    _cifar(draft, resnet)


def _churn(draft: Draft, trials: Sequence[RunDraft]) -> None:
    """From folders among the artifacts of runs."""
    broad, narrow, fine = trials
    created = broad.start + 3 * HOUR
    model = RegisteredModelDraft(
        draft, "churn-classifier", created, draft.ago(hours=2), _CHURN, {"team": "growth", "pii": "none"}
    )
    model.version(broad, created, stage="Archived", updated=draft.ago(days=2), description="First of the sweep.")
    model.version(
        narrow,
        narrow.start + 3 * HOUR,
        stage="Production",
        updated=draft.ago(days=2),
        description="Serves since the **canary** passed.",
        tags={"approved.by": "chiara", "canary": "passed"},
        aliases=("champion",),
    )
    model.version(
        fine,
        fine.start + 3 * HOUR,
        stage="Staging",
        updated=draft.ago(hours=18),
        description="As good as the champion, and a fifth of its spread over seeds.",
        tags={"canary": "running"},
        aliases=("challenger", "candidate-2026-11"),
    )
    model.version(fine, draft.ago(hours=2))


def _fraud(draft: Draft, retrainings: Sequence[Retraining]) -> None:
    """From logged models, one a month."""
    created = retrainings[0].run.start + HOUR
    model = RegisteredModelDraft(
        draft, "fraud-scorer", created, draft.ago(days=9), _FRAUD, {"team": "risque", "critique": "oui ⚠"}
    )
    drifted = 5
    for number, retraining in enumerate(retrainings):
        at, last = retraining.run.start + HOUR, len(retrainings) - 1
        if number == drifted:
            model.deleted_version(at, at + 2 * DAY, retraining.model.location)
        elif number == last:
            model.version(
                retraining.model,
                at,
                stage="Staging",
                updated=draft.ago(days=9),
                aliases=("challenger", "shadow"),
            )
        elif number == last - 1:
            model.version(
                retraining.model,
                at,
                stage="Production",
                updated=at + 4 * DAY,
                description=f"Entraîné sur {retraining.month}, promu après une semaine d'observation.",
                tags={"validé": "farah", "shadow": "ok"},
                aliases=("champion",),
            )
        else:
            model.version(retraining.model, at, stage="Archived", updated=at + 31 * DAY)


def _cifar(draft: Draft, models: Sequence[LoggedModelDraft]) -> None:
    """Registered and not promoted yet."""
    created = draft.ago(days=2)
    registered = RegisteredModelDraft(draft, "cifar10-resnet50", created, created + DAY)
    for number, model in enumerate(models):
        registered.version(model, created + number * DAY, tags={"dataset": "cifar10"})
