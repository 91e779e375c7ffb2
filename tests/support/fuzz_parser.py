"""Gives the parsers random texts for some time, and looks that each is answered soon, by a tree or by a place.

    python -m tests.support.fuzz_parser --minutes 10 --seed 1

The texts are filters and order_by expressions of MLflow's language and of flowdeck's, right ones and broken ones, some
of them long or deep. What was wrong is printed; the exit status is 1 if there is anything. Completion is asked at a
random place of each, regular expressions are tried on hostile texts.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from store.errors import FilterError
from store.search.complete import complete
from store.search.match import value_test
from store.search.parse import (
    parse_experiment_filter,
    parse_experiment_order,
    parse_run_filter,
    parse_run_order,
)
from store.search.syntax import Comparison, Operator, leaves
from tests.support.fuzz_language import CLOCK, LanguageGenerator
from tests.support.fuzz_search import Generator

SLOW_S: Final = 5.0
"""Seconds after which a text counts as one that hangs the parser; other programs run meanwhile."""

_SCRAPS: Final = (
    *"()[]`'\";,.=!<>~%_-+*/\\#$ \n\t\0é😀", "and", " OR ", "not ", "(", "((((", "))))", " in (", " between ", "max(",
    "at(metrics.a, ", "has(", "number(", "params.", "metrics.`", "'2 days ago'", "1e-5", " is null", "'(a+)+$'", "--",
    " ~ '", "'[", "{2,3}", "\ud800", "resnet ", "not not not ", "\u201c",
)  # fmt: skip
_HOSTILE: Final = ("a" * 3000, "ab" * 1500 + "!", " " * 3000, "")


class Texts:
    """Random texts, each of which somebody could type, paste or forge."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._mlflow = Generator(seed)
        self._language = LanguageGenerator(self._chance)

    def filter(self) -> str:
        draw = self._chance.random()
        if draw < 0.35:
            return self._mlflow.run_filter()
        if draw < 0.45:
            return self._mlflow.experiment_filter()
        text = self._language.filter()
        if draw < 0.55:
            return text
        if draw < 0.97:
            return self._broken(text)
        return self._long(text)

    def order(self) -> str:
        keys = self._language.order() or self._mlflow.run_order()
        return self._broken(keys[0]) if self._chance.random() < 0.6 else keys[0]

    def place(self, text: str) -> int:
        return self._chance.randrange(len(text) + 1)

    def _broken(self, text: str) -> str:
        for _ in range(self._chance.choice((1, 1, 1, 2, 3, 8))):
            at, cut = self._chance.randrange(len(text) + 1), self._chance.choice((0, 0, 1, 1, 2, 5))
            text = text[:at] + self._chance.choice((*_SCRAPS, "", "")) + text[at + cut :]
        return text

    def _long(self, text: str) -> str:
        count = self._chance.choice((50, 500, 3000))
        repeated = self._chance.choice(
            (f"({text} or ", f"{text} and ", "(", "not ", "a ", f"{text},", "'", "`", "1 ", "\\'")
        )
        return (repeated * count)[:20_000] + text


def checked(parse: Callable[[str], Any], text: str) -> tuple[Any, str]:
    """What a parser makes of a text, and what is wrong about its answer, if anything."""
    start = time.perf_counter()
    found, wrong = None, ""
    try:
        found = parse(text)
    except FilterError as error:
        if error.position is None or not 0 <= error.position <= len(text) or not error.message:
            wrong = f"has no place: {error.message} at {error.position}"
        elif error.position + error.length > max(len(text), error.position + 1):
            wrong = f"ends behind the text: {error.position} + {error.length}"
        elif error.text != text:
            wrong = "is about another text"
    except BaseException as error:
        wrong = f"is no FilterError: {error!r}"
    spent = time.perf_counter() - start
    return found, wrong or (f"took {spent:.1f} s" if spent > SLOW_S else "")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--minutes", type=float, default=1.0)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    texts, counts = Texts(chosen.seed), Counter[str]()
    slowest, failures = 0.0, 0
    parsers: tuple[tuple[str, Callable[[str], Any]], ...] = (
        ("filters of runs", lambda text: parse_run_filter(text, CLOCK)),
        ("filters of experiments", parse_experiment_filter),
        ("orders of runs", lambda text: parse_run_order([text])),
        ("orders of experiments", lambda text: parse_experiment_order([text])),
        ("completions", lambda text: complete(text, texts.place(text), keys=_nothing, values=_nothing)),
    )
    deadline = time.monotonic() + 60 * chosen.minutes
    while time.monotonic() < deadline:
        filter_, order = texts.filter(), texts.order()
        for name, parse in parsers:
            text = order if name.startswith("orders") else filter_
            start = time.perf_counter()
            found, wrong = checked(parse, text)
            slowest = max(slowest, time.perf_counter() - start)
            counts[f"{name} {'understood' if found is not None else 'refused'}"] += 1
            if not wrong and name == "filters of runs":
                wrong = _expressions(found, counts)
            if wrong:
                failures += 1
                print(f"{name}: {wrong}: {text[:500]!r}", flush=True)
    for name, count in sorted(counts.items()):
        print(f"{count:>9,} {name}", file=sys.stderr)
    print(f"seed {chosen.seed}: slowest {slowest:.2f} s, {failures} failures", file=sys.stderr)
    return 1 if failures else 0


def _nothing(*_asked: object) -> tuple[str, ...]:
    return ()


def _expressions(found: Any, counts: Counter[str]) -> str:
    """Tries the regular expressions of a filter."""
    for leaf in leaves(found):
        if isinstance(leaf, Comparison) and leaf.operator in (Operator.MATCHES, Operator.NOT_MATCHES):
            start = time.perf_counter()
            test = value_test(leaf.operator, leaf.value)
            for text in _HOSTILE:
                test(text)
            counts["regular expressions tried"] += 1
            if time.perf_counter() - start > SLOW_S:
                return f"the expression {leaf.value!r} takes long"
    return ""


if __name__ == "__main__":
    sys.exit(main())
