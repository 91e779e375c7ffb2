"""Experiment `llm-finetune-lora`: trainings that are running at this very moment, with system metrics."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Final

from store.demo.draft import DAY, MINUTE, Code, Draft, ExperimentDraft, RunDraft
from store.demo.files import comma_separated, json_table
from store.demo.models import log_model
from store.demo.noise import Noise

STEPS: Final = 2_400
_POINTS: Final = 150
_SAMPLES: Final = 80

_CODE: Final = Code("finetune.py", "https://git.example.com/nlp/lora.git", "main", "PROJECT")
_PROMPT: Final = """You are a support assistant of ACME Télécom.
Answer in the customer's language, cite the article you used, and say so when you do not know.

### Article
{article}

### Question
{question}

### Answer
"""


@dataclass(frozen=True, slots=True)
class _Plan:
    """One fine-tuning; `floor` is the evaluation loss it tends to."""

    name: str
    base: str
    rank: int
    lr: float
    floor: float
    status: str = "FINISHED"
    share: float = 1.0
    user: str = "e.sato"
    days_ago: float = 0.0
    pace: float = 5_200.0
    """Milliseconds a step."""


_PLANS: Final = (
    _Plan("qlora-llama3-8b-r16", "meta-llama/Llama-3.1-8B", 16, 2e-4, 0.982, days_ago=8.0),
    _Plan("qlora-llama3-8b-r64", "meta-llama/Llama-3.1-8B", 64, 2e-4, 0.968, days_ago=7.6),
    _Plan("lora-mistral-7b-r16", "mistralai/Mistral-7B-v0.3", 16, 2e-4, 1.021, days_ago=6.5, user="farah"),
    _Plan("lora-qwen2.5-7b-r8", "Qwen/Qwen2.5-7B", 8, 2e-4, 0.957, days_ago=5.5),
    _Plan("lora-qwen2.5-7b-r32", "Qwen/Qwen2.5-7B", 32, 2e-4, 0.934, days_ago=4.4),
    _Plan("lora-qwen2.5-7b-r32-lr1e-3", "Qwen/Qwen2.5-7B", 32, 1e-3, 1.35, "KILLED", 0.38, days_ago=4.1),
    _Plan("full-llama3-8b", "meta-llama/Llama-3.1-8B", 0, 1e-5, 1.1, "FAILED", 0.05, "farah", 3.2),
    _Plan("微调-中文语料 🚀", "Qwen/Qwen2.5-7B", 32, 2e-4, 0.99, "RUNNING", 0.81, "李雷"),
    _Plan("dpo-qwen2.5-7b", "Qwen/Qwen2.5-7B", 32, 5e-6, 0.61, "RUNNING", 0.44, "farah", pace=7_900),
    _Plan("lora-gemma2-9b-r16", "google/gemma-2-9b", 16, 2e-4, 0.95, "RUNNING", 0.06, pace=6_100),
    _Plan("lora-qwen2.5-14b-r16", "Qwen/Qwen2.5-14B", 16, 1e-4, 0.9, "SCHEDULED", 0.0),
)


def fill(draft: Draft) -> None:
    experiment = draft.experiment(
        3,
        "llm-finetune-lora",
        draft.ago(days=9),
        {
            "team": "nlp",
            "mlflow.note.content": "Support assistant, *adapters only*.\n\nEvaluated every 240 steps.",
        },
    )
    source = {"path": "acme/support-dialogues", "revision": "7c1e"}
    data = experiment.dataset("support-dialogues", "hugging_face", source, {"messages": "string"}, 61_200)
    for number, plan in enumerate(_PLANS):
        run = _start(experiment, plan)
        if plan.share == 0:
            continue
        run.read(data, "training")
        noise = Noise("lora", number)
        last = int(plan.share * STEPS)
        _train(run, plan, last, noise)
        _system(run, last * plan.pace, plan.pace, noise)
        if plan.status == "FINISHED":
            _artifacts(run, plan, noise)
        elif plan.status == "FAILED":
            run.tags({"failure.reason": "CUDA out of memory on rank 3: full fine-tuning needs more than 4 x 24 GiB"})


def _start(experiment: ExperimentDraft, plan: _Plan) -> RunDraft:
    draft, length = experiment.draft, int(plan.share * STEPS * plan.pace)
    live = plan.status in ("RUNNING", "SCHEDULED")
    start = draft.now_ms - length if live else draft.now_ms - int(plan.days_ago * DAY)
    modules = ["q_proj", "k_proj", "v_proj", "o_proj"]
    config = {"r": plan.rank, "lora_alpha": 2 * plan.rank, "lora_dropout": 0.05, "target_modules": modules}
    params = {
        "base_model": plan.base,
        "learning_rate": plan.lr,
        "per_device_train_batch_size": 4,
        "gradient_accumulation_steps": 8,
        "max_steps": STEPS,
        "max_seq_length": 4_096,
        "bf16": True,
        "load_in_4bit": plan.name.startswith("qlora"),
        "resume_from_checkpoint": "",
        "prompt_template": _PROMPT,
        "stop_words": json.dumps(["### Question", "</s>", "再见"], ensure_ascii=False),
    }
    if plan.rank:
        params["lora_config"] = json.dumps(config)
        # Longer than any terminal: one line naming every adapted weight.
        params["trainable_parameters"] = ", ".join(
            f"model.layers.{layer}.self_attn.{module}.lora_{half}.weight"
            for layer in range(14)
            for module in modules
            for half in "AB"
        )[:5_900]
    return experiment.run(
        plan.name,
        user=plan.user,
        code=_CODE,
        start=start,
        end=None if live else start + length + 2 * MINUTE,
        status=plan.status,
        params=params,
        tags={
            "mlflow.project.entryPoint": "finetune",
            "mlflow.project.backend": "local",
            "gpu": "4 x A10G",
            "slurm.job": str(48_100 + start // MINUTE % 900),
        },
    )


def _train(run: RunDraft, plan: _Plan, last: int, noise: Noise) -> None:
    every = max(4, STEPS // _POINTS)
    steps = list(range(0, last + 1, every))
    losses, rates, norms, speeds = [], [], [], []
    speed = 5_900 if "7" in plan.base else 5_300
    for step in steps:
        done = step / STEPS
        loss = plan.floor + 0.9 * math.exp(-11 * done) - 0.07 * done
        if plan.lr >= 1e-3 and done > 0.2:
            loss += 1.6 * (1 - math.exp(-9 * (done - 0.2)))
        losses.append(round(loss + 0.03 * noise.normal(), 5))
        warm = min(1.0, (step + 1) / 100)
        rates.append(round(plan.lr * warm * (0.5 + 0.5 * math.cos(math.pi * done)), 10))
        norms.append(round(0.6 + 0.5 * math.exp(-8 * done) + 0.07 * noise.normal(), 5))
        speeds.append(round(speed * (1 + 0.025 * noise.normal()) * (0.62 if step % 240 < every else 1), 1))
    for key, values in (
        ("train/loss", losses),
        ("train/learning_rate", rates),
        ("train/grad_norm", norms),
        ("tokens_per_second", speeds),
    ):
        run.series(key, steps, values, run.start, plan.pace)
    evaluations = list(range(240, last + 1, 240))
    if not evaluations:
        return
    values = [
        round(plan.floor + 0.35 * math.exp(-6 * step / STEPS) + 0.004 * noise.normal(), 5) for step in evaluations
    ]
    if plan.lr >= 1e-3:
        values = [round(value + 0.4 * number, 5) for number, value in enumerate(values)]
    run.series("eval/loss", evaluations, values, run.start, plan.pace)
    perplexities = [round(math.exp(value), 5) for value in values]
    run.series("eval/perplexity", evaluations, perplexities, run.start, plan.pace)


def _system(run: RunDraft, length: float, pace: float, noise: Noise) -> None:
    """What MLflow's system metrics monitor samples; its steps count the samples."""
    steps = list(range(_SAMPLES))
    every = length / _SAMPLES
    memory = noise.between(19_000, 22_000)
    shapes: dict[str, list[float]] = {
        "system/cpu_utilization_percentage": [18 + 4 * noise.normal() for _ in steps],
        "system/system_memory_usage_megabytes": [41_200 + 30 * step + 90 * noise.normal() for step in steps],
        "system/network_receive_megabytes": [0.4 * step + noise.uniform() for step in steps],
    }
    for gpu in range(2):
        shapes[f"system/gpu_{gpu}_utilization_percentage"] = [
            min(100.0, 95 + 2 * noise.normal() - (61 if step % 11 == 10 else 0)) for step in steps
        ]
        shapes[f"system/gpu_{gpu}_memory_usage_megabytes"] = [
            memory * (1 - 0.8 * math.exp(-step)) + 40 * noise.normal() for step in steps
        ]
    for key, values in shapes.items():
        run.series(key, steps, [round(value, 2) for value in values], run.start, every)


def _artifacts(run: RunDraft, plan: _Plan, noise: Noise) -> None:
    at = run.start + int(STEPS * plan.pace)
    log_model(
        run,
        "adapter",
        "transformers",
        at,
        step=STEPS,
        params={"base_model": plan.base, "r": plan.rank},
        tags={"merged": "false"},
    )
    rows = [
        (
            "How do I change my plan?",
            "Open *My contract* → *Change* [article 12].",
            round(noise.between(0.6, 1), 2),
        ),
        ("Pourquoi ma facture a-t-elle augmenté ?", "La remise de bienvenue est terminée.", 0.87),
        ("怎么取消漫游？", "请在“设置”中关闭漫游。", 0.9),
    ]
    run.file("eval/samples.json", json_table(("question", "answer", "score"), rows))
    run.file("eval/samples.csv", comma_separated(("question", "answer", "score"), rows))
    run.file("adapter_config.json", json.dumps({"r": plan.rank, "base_model_name_or_path": plan.base}, indent=2))
    run.tags({"mlflow.loggedArtifacts": json.dumps([{"path": "eval/samples.json", "type": "table"}])})
