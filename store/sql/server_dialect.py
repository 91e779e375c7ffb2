"""What `store.sql.server` needs of one kind of server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import sqlalchemy as sa

from store.sql.server_errors import Meaning


class Dialect(Protocol):
    """What one kind of server needs."""

    name: str
    """SQLAlchemy's."""

    def engine_options(self) -> dict[str, Any]: ...

    def connect_arguments(self, driver: str, seconds: int) -> dict[str, Any]: ...

    def connect(self, driver: sa.Dialect, arguments: Sequence[Any], options: Mapping[str, Any]) -> Any: ...

    def prepare(self, driver_connection: Any, seconds: int) -> None: ...

    def begin(self, seconds: int) -> str: ...

    def stop(self, engine: sa.Engine, driver_connection: Any, cursor: Any) -> None: ...

    def descriptor(self, driver_connection: Any) -> int | None: ...

    def meaning(self, error: BaseException) -> Meaning: ...
