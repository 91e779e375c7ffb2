"""The contents of artifact files other than pictures."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Final

_PACKAGES: Final[Mapping[str, tuple[str, ...]]] = {
    "xgboost": ("xgboost==3.1.1", "scikit-learn==1.7.2", "pandas==2.3.3"),
    "lightgbm": ("lightgbm==4.6.0", "scikit-learn==1.7.2", "pandas==2.3.3"),
    "pytorch": ("torch==2.9.1", "torchvision==0.24.1", "numpy==2.3.4"),
    "transformers": ("transformers==4.57.1", "peft==0.17.1", "accelerate==1.11.0"),
}
_MLFLOW: Final = "3.17.2"
_PYTHON: Final = "3.11.9"


def model_files(
    flavor: str, run_id: str, at: int, model_id: str | None = None, location: str = "model"
) -> dict[str, bytes]:
    """What MLflow writes for a model, with weights that are only a sentence."""
    packages = (f"mlflow=={_MLFLOW}", *_PACKAGES[flavor])
    environment = "".join(f"  - {package}\n" for package in packages)
    texts = {
        "MLmodel": _mlmodel(flavor, run_id, at, model_id, location),
        "conda.yaml": "channels:\n- conda-forge\ndependencies:\n"
        f"- python={_PYTHON}\n- pip<=25.3\n- pip:\n{environment}name: mlflow-env\n",
        "python_env.yaml": f"python: {_PYTHON}\nbuild_dependencies:\n- pip==25.3\n- setuptools==80.9.0\n- wheel\n"
        "dependencies:\n- -r requirements.txt\n",
        "requirements.txt": "".join(f"{package}\n" for package in packages),
        "model.pkl": f"flowdeck demo: these are not the weights of a {flavor} model, and not a pickle either.\n",
    }
    return {path: text.encode() for path, text in texts.items()}


def _mlmodel(flavor: str, run_id: str, at: int, model_id: str | None, location: str) -> str:
    created = datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    identity = "" if model_id is None else f"model_id: {model_id}\nmodel_size_bytes: 94\nmodel_uuid: {model_id}\n"
    return (
        f"artifact_path: {location}\n"
        "flavors:\n"
        "  python_function:\n"
        "    data: model.pkl\n"
        "    env:\n      conda: conda.yaml\n      virtualenv: python_env.yaml\n"
        f"    loader_module: mlflow.{flavor}\n"
        f"    python_version: {_PYTHON}\n"
        f"  {flavor}:\n"
        "    code: null\n    data: model.pkl\n"
        f"mlflow_version: {_MLFLOW}\n"
        f"{identity}"
        f"run_id: {run_id}\n"
        f"utc_time_created: '{created}'\n"
    )


def comma_separated(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A CSV table."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


def json_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    """A table as `mlflow.log_table` writes it."""
    return json.dumps({"columns": list(header), "data": rows}, ensure_ascii=False).encode()


def log_lines(lines: Iterable[tuple[int, str]]) -> bytes:
    """A training log of (time, message)."""
    return "".join(
        f"{datetime.fromtimestamp(time / 1000, UTC):%Y-%m-%d %H:%M:%S} INFO {message}\n" for time, message in lines
    ).encode()


def noise_bytes(seed: str, size: int) -> bytes:
    """Bytes that do not compress, as the weights in a checkpoint."""
    return Random(seed).randbytes(size)
