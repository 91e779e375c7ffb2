"""Compares the search language with a real MLflow on random filters and order_by expressions.

    python -m tests.support.fuzz_search /path/to/mlflow-venv/bin/python --cases 20000 --seed 1

Every expression is searched for in a copy of the bundled oracle database by both: where MLflow understands it,
both must find the same ids in the same order and parse the same conditions. Where it does not, flowdeck's reading
of MLflow's language must refuse it, too; flowdeck's own language may know it: those are counted. Differences are
printed; the exit status is 1 if there are any.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from sqlparse import keywords

from store.entities import ViewType
from store.errors import FilterError
from store.protocols import ExperimentQuery, RunQuery
from store.search.parse import parse_experiment_filter, parse_mlflow_filter, parse_mlflow_order, parse_run_filter
from store.search.syntax import Comparison, Expr, leaves
from tests.support import oracle

Question = tuple[str, str, list[str]]
"""Kind (`runs` or `experiments`), filter, order_by."""

_WORDS: Final = sorted(
    {word for name in dir(keywords) if name.startswith("KEYWORDS") for word in getattr(keywords, name)}
)
_ENTITIES: Final = (
    "metrics", "metric", "params", "param", "parameters", "parameter", "tags", "tag", "attributes", "attribute",
    "attr", "run", "dataset", "datasets",
)  # fmt: skip
_ODD_ENTITIES: Final = (
    "`metrics`", "`tags`", '"tags"', "'tags'", "METRICS", "Params", "foo", "`", "``", "runs", "metrics ", "", "1",
)  # fmt: skip
_RUN_ATTRIBUTES: Final = (
    "run_id", "run_name", "user_id", "status", "artifact_uri", "start_time", "end_time", "created", "Created",
    "`run name`", '"Run Name"', "`Run name`", "experiment_id", "lifecycle_stage", "name", "source", "`run_id`",
    '"status"', "Status", "run name",
)  # fmt: skip
_EXPERIMENT_ATTRIBUTES: Final = (
    "name", "experiment_id", "creation_time", "last_update_time", "`name`", '"name"', "lifecycle_stage", "Name",
)  # fmt: skip
_KEYS: Final = (
    "acc", "loss", "`val/loss: a b`", '"val/loss: a b"', "lr", "`opt.name`", "opt.name", "stage", "mlflow.user",
    "`mlflow.user`", "mlflow.runName", "name", "digest", "context", "nosuch", "team", "a-b", "a b", "a/b", "a:b",
    "1st", "_x", "é", "日本", "`日本 語`", "a$b", "a#b", "@v", "x[1]", "count(x)", "*", "a.b.c", "`a``b`", "`a`b",
    "'lr'", '"`lr`"', "`\"lr\"`", "lr::int", "", "`", "[acc]", "#tmp", "?", ":x", "%s", "$1", "acc desc",
    "acc as x", "acc x", "a\u00a0b", "\u201clr\u201d", "lr /* c */", "lr -- c\n", "0x1F", "1e5", ".5", "acc\n",
    "acc ",
)  # fmt: skip
_OPERATORS: Final = ("=", "!=", ">", ">=", "<", "<=", "LIKE", "ILIKE", "IN", "NOT IN", "IS NULL", "IS NOT NULL")
_ODD_OPERATORS: Final = (
    "like", "Ilike", "in", "not in", "is null", "is not null", "Is Not Null", "IS  NULL", "IS NOT  NULL",
    "is not\nnull", "NOT  IN", "==", "<>", "=!", "!", "~", "NOT LIKE", "not ilike", "RLIKE", "REGEXP", "BETWEEN",
    "IS", "=>", "=<", "> =", "! =", ":=", "<=>", "NOT", "->", "||", "+", "@>", "is\tnull", "IS /* c */ NULL",
    "IN /**/", "= /* c */", "",
)  # fmt: skip
_NUMBERS: Final = (
    "0", "0.5", "1", "-1", "0.3", "1e-3", "1E5", "1e400", ".5", "-.5", "1.", "1700000005000", "1.7e12", "-0",
    "9223372036854775807", "9223372036854775808", "-9223372036854775808", "99999999999999999999",
)  # fmt: skip
_ODD_NUMBERS: Final = (
    "+0.5", "- 1", "0x1F", "1e+5", "1_000", "NaN", "nan", "inf", "-inf", "Infinity", "true", "null", "NULL", "1..2",
    "1.2.3", "1e", "1e5.5", "--1", "1 2", "1,2", "١٢", "²", "1/2", "1+1", "(1)", "1;", "5 desc", "x", "1::int",
    "1 x", "'1'", "1700000005000.0", "0.", "00012", "1d", "1f", "0b11",
)  # fmt: skip
_STRINGS: Final = (
    "'0.1'", "'abc'", "'ABC'", "'dev'", "''", "'a%'", "'%A%'", "'a_b'", "'u1'", "'FINISHED'", "'run-0%'", '"0.1"',
    "'alpha'", "'A'", "'a'", "'1'", "'2'", "'ds1'", "'train'", "'Run 7'", "'%'", "'_'", "'\\%'", "'x'", '"dev"',
    '"A"',
)  # fmt: skip
_ODD_STRINGS: Final = (
    "'it''s'", "'a\\'b'", "'a\\'", '"a""b"', '"a\\"b"', '""', "abc", "`abc`", "'abc", 'abc"', "\u2018a\u2019",
    "\u201ca\u201d", "'a' 'b'", "\"a\".\"b\"", "'a'.'b'", "x'ff'", "b'x'", "N'x'", "e'\\n'", "$$a$$", "$t$a$t$",
    "'a' || 'b'", "'a\nb'", "'a;b'", "'a--b'", "'/*a*/'", "'AND'", "'a' desc", "\"a\" desc", "\"a\" b", "'a' b",
    "('a')", "[a]", "'\x00'", "'😀'", "'a'::text", "date '2020'", "CURRENT_DATE", "count('a')",
    "CASE WHEN 1 THEN 2 END", "'a' collate x", "\"a\" 'b'", "'\\\\'", "'a\"b'", "\"a'b\"", "1", "0.5", "NULL",
    "'a'\t", "?", ":x", "%s", "%(x)s", "@v", "'É'", "' 1 '", "'-1'", "'1_0'", "'99999999999999999999'", "'+1'",
    "'١'",
)  # fmt: skip
_LISTS: Final = (
    "('1')", "('1', '2')", "('ds1','ds3')", "('x',)", "('train')", "('a','b','c')", '("1","2")', "('1' )",
    "( '2' )",
)  # fmt: skip
_ODD_LISTS: Final = (
    "()", "(1)", "('a', 1)", "(x)", "('a' 'b')", "(('a','b'))", "(('a'),('b'))", "('a',,)", "(,)", "('a'", "'a')",
    "(a, b)", "('a' || 'b')", "('a' + 'b')", "(b'a')", "(u'1')", "(r'1')", "(f'1')", "('\\ud800')", "('\\x31')",
    "(None)", "(['1'])", "({'1'})", "('1', # c\n '2')", "('1' /* c */)", "('1' -- c\n)", "('it''s')", "('a\\'b')",
    "('''1''')", "(\"\"\"1\"\"\")", "('1'\n,'2')", "(`1`)", "['1']", "{'1'}", "('1') desc", "('1')('2')",
    "(SELECT 1)", "('1' AS x)", "(-1)", "(*('1',))", "('1' if 1 else '2')", "('1', '2').x", "('1' )\n", "(\t'1')",
    "(\n'1')", "('1';)", "('\\d')", "((((('1')))))",
)  # fmt: skip
_JOINERS: Final = (" AND ", " and ", " And ", "\nAND\n", " AND AND ", " ", "  ", "\t", "\n")
_ODD_JOINERS: Final = (
    " OR ", ", ", "; ", " && ", " AND NOT ", "", " AND -- c\n", " /* c */ ", " AND(", ") AND (", " XOR ", " WHERE ",
    " AS ", " x ", " # c\n", " ORDER BY ", " AND OR ", " UNION ", " ;; ", " GO ", "\r\n", "\u00a0", " AND\u00a0",
)  # fmt: skip
_SCRAPS: Final = (
    "(", ")", "[", "]", "`", "'", '"', ";", ",", ".", "--", "/*", "*/", "#", "# ", "\n", "\t", " ", "?", ":x", "%s",
    "::", "@x", "*", "+", "-", "=", "<", "AND", "OR", "NOT", "IN", "IS", "NULL", "x", "1", "'a'", "\\", "$",
    "\u00a0", "\x00", "CASE", "WHEN", "END", "BEGIN", "IF", "FOR", "AS", "DESC", "ASC", "OVER", "VALUES", "WHERE",
    "count(x)", "DATE", "é", "'",
)  # fmt: skip


class Generator:
    """Random expressions, most of them nearly right."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._oddness = 1.0

    def set_oddness(self, oddness: float) -> None:
        """How often something unusual is chosen: 1 is seldom, 0 is never."""
        self._oddness = oddness

    def run_filter(self) -> str:
        return self._filter(self._run_name)

    def experiment_filter(self) -> str:
        return self._filter(self._experiment_name)

    def run_order(self) -> list[str]:
        return self._order(self._run_name)

    def experiment_order(self) -> list[str]:
        return self._order(self._experiment_name)

    def _rarely(self, chance: float = 0.08) -> bool:
        return self._random.random() < chance

    def _pick(self, usual: tuple[str, ...] | list[str], odd: tuple[str, ...] | list[str]) -> str:
        return self._random.choice(odd if self._rarely(0.12 * self._oddness) else usual)

    def _key(self) -> str:
        word = self._random.choice(_WORDS) if self._rarely(0.25) else self._random.choice(_KEYS)
        return self._random.choice((word, word.lower(), word.title())) if self._rarely(0.5) else word

    def _run_name(self) -> str:
        if self._rarely(0.25):
            return self._random.choice(_RUN_ATTRIBUTES)
        entity = self._pick(_ENTITIES, _ODD_ENTITIES)
        if entity.startswith(("attr", "run")) and not self._rarely():
            return f"{entity}.{self._random.choice(_RUN_ATTRIBUTES)}"
        if entity.startswith("dataset") and not self._rarely():
            return f"{entity}.{self._random.choice(('name', 'digest', 'context'))}"
        if self._rarely(0.6):
            known = ("acc", "loss", "`val/loss: a b`") if entity.startswith("metric") else ("lr", "stage", "`opt.name`")
            return f"{entity}.{self._random.choice(known)}"
        dot = self._random.choice((" . ", ". ", " .", "..", "->")) if self._rarely(0.05) else "."
        return f"{entity}{dot}{self._key()}"

    def _experiment_name(self) -> str:
        if self._rarely(0.5):
            return self._random.choice(_EXPERIMENT_ATTRIBUTES)
        entity = self._random.choice(("tags", "tag", "attribute", *_ENTITIES, *_ODD_ENTITIES))
        if entity == "attribute":
            return f"{entity}.{self._random.choice(_EXPERIMENT_ATTRIBUTES)}"
        return f"{entity}.{'team' if self._rarely(0.5) else self._key()}"

    def _clause(self, name: Callable[[], str]) -> str:
        left = name()
        word = left.split(".")[0].strip("`")
        if word.startswith("metric") or left.endswith(("_time", "created", "Created")):
            operators: tuple[str, ...] = _OPERATORS[:6]
            value = self._pick(_NUMBERS, _ODD_NUMBERS)
        else:
            operators = (*_OPERATORS[:2], *_OPERATORS[6:])
            value = self._pick(_STRINGS, _ODD_STRINGS)
        operator = self._random.choice(_OPERATORS) if self._rarely(0.1) else self._pick(operators, _ODD_OPERATORS)
        if operator.upper().endswith("IN") or self._rarely(0.03):
            value = self._pick(_LISTS, _ODD_LISTS)
        elif operator.upper().startswith("IS") and not self._rarely():
            value = ""
        gap = "" if self._rarely() else " "
        return f"{left}{gap}{operator}{gap}{value}".rstrip(" ")

    def _filter(self, name: Callable[[], str]) -> str:
        if self._rarely(0.03):
            return "".join(
                self._random.choice((*_SCRAPS, name(), " ", " AND ")) for _ in range(self._random.randrange(8))
            )
        text = self._clause(name)
        while self._rarely(0.35):
            text += self._pick(_JOINERS, _ODD_JOINERS) + self._clause(name)
        if self._rarely(0.06):
            text = self._random.choice((" ", "AND ", "\n", "(", ";", "-- c\n")) + text
        if self._rarely(0.06):
            text += self._random.choice((" ", " AND", "\n", ")", ";", " -- c", " x", " DESC", " /* c */", " NULL"))
        return self._mutated(text)

    def _mutated(self, text: str) -> str:
        while self._rarely(0.12 * self._oddness):
            at = self._random.randrange(len(text) + 1)
            cut = self._random.choice((0, 0, 1, 2))
            text = text[:at] + self._random.choice((*_SCRAPS, "", "")) + text[at + cut :]
        return text

    def _order(self, name: Callable[[], str]) -> list[str]:
        clauses = []
        for _ in range(self._random.choice((1, 1, 1, 1, 2, 2, 3))):
            direction = self._pick(
                ["", " ASC", " DESC", " asc", " desc", " Desc"],
                [' "DESC"', " `asc`", " ASC NULLS FIRST", " foo", ",", " DESC DESC", "  DESC", "\nASC", " ", " 'desc'",
                 "\tdesc", " as desc", " -- c", " /* c */ desc", " desc /* c */", " desc;", " \\desc", "DESC"],
            )  # fmt: skip
            text = name() + direction
            if self._rarely(0.03):
                text = self._random.choice((" ", "-", "(", "'", "\\")) + text
            clauses.append(self._mutated(text))
        return clauses


def ours(question: Question, database: Path) -> dict[str, Any]:
    """What flowdeck answers, in the form of `mlflow_answers.py`."""
    kind, text, order_by = question
    try:
        if kind == "runs":
            runs = RunQuery(_EVERY_EXPERIMENT, text, tuple(order_by), ViewType.ALL)
            found = oracle.compiled_run_search(database, runs)
            parsed = parse_run_filter(text)
        else:
            experiments = ExperimentQuery(text, tuple(order_by), ViewType.ALL)
            found = oracle.compiled_experiment_search(database, experiments)
            parsed = parse_experiment_filter(text)
    except FilterError as error:
        return {"error": error.message}
    return {"ids": found, "parsed": [_plain(kind, node) for node in _flat(parsed)]}


_EVERY_EXPERIMENT: Final = tuple(str(number) for number in range(10))


def _is_mlflows(question: Question) -> bool:
    """True if flowdeck's reading of MLflow's language understands all of it."""
    kind, text, order_by = question
    if kind != "runs":
        return True
    try:
        parse_mlflow_filter(text)
        for key in order_by:
            parse_mlflow_order(key)
    except FilterError:
        return False
    return True


def _flat(expression: Expr | None) -> Iterator[Comparison]:
    return (leaf for leaf in leaves(expression) if isinstance(leaf, Comparison))


def _plain(kind: str, node: Comparison) -> list[Any]:
    value = list(node.value) if isinstance(node.value, tuple) else node.value
    return [node.entity.value, node.key, node.operator.value, value]


def _theirs(kind: str, condition: dict[str, Any]) -> list[Any]:
    """A condition as MLflow parses it, with the liberties of our tree: canonical keys, numbers as numbers."""
    key, value = condition["key"], condition["value"]
    if condition["type"] == "attribute" and kind == "runs":
        key = {"created": "start_time", "Created": "start_time"}.get(key, key)
        key = "run_name" if key.lower() == "run name" else key
    if condition["type"] == "metric":
        value = float(value)
    if kind == "experiments" and condition["type"] == "attribute" and key == "experiment_id":
        value = [int(item) for item in value] if isinstance(value, list) else int(value)
    return [condition["type"], key, condition["comparator"].upper(), value]


def questions(cases: int, seed: int) -> Iterator[Question]:
    """Half of them run filters, the others order_by expressions and experiment filters; some have both."""
    generator = Generator(seed)
    for index in range(cases):
        generator.set_oddness((0.1, 1.0, 3.0)[index % 3])
        match index % 10:
            case 0 | 1 | 2 | 3:
                yield ("runs", generator.run_filter(), [])
            case 4 | 5:
                yield ("runs", "", generator.run_order())
            case 6:
                generator.set_oddness(0.0)
                yield ("runs", generator.run_filter(), generator.run_order()[:2])
            case 7 | 8:
                yield ("experiments", generator.experiment_filter(), [])
            case _:
                yield ("experiments", "", generator.experiment_order())


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("python", help="an interpreter that can import MLflow")
    options.add_argument("--cases", type=int, default=2000)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "mlflow.db"
        shutil.copy(oracle.BUNDLED / "mlflow.db", database)
        return 1 if _compare(chosen.python, database, chosen.cases, chosen.seed) else 0


def _compare(python: str, database: Path, cases: int, seed: int) -> int:
    asked = list(questions(cases, seed))
    script = Path(__file__).with_name("mlflow_answers.py")
    lines = "".join(json.dumps(question) + "\n" for question in asked)
    done = subprocess.run(
        [python, str(script), str(database)], input=lines, stdout=subprocess.PIPE, text=True, check=True
    )
    differences = 0
    counts: Counter[str] = Counter()
    for question, line in zip(asked, done.stdout.splitlines(), strict=True):
        theirs = json.loads(line)
        answer = ours(question, database)
        if "parsed" in theirs:
            theirs["parsed"] = [_theirs(question[0], condition) for condition in theirs["parsed"]]
        is_wider = "error" in theirs and "error" not in answer and not _is_mlflows(question)
        counts["wider" if is_wider else "refused" if "error" in theirs else "accepted"] += 1
        same = is_wider or ("error" in answer if "error" in theirs else answer == theirs)
        if not same:
            differences += 1
            print(json.dumps({"asked": question, "ours": answer, "mlflow": theirs}, ensure_ascii=False)[:600])
    print(f"{cases} cases, seed {seed}: {dict(counts)}, {differences} differences", file=sys.stderr)
    return differences


if __name__ == "__main__":
    sys.exit(main())
