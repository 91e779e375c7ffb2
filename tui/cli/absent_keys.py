"""Notes about what was named on a command line and no run has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.cli import diagnostics, output
from tui.run_reading import RunReading

if TYPE_CHECKING:
    from store.protocols import RunQuery, Store


def tell_absent(store: Store, query: RunQuery, reading: RunReading) -> None:
    """Says which keys of the question no run has: in the filter if it found nothing, in columns and order else, too."""
    named = reading.unseen()
    filtered_out = bool(query.filter) and not reading.ids
    if not named and not filtered_out:
        return  # As nearly always: nothing is read, nothing imported.
    from store.absent import absent, named_by_filter
    from tui.view.absence import absence

    if filtered_out:
        named = [*named_by_filter(query.filter), *named]
    if named:
        output.flush()
        for item in absent(store, named, query):
            diagnostics.note(("" if reading.ids else "0 runs; ") + absence(item, query))
