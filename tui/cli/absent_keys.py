"""Notes about what was named on a command line and no run has."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tui.cli import diagnostics, output

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from store.absent import Named
    from store.protocols import RunQuery, Store


def tell_absent(
    store: Store, query: RunQuery, named: Sequence[Named], *, found: bool, given: Mapping[str, Sequence[str]]
) -> None:
    """Says which keys of the question no run has: in the filter if it found nothing, and those `named` else that no
    run was seen to have. `given` are the texts of each option that named them.
    """
    filtered_out = bool(query.filter) and not found
    if not named and not filtered_out:
        return  # As nearly always: nothing is read, nothing imported.
    from store.absent import absent, named_by_filter
    from tui.cli.repeated import each_by_itself, is_key
    from tui.view.absence import absence

    if filtered_out:
        named = [*named_by_filter(query.filter), *named]
    if named:
        output.flush()
        for item in absent(store, named, query):
            texts = ((option, text) for option in given for text in given[option] if item.text in text)
            meant = next(filter(None, (each_by_itself(option, text, is_key) for option, text in texts)), "")
            told = f"{absence(replace(item, similar=()), query)}; {meant}" if meant else absence(item, query)
            diagnostics.note(("" if found else "0 runs; ") + told)
