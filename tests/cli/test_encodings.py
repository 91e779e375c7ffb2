"""Messages and tables where the output has no typographic characters."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import process, processed
from tests.support.crafted import Crafted

PLAIN = [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "POSIX", "PYTHONUTF8": "0"}]


@pytest.mark.parametrize("environ", PLAIN, ids=lambda environ: "-".join(environ))
def test_messages_spell_quotation_marks_and_ellipses(stores: Path, environ: dict[str, str]) -> None:
    store = stores / "3.17.2"
    said = processed(
        ("show", "basline", "-s", store), ("runs", "-f", "metrics.rsme < 1", "-s", store), ("rusn",), environ=environ
    ).err
    assert said.startswith(
        'flowdeck: no run has the id or the name "basline"\n  did you mean "baseline"?\n'
        'note: 0 runs; no run of this store has a metric "rsme"; did you mean "rmse"?\n'
        'flowdeck: there is no command and no store "rusn". Did you mean "runs"?\n'
    )


@pytest.mark.parametrize("environ", PLAIN, ids=lambda environ: "-".join(environ))
def test_a_stores_own_quotation_marks_are_spelled_and_columns_stay_aligned(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    crafted = Crafted(tmp_path / "mlflow.db")
    crafted.run("1" * 32, "“long…” — name")
    crafted.run("2" * 32, "short")
    command = ("runs", "-c", "run_name", "-c", "status", "-s", crafted.database)
    table, document = processed(command, (*command, "-o", "ndjson"), environ=environ).text.split("{", 1)
    assert '"long..." - name  FINISHED\n' in table
    assert len({line.index("FINISHED") for line in table.splitlines()[1:]}) == 1
    # Data for programs is what the store holds, in every locale.
    assert "“long…” — name" in document


def test_terminals_with_unicode_keep_them(stores: Path) -> None:
    assert "“basline”" in process("show", "basline", "-s", stores / "3.17.2").err
    assert "“basline”" in process("show", "basline", "-s", stores / "3.17.2", environ={"PYTHONIOENCODING": "utf-8"}).err
