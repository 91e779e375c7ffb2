"""Experiment `ablation-attention`: four levels of nested runs with many parameters each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from store.demo.draft import DAY, HOUR, MINUTE, Code, Draft, ExperimentDraft, RunDraft
from store.demo.files import comma_separated
from store.demo.noise import Noise

SEEDS: Final = 2

_CODE: Final = Code("ablate.py", "https://git.example.com/research/attention.git", "ablation/v2")
_BEST: Final = 18.4
"""The validation perplexity of the reference model."""

_STUDIES: Final[Mapping[str, Mapping[str, float]]] = {
    "attention.n_heads": {"4": 1.31, "8": 0.22, "16": 0.0, "32": 0.17},
    "attention.window": {"128": 1.9, "256": 0.71, "512": 0.12, "full": 0.0},
    "attention.positions": {"none": 2.6, "learned": 0.84, "alibi": 0.19, "rope": 0.0},
    "attention.kv_heads": {"1": 0.66, "2": 0.24, "4": 0.05, "16": 0.0},
    "dropout": {"0.0": 0.33, "0.1": 0.0, "0.2": 0.27, "0.3": 0.95},
    "ffn.multiplier": {"2": 0.58, "2.67": 0.09, "4": 0.0, "6": -0.11},
}
"""What each variant adds to the perplexity."""

_REFERENCE: Final[Mapping[str, object]] = {
    "attention.n_heads": 16,
    "attention.window": "full",
    "attention.positions": "rope",
    "attention.kv_heads": 16,
    "attention.qk_norm": True,
    "attention.bias": False,
    "attention.softcap": "",
    "dropout": 0.1,
    "ffn.multiplier": 4,
    "ffn.activation": "swiglu",
    "ffn.bias": False,
    "norm.kind": "rmsnorm",
    "norm.eps": 1e-6,
    "norm.position": "pre",
    "embedding.tied": True,
    "embedding.scale": 1.0,
    "vocab_size": 32_768,
    "d_model": 1_024,
    "n_layers": 24,
    "context_length": 2_048,
    "optimizer": "adamw",
    "optimizer.beta1": 0.9,
    "optimizer.beta2": 0.95,
    "optimizer.eps": 1e-8,
    "optimizer.weight_decay": 0.1,
    "lr": 3e-4,
    "lr.schedule": "cosine",
    "lr.warmup_steps": 500,
    "lr.minimum": 3e-5,
    "batch.tokens": 524_288,
    "batch.sequences": 256,
    "gradient.clip": 1.0,
    "gradient.checkpointing": False,
    "precision": "bf16",
    "compile": True,
    "data.mixture": '{"web": 0.82, "code": 0.1, "books": 0.08}',
    "data.shuffle_seed": 1_234,
    "eval.every": 1_000,
    "eval.sets": '["wikitext-103", "lambada"]',
    "tokenizer": "bpe-32k",
}


def fill(draft: Draft) -> None:
    experiment = draft.experiment(
        5,
        "ablation-attention",
        draft.ago(days=47),
        {
            "team": "research",
            "mlflow.note.content": "One factor at a time, two seeds, 12 k steps.\n\n> reference: 18.4",
        },
    )
    start = draft.ago(days=46)
    study = _run(experiment, "ablation", start, 18 * DAY, None, {"factors": len(_STUDIES), "seeds": SEEDS})
    rows: list[tuple[str, str, float]] = []
    for number, (factor, variants) in enumerate(_STUDIES.items()):
        begin = start + number * 3 * DAY
        group = _run(experiment, factor, begin, 3 * DAY - HOUR, study, {"factor": factor})
        means = {
            variant: _variant(experiment, group, factor, variant, extra, begin + place * 16 * HOUR)
            for place, (variant, extra) in enumerate(variants.items())
        }
        best, worst = min(means.values()), max(means.values())
        group.metrics({"best_val_ppl": best, "spread": round(worst - best, 4)}, begin + 3 * DAY - HOUR)
        rows += [(factor, variant, mean) for variant, mean in means.items()]
    study.metrics({"best_val_ppl": min(row[2] for row in rows)}, start + 18 * DAY)
    study.file("results.csv", comma_separated(("factor", "variant", "mean_val_ppl"), rows))
    lines = [f"| {factor} | {variant} | {mean:.2f} |" for factor, variant, mean in rows]
    study.file("report.md", "| factor | variant | perplexity |\n|---|---|---:|\n" + "\n".join(lines) + "\n")


def _run(
    experiment: ExperimentDraft,
    name: str,
    start: int,
    length: int,
    parent: RunDraft | None,
    params: Mapping[str, object],
    status: str = "FINISHED",
) -> RunDraft:
    return experiment.run(
        name,
        user="grace",
        code=_CODE,
        start=start,
        end=start + length,
        status=status,
        parent=parent,
        params=params,
        tags={"level": "0" if parent is None else "leaf" if len(params) > len(_REFERENCE) else "group"},
    )


def _variant(
    experiment: ExperimentDraft, group: RunDraft, factor: str, variant: str, extra: float, start: int
) -> float:
    """One value of one factor with a run a seed; returns its mean perplexity."""
    name = f"{factor.rpartition('.')[2]}={variant}"
    parent = _run(experiment, name, start, 15 * HOUR, group, {factor: variant})
    scores = []
    for seed in range(SEEDS):
        noise = Noise("ablation", name, seed)
        failed = variant == "none" and seed == 1
        params = {**_REFERENCE, factor: variant, "seed": seed}
        begin, length = start + seed * 7 * HOUR, 7 * HOUR - 5 * MINUTE
        run = _run(experiment, f"{name} #{seed}", begin, length, parent, params, "FAILED" if failed else "FINISHED")
        scores.append(_train(run, _BEST + extra + 0.04 * noise.normal(), noise, 7_000 if failed else 12_000))
    mean = round(sum(scores) / len(scores), 4)
    parent.metrics({"mean_val_ppl": mean, "delta": round(mean - _BEST, 4)}, start + 15 * HOUR)
    return mean


def _train(run: RunDraft, perplexity: float, noise: Noise, last: int) -> float:
    """Logs an evaluation every 1,000 steps; returns the last perplexity."""
    steps = list(range(1_000, last + 1, 1_000))
    values = [round(perplexity * (1 + 2.4 * math.exp(-step / 2_100)) + 0.05 * noise.normal(), 4) for step in steps]
    values[-1] = round(perplexity * (1 + 2.4 * math.exp(-last / 2_100)), 4)
    pace = 2_050.0
    run.series("val/ppl", steps, values, run.start, pace)
    run.series("val/loss", steps, [round(math.log(value), 5) for value in values], run.start, pace)
    static = {"parameters_m": 354.8, "latency ms": round(noise.between(31, 44), 2), "lambada/acc": 0.41}
    run.metrics(static, run.start + int(last * pace), last)
    return values[-1]
