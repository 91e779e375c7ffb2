"""Puts random questions in flowdeck's language to every kind of store that is on one machine, and compares the answers.

    python -m tests.support.fuzz_language --stores 20 --cases 500 --seed 1

The stores hold the same runs in SQLite, PostgreSQL, MariaDB, and an mlruns tree, where the search is made by
`store.search.match`. Differences are printed; the exit status is 1 if there are any.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from store.entities import ViewType
from store.errors import FilterError
from store.protocols import RunQuery, Store
from tests.support import searchable
from tests.support.backends import opened
from tests.support.copies import mariadb_copy, postgres_copy
from tests.support.searchable import EXPERIMENTS, KEYS, NOW, NUMBERS, STATUSES, TEXTS
from tests.support.tree_copy import tree_copy

CLOCK: Final = datetime.fromtimestamp(NOW / 1000, UTC)

_SIZES: Final = ("<", "<=", ">", ">=")
_NUMBERS: Final = (
    "0",
    "1",
    "-1",
    "0.5",
    "0.1",
    "10",
    "9",
    "1e-5",
    "2",
    "9007199254740992",
    "0.30000000000000004",
    "4.35",
)
_TIMES: Final = (
    "'now'", "'today'", "'yesterday'", "'2 days ago'", "'1h ago'", "'5s ago'", "'2026-05-28'", "'2026-05-28 20:00'",
    "'2026-05-28T22:26:40+02:00'", str(NOW), str(NOW - 3_600_000),
)  # fmt: skip
_DURATIONS: Final = ("'1h'", "'90s'", "'1h 30m'", "0", "1", "'1 day'", "5400000")
_PATTERNS: Final = ("%", "a%", "%a%", "_", "%\\%", "A%", "%1%", "re%50", "[a]")
_REGEXES: Final = (
    "a", "^a$", "A", "(?i)^a", "[0-9]+", "^$", "^.$", "a|b", "\\\\", "^[^a]*$", "(a+)+$", "\\d{2,}", "\\bwords", "é",
    "x.y", "\\s", "(?i)resnet-?(18|50)", "", "line$",
)  # fmt: skip
_WORDS: Final = (
    "resnet", "RESNET", "a", "words", "'two words'", '"two words"', "'a%b'", "'_'", "50", "dev", "e-05", "'é'",
    "'日本'", "nothing-has-it", "'\\'", "'[a]'",
)  # fmt: skip


class LanguageGenerator:
    """Random filters and orders, nearly all of which can be understood."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def filter(self, depth: int = 3) -> str:
        draw = self._chance.random()
        if depth == 0 or draw < 0.4:
            return self._condition()
        if draw < 0.55:
            return f"{self._any_case('not')} {self._grouped(depth - 1)}"
        joiner = self._any_case(self._chance.choice(("and", "or")))
        return f" {joiner} ".join(self._grouped(depth - 1) for _ in range(self._chance.choice((2, 2, 3))))

    def order(self) -> tuple[str, ...]:
        keys = {}
        for _ in range(self._chance.choice((0, 1, 1, 2, 3))):
            key = self._sort_key()
            # No key comes twice, in whatever spelling.
            keys[key.replace("`", "").removeprefix("latest(").rstrip(")")] = key
        return tuple(f"{key}{self._pick('', ' ASC', ' DESC', ' desc')}" for key in keys.values())

    def _grouped(self, depth: int) -> str:
        text = self.filter(depth)
        return f"({text})" if self._chance.random() < 0.6 else text

    def _any_case(self, word: str) -> str:
        return self._chance.choice((word, word.upper(), word.title()))

    def _pick(self, *choices: str) -> str:
        return self._chance.choice(choices)

    def _key(self, kind: str) -> str:
        key = self._chance.choice(KEYS)
        return f"{kind}.`{key}`" if "/" in key or self._chance.random() < 0.3 else f"{kind}.{key}"

    def _quoted(self, text: str) -> str:
        return f"'{text}'" if "'" not in text and not text.endswith("\\") else f'"{text.replace(chr(34), "")}"'

    def _text(self) -> str:
        return self._quoted(self._chance.choice(NUMBERS if self._chance.random() < 0.3 else TEXTS))

    def _aggregate(self) -> str:
        metric = self._key("metrics")
        name = self._chance.choice(("max", "min", "first", "mean", "latest", "at"))
        return f"at({metric}, {self._chance.randrange(-1, 6)})" if name == "at" else f"{name}({metric})"

    def _sort_key(self) -> str:
        draw = self._chance.randrange(9)
        kind = self._pick("params", "tags")
        match draw:
            case 0 | 1:
                return f"number({self._key(kind)})"
            case 2:
                return self._key(kind)
            case 3:
                return self._key("metrics")
            case 4 | 5:
                # See `_metric` about means.
                return self._aggregate().replace("mean", "max")
            case 8:
                return f"dataset.{self._pick('name', 'digest', 'context')}"
        return self._pick("start_time", "end_time", "status", "run_name", "duration", "user_id", "run_id", "parent")

    def _condition(self) -> str:
        kinds = (
            self._number_of_text, self._number_of_text, self._text_of_key, self._metric, self._metric, self._time,
            self._field, self._word, self._presence, self._dataset, self._experiment,
        )  # fmt: skip
        return self._chance.choice(kinds)()

    def _number_of_text(self) -> str:
        name = self._key(self._pick("params", "tags"))
        if self._chance.random() < 0.2:
            name = f"number({name})"
        return self._compared(name, _NUMBERS)

    def _metric(self) -> str:
        # Means differ in the last digit from database to database: nothing is equal to them.
        name = self._aggregate() if self._chance.random() < 0.6 else self._key("metrics")
        if name.startswith("mean"):
            return f"{name} {self._pick(*_SIZES)} {self._pick('0.123456', '-0.7654', '1e-4', '5.4321')}"
        return self._compared(name, _NUMBERS)

    def _compared(self, name: str, values: Sequence[str]) -> str:
        negation = self._pick("", "", "not ")
        match self._chance.randrange(5):
            case 0:
                return f"{name} {negation}between {self._pick(*values)} and {self._pick(*values)}"
            case 1:
                return f"{name} {negation}in ({self._pick(*values)}, {self._pick(*values)})"
        return f"{name} {self._pick(*_SIZES, '=', '!=')} {self._pick(*values)}"

    def _text_of_key(self) -> str:
        return self._on_text(self._pick(self._key("params"), self._key("tags"), "parent", "note"))

    def _field(self) -> str:
        name = self._pick("run_name", "user_id", "run_id", "status", "lifecycle_stage", "artifact_uri")
        if name == "status" and self._chance.random() < 0.7:
            statuses = [self._chance.choice((one.lower(), one, f"'{one}'")) for one in self._chance.sample(STATUSES, 2)]
            return self._pick(
                f"status = {statuses[0]}", f"status != {statuses[0]}", f"status in ({', '.join(statuses)})"
            )
        return self._on_text(name)

    def _on_text(self, name: str) -> str:
        match self._chance.randrange(7):
            case 0:
                return f"{name} {self._pick('~', '!~', '=~', 'regexp', 'not rlike')} {self._regex()}"
            case 1:
                like = self._pick("like", "ilike", "not like", "NOT ILIKE")
                return f"{name} {like} {self._quoted(self._pick(*_PATTERNS))}"
            case 2:
                return f"{name} {self._pick('in', 'not in')} ({self._text()}, {self._text()})"
        return f"{name} {self._pick('=', '!=')} {self._text()}"

    def _regex(self) -> str:
        return self._quoted(self._pick(*_REGEXES))

    def _time(self) -> str:
        draw = self._chance.randrange(3)
        if draw == 0:
            return self._compared("duration", _DURATIONS)
        name = self._pick("start_time", "end_time", "created")
        if draw == 1:
            return f"{name} {self._pick('', 'not ')}between {self._pick(*_TIMES)} and {self._pick(*_TIMES)}"
        return f"{name} {self._pick(*_SIZES)} {self._pick(*_TIMES)}"

    def _word(self) -> str:
        return self._pick(*_WORDS)

    def _presence(self) -> str:
        name = self._key(self._pick("params", "tags", "metrics"))
        null = self._pick("is null", "is not null", "IS NULL")
        return self._pick(
            f"has({name})", f"{name} {null}", f"end_time {null}", f"parent {null}", f"duration {null}", "has(datasets)",
            f"{self._aggregate()} {null}", "has(note)", f"user_id {null}",
        )  # fmt: skip

    def _dataset(self) -> str:
        name = self._pick("dataset.name", "datasets.digest", "dataset.context")
        value = self._pick("'wine'", "'Wine'", "'d1'", "'train'", "'eval'")
        return self._pick(
            f"{name} = {value}", f"{name} != {value}", f"{name} in ({value}, 'iris')", f"{name} like '%i%'",
            f"{name} ~ '^[Ww]|[13]$'", f"{name} !~ 'w|t'",
        )  # fmt: skip

    def _experiment(self) -> str:
        value = self._quoted(self._pick(*EXPERIMENTS, "2", "nothing"))
        return self._pick(
            f"experiment = {value}", f"experiment != {value}", f"experiment in ({value}, '0')", "experiment like '%u%'",
            f"experiment not in ({value}, 'x')", "experiment ~ '^[Cc]'", "experiment !~ '[0-9]'",
        )  # fmt: skip


@contextmanager
def stores(seed: int, *, servers: bool) -> Iterator[Mapping[str, Store]]:
    """The same random runs in each kind of store, the one whose answers are taken for right first."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        database = Path(folder) / "mlflow.db"
        searchable.build(database, seed)
        found = {"SQLite": stack.enter_context(opened(str(database)))}
        tree_copy(found["SQLite"], Path(folder) / "mlruns")
        found["tree"] = stack.enter_context(opened(str(Path(folder) / "mlruns")))
        if servers:
            found["PostgreSQL"] = stack.enter_context(opened(postgres_copy(database)))
            found["MariaDB"] = stack.enter_context(opened(mariadb_copy(database)))
        yield found


def random_query(chance: random.Random) -> RunQuery:
    """A question about such a store."""
    generator = LanguageGenerator(chance)
    ids = chance.choice((None, None, None, tuple("012345"), ("1", "3")))
    view, limit = chance.choice(list(ViewType)), chance.choice((None, None, None, 1, 5))
    text = "" if chance.random() < 0.1 else generator.filter()
    return RunQuery(ids, text, generator.order(), view, limit, CLOCK)


def difference(among: Mapping[str, Store], query: RunQuery) -> tuple[str, bool]:
    """How the answers differ, or nothing; and whether something was found."""
    answers = {}
    for name, store in among.items():
        try:
            page = store.run_ids(query)
        except FilterError as error:
            return f"{query}: not understood: {error.message}\n{error.pointer()}", False
        answers[name] = (page.items, page.more)
    first = next(iter(answers.values()))
    if all(answer == first for answer in answers.values()):
        return "", bool(first[0])
    return f"{query}: {answers}", bool(first[0])


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--stores", type=int, default=10)
    options.add_argument("--cases", type=int, default=500, help="questions for each store")
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    counts: Counter[str] = Counter()
    different = []
    for seed in range(chosen.seed, chosen.seed + chosen.stores):
        with stores(seed, servers=True) as among:
            chance = random.Random(seed)
            for _ in range(chosen.cases):
                found, something = difference(among, random_query(chance))
                counts["find something" if something else "find nothing"] += 1
                if found:
                    different.append(found)
                    print(found[:3000], flush=True)
    print(f"seed {chosen.seed}, {chosen.stores} stores: {dict(counts)}, {len(different)} differences", file=sys.stderr)
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
