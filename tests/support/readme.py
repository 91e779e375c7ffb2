"""The README's tables of keys and commands, made from the program's own.

`python -m tests.support.readme` writes them anew; a test fails when they differ.
"""

from __future__ import annotations

import re
from pathlib import Path

from tui.cli.commands import COMMANDS
from tui.keys import KEYS, shown_keys

README = Path(__file__).resolve().parents[2] / "README.md"


def key_table() -> str:
    """One row a key, in the order of the help."""
    rows = ["| where | keys | what they do | id |", "|---|---|---|---|"]
    for key in KEYS:
        keys = " ".join(f"`{one}`" for one in shown_keys(key).split())
        rows.append(f"| {key.place.value} | {keys} | {key.tooltip} | `{key.id}` |")
    return "\n".join(rows)


def command_table() -> str:
    rows = ["| command | does |", "|---|---|"]
    for command in COMMANDS.values():
        usage = command.usage.replace("|", "\\|")
        rows.append(f"| `{usage}` | {command.help} |")
    return "\n".join(rows)


def filled(text: str) -> str:
    """`text` with the content of its marked parts replaced by what the program says."""
    for name, content in (("keys", key_table()), ("commands", command_table())):
        text = re.sub(
            rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)",
            lambda found, c=content: f"{found[1]}{c}\n{found[2]}",
            text,
            flags=re.DOTALL,
        )
    return text


if __name__ == "__main__":
    README.write_text(filled(README.read_text(encoding="utf-8")), encoding="utf-8")
