"""Notes about what was named on a command line and no run has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.cli import diagnostics, output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from store.absent import Named
    from store.protocols import RunQuery, Store


def tell_absent(store: Store, query: RunQuery, named: Sequence[Named], *, found: bool) -> None:
    """Says which keys of the question no run has: in the filter if it found nothing, and those `named` else that no
    run was seen to have.
    """
    filtered_out = bool(query.filter) and not found
    if not named and not filtered_out:
        return  # As nearly always: nothing is read, nothing imported.
    from store.absent import absent, named_by_filter
    from tui.view.absence import absence

    if filtered_out:
        named = [*named_by_filter(query.filter), *named]
    if named:
        output.flush()
        for item in absent(store, named, query):
            diagnostics.note(("" if found else "0 runs; ") + absence(item, query))
