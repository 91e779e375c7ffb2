"""The demo store: a real MLflow database with its artifacts, made on the spot from nothing but the standard library."""

from store.demo.build import NOW_MS, build_demo
from store.demo.cache import ensure_demo

__all__ = ["NOW_MS", "build_demo", "ensure_demo"]
