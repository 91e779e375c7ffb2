"""Which lifecycle stages a list shows."""

from __future__ import annotations

from typing import Final

from store.kinds import ViewType

STAGES: Final = (ViewType.ACTIVE_ONLY, ViewType.DELETED_ONLY, ViewType.ALL)
"""In the order in which the key walks through them."""

STAGE_NAMES: Final = {ViewType.ACTIVE_ONLY: "", ViewType.DELETED_ONLY: "deleted only", ViewType.ALL: "with deleted"}
"""For titles; the usual one is not named."""
