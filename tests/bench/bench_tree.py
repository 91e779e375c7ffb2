"""An mlruns tree: a search and a page of runs, with and without the index, against reading the files of the tree.

The files are in the page cache: what is measured is the program, not the disk. But for two cases, which are how a tree
is met for the first time: nobody has read it lately. They need the right to empty the page cache, which root has on
Linux; the others are measured without it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from store.entities import RunParts
from store.file.index_file import CACHE_VARIABLE
from store.opening import open_store
from store.protocols import RunQuery
from tests.bench.timing import Case, Row, Settings, interleaved, run_alone, scratch, timed
from tests.support.trees import TreeShape, age, files_of, fresh_cache, make_tree

REPEATS: Final = 7
DISK_REPEATS: Final = 3
PAGE: Final = 100
COLD_TIMES: Final = 2.0
WARM_TIMES: Final = 0.1

METRIC: Final = "metric_0"
SEARCH: Final = RunQuery(filter=f"metrics.{METRIC} > {PAGE}", order_by=(f"metrics.{METRIC} DESC",))

READ: Final = "opening and reading every file"
COLD: Final = "{runs:,} runs: search by a metric and a page with all parts, without an index"
WARM: Final = "{runs:,} runs: search by a metric and a page with all parts, with an index"
NEWEST: Final = "{runs:,} runs: the newest page, with an index"
DISK_READ: Final = "opening and reading every file, none of them in the page cache"
DISK_COLD: Final = "{runs:,} runs: search by a metric and a page with all parts, without an index or a page cache"
ALL_COLD: Final = "{runs:,} runs: all parts of all runs, without an index"
ALL_WARM: Final = "{runs:,} runs: all parts of all runs, with an index"


PAGE_CACHE: Final = Path("/proc/sys/vm/drop_caches")
"""Linux forgets what it has of all files when "3" is written there."""


class Wrong(Exception):
    """An answer that is not the tree's."""


def read_files(paths: list[str]) -> int:
    """The baseline: it looks for no file, and makes nothing of what it reads."""
    total = 0
    for path in paths:
        with open(path, "rb") as file:
            total += len(file.read())
    return total


def search(root: Path) -> None:
    """From the address to the first page of what was found."""
    store = open_store(str(root))
    try:
        ids = store.run_ids(SEARCH).items
        runs = store.runs(ids[:PAGE], RunParts.ALL)
    finally:
        store.close()
    values = [run.metrics[METRIC].value for run in runs]
    if values != sorted(values, reverse=True) or len(runs) != min(PAGE, len(ids)) or runs[0].problems:
        raise Wrong(f"{len(ids)} runs were found, {len(runs)} read")


def newest(root: Path) -> None:
    """The first page that a user sees."""
    store = open_store(str(root))
    try:
        store.runs(store.run_ids(RunQuery(limit=PAGE)).items, RunParts.ALL)
    finally:
        store.close()


def everything(root: Path, runs: int) -> None:
    """All parts of all runs."""
    store = open_store(str(root))
    try:
        found = store.runs(store.run_ids(RunQuery()).items, RunParts.ALL)
    finally:
        store.close()
    if len(found) != runs:
        raise Wrong(f"{len(found)} runs of {runs}")


@contextmanager
def cache_in(folder: Path) -> Iterator[None]:
    """Indexes are kept there."""
    before = os.environ.get(CACHE_VARIABLE)
    os.environ[CACHE_VARIABLE] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ[CACHE_VARIABLE]
        else:
            os.environ[CACHE_VARIABLE] = before


def measure(settings: Settings) -> list[Row]:
    """The rows of the table."""
    shape = TreeShape(runs=200) if settings.quick else TreeShape()
    cold, warm, first, all_cold, all_warm, disk_cold = (
        name.format(runs=shape.runs) for name in (COLD, WARM, NEWEST, ALL_COLD, ALL_WARM, DISK_COLD)
    )
    with scratch() as folder:
        root = age(make_tree(folder / "mlruns", shape))
        paths = files_of(root)
        kept, emptied = folder / "kept", folder / "emptied"
        with cache_in(kept):
            search(root)
            newest(root)
            everything(root, shape.runs)

        def kept_case(case: Case) -> Case:
            def run() -> float:
                with cache_in(kept):
                    return case()

            return run

        def emptied_case(case: Case) -> Case:
            def run() -> float:
                fresh_cache(emptied)
                with cache_in(emptied):
                    return case()

            return run

        def from_disk(case: Case) -> Case:
            def run() -> float:
                os.sync()
                PAGE_CACHE.write_text("3")
                return case()

            return run

        def again(case: Case) -> Case:
            def run() -> float:
                case()
                return case()

            return run

        cases: dict[str, Case] = {
            READ: timed(lambda: read_files(paths)),
            cold: emptied_case(timed(lambda: search(root))),
            warm: kept_case(timed(lambda: search(root))),
            first: kept_case(timed(lambda: newest(root))),
            all_cold: emptied_case(timed(lambda: everything(root, shape.runs))),
            all_warm: kept_case(timed(lambda: everything(root, shape.runs))),
        }
        samples = interleaved(cases, settings.rounds(REPEATS))
        rows = []
        if os.access(PAGE_CACHE, os.W_OK):
            disk_cases: dict[str, Case] = {
                DISK_READ: from_disk(cases[READ]),
                disk_cold: emptied_case(from_disk(timed(lambda: search(root)))),
                warm: again(cases[warm]),
            }
            disk = interleaved(disk_cases, settings.rounds(DISK_REPEATS))
            rows = [disk.at_most(disk_cold, DISK_READ, COLD_TIMES), disk.at_most(warm, disk_cold, WARM_TIMES)]
    return [
        samples.at_most(cold, READ, COLD_TIMES),
        samples.compared(warm, READ),
        samples.compared(warm, cold),
        samples.compared(first, READ),
        samples.compared(all_cold, READ),
        samples.compared(all_warm, all_cold),
        *rows,
    ]


def main() -> None:
    """Measures and prints."""
    run_alone(measure)


if __name__ == "__main__":
    main()
