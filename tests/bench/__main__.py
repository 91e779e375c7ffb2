"""Runs the benchmarks: `python -m tests.bench [--quick] [--only NAME] [--write]`."""

from __future__ import annotations

import argparse
import subprocess
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.bench import (
    bench_columns,
    bench_curve,
    bench_filters,
    bench_groups,
    bench_http,
    bench_postgres,
    bench_runs_cli,
    bench_startup,
    bench_table,
    bench_tree,
    bench_wire,
)
from tests.bench.timing import SWITCH_SECONDS, Row, Settings, add_options, machine, table

BENCHMARKS: Final = {
    "startup": bench_startup.measure,
    "runs_cli": bench_runs_cli.measure,
    "filters": bench_filters.measure,
    "columns": bench_columns.measure,
    "groups": bench_groups.measure,
    "curve": bench_curve.measure,
    "wire": bench_wire.measure,
    "table": bench_table.measure,
    "tree": bench_tree.measure,
    "postgres": bench_postgres.measure,
    "http": bench_http.measure,
}

README: Final = Path(__file__).with_name("README.md")
BEGIN: Final = "<!-- figures: written by python -m tests.bench --write -->"
END: Final = "<!-- end of figures -->"

# What a benchmark raises when the program cannot be measured; the others are measured all the same.
_FAILURES: Final = (
    AssertionError,
    OSError,
    subprocess.CalledProcessError,
    bench_columns.Disagreement,
    bench_curve.Inexact,
    bench_runs_cli.Disagreement,
    bench_tree.Wrong,
)


def write_figures(rows: Sequence[Row], readme: Path = README, *, whole: bool) -> None:
    """Puts the figures between the markers of the README; those that were not measured stay, unless all were.

    Raises:
        ValueError: The markers are not there.
    """
    before, begin, rest = readme.read_text("utf-8").partition(BEGIN)
    figures, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{readme} has no markers for the figures")
    new = {_subject(str(row)): str(row) for row in rows}
    lines = [] if whole else [line for line in figures.splitlines() if line.startswith("| ")][1:]
    kept = [new.pop(_subject(line), line) for line in lines]
    text = f"{table([])}\n" + "\n".join([*kept, *new.values()])
    readme.write_text(f"{before}{BEGIN}\n\n{text}\n\n{machine()}\n\n{END}{after}", "utf-8")


def _subject(line: str) -> tuple[str, str]:
    """What a line of the table is about: what was measured, and against what."""
    cells = [cell.strip() for cell in line.strip("|").split(" | ")]
    return cells[0], cells[2].partition(":")[0]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, prints the table and returns 0, or 1 if something could not be measured."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    add_options(parser)
    parser.add_argument("--only", action="append", choices=BENCHMARKS, help="only this benchmark (repeatable)")
    parser.add_argument("--write", action="store_true", help=f"put what was measured into the table of {README.name}")
    options = parser.parse_args(arguments)
    if options.write and options.quick:
        parser.error("--write takes stores of full size")
    sys.setswitchinterval(SWITCH_SECONDS)
    settings = Settings(options.quick, options.repeats)
    rows: list[Row] = []
    failed = False
    for name in options.only or BENCHMARKS:
        print(f"{name} ...", file=sys.stderr, flush=True)
        try:
            rows.extend(BENCHMARKS[name](settings))
        except _FAILURES:
            traceback.print_exc()
            rows.append(Row(name, "could not be measured"))
            failed = True
    figures = f"{table(rows)}\n\n{machine()}"
    print(figures)
    if options.write and not failed:
        write_figures(rows, whole=not options.only)
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
