"""A store whose every text tries to do something to the terminal."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

HOSTILE = {
    "colour": "red\x1b[31mred\x1b[0m",
    "title": "a\x1b]0;owned\x07b",
    "clipboard": "\x1b]52;c;b3duZWQ=\x07",
    "link": "\x1b]8;;http://example.org\x07click\x1b]8;;\x07",
    "clear": "\x1b[2J\x1b[H\x1b[?1049l",
    "query": "\x1b[6n\x1b[c\x1bP$q q\x1b\\",
    "c1": "\x9b31mred\x9d0;owned\x9c",
    "string": "\x1bPtmux;\x1b\x1b]52;c;b3duZWQ=\x07\x1b\\",
    "markup": "[bold red]x[/] [/] [@click=app.quit]quit[/] [link=file:///etc/passwd]y[/link]",
    "bidi": "abc\u202egnp.exe\u2066x\u2069\u200f",
    "newline": "one\ntwo\r\nthree\rfour\u2028five\u2029six",
    "tab": "a\tb\t\tc",
    "backspace": "abc\x08\x08\x08xyz\x7f",
    "nul": "a\x01b\x02c\x1f",
    "long": "x" * 10_000,
    "wide": "実験名前テスト" * 20,
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈🇫🇷❤️👍🏽" * 4,
    "stacked": "Z" + "\u0351\u0300\u034f" * 60 + "algo",
    "zero": "a\u200b\u200c\u200d\ufeffb",
    "arabic": "تجربة النموذج",
    "surrogate": "\ud7ff\ue000\U000f0000",
    "empty": "",
    "blank": "   ",
}
"""What is tried -> the text that tries it."""


def hostile_store(original: Path, folder: Path) -> Path:
    """A copy of an MLflow 3 database with one experiment, run, param, tag and metric for each hostile text."""
    path = folder / "mlflow.db"
    shutil.copyfile(original, path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        find_home = "SELECT min(experiment_id) FROM experiments WHERE lifecycle_stage='active'"
        (home,) = connection.execute(find_home).fetchone()
        for place, (name, text) in enumerate(HOSTILE.items()):
            connection.execute(
                "INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time, "
                "last_update_time, workspace) VALUES (?, ?, ?, 'active', 1, 1, 'default')",
                (1000 + place, text + "\x1b[m" * (name == "empty") + str(place) * (name == "blank"), text),
            )
            connection.execute(
                "INSERT INTO experiment_tags (experiment_id, key, value) VALUES (1000 + ?, 'key' || ?, ?)",
                (place, text, text),
            )
            run = f"{place:032x}"
            connection.execute(
                "INSERT INTO runs (run_uuid, name, source_type, source_name, user_id, status, start_time, end_time, "
                "lifecycle_stage, artifact_uri, experiment_id) "
                "VALUES (?, ?, 'LOCAL', '', ?, 'FINISHED', ?, ?, 'active', ?, ?)",
                (run, text, text[:200], 1_700_000_000_000 + place, 1_700_000_100_000, text, home),
            )
            for table in ("params", "tags"):
                for key in ("plain", f"k{text[:200]}"):
                    connection.execute(f"INSERT INTO {table} (run_uuid, key, value) VALUES (?, ?, ?)", (run, key, text))
            for tag in ("mlflow.note.content", "mlflow.source.name", "mlflow.source.git.commit", "mlflow.user"):
                connection.execute("INSERT INTO tags (run_uuid, key, value) VALUES (?, ?, ?)", (run, tag, text))
            for key in ("loss", f"m{text[:200]}"):
                connection.execute("INSERT INTO latest_metrics VALUES (?, 0.5, 1, 1, 0, ?)", (key, run))
                connection.execute(
                    "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES (?, 0.5, 1, ?, 1, 0)",
                    (key, run),
                )
    return path
