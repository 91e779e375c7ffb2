"""The demo store: a real MLflow database and its artifacts, made by the standard library alone."""

from store.demo.build import NOW_MS, build_demo
from store.demo.cache import ensure_demo

__all__ = ["NOW_MS", "build_demo", "ensure_demo"]
