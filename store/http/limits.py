"""How long and how much an MLflow server may answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

IN_FLIGHT: Final = 4
"""Requests that one store has under way at a time: an MLflow server has about as many workers, also for others."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of every request. Times are seconds, sizes are bytes."""

    connect: float = 10.0
    """Until a connection is there, TLS included."""
    read: float = 120.0
    """Until the next bytes come. MLflow's own client waits as long: sorting by a metric takes a server minutes."""
    whole: float = 600.0
    """Until an answer is complete; one that trickles on for ever ends here."""
    size: int = 512 * 2**20
    """Of one answer, unpacked. A page of the largest runs that MLflow accepts stays below."""
    probe: float = 20.0
    """As `read`, while a store is opened: those answers cost a server nothing."""
    attempts: int = 5
    """How often a request is made while the server is busy or connections break."""
    pause: float = 0.2
    """Before the second retry; doubled before each further one. The first retry of a broken connection comes at once:
    servers close idle connections."""
    patience: float = 15.0
    """The longest pause that a server may ask for by Retry-After."""
    memory: int = 64 * 2**20
    """About so much is spent on keeping the runs of the last search; the rest of a longer answer is asked for again."""
    fresh: float = 10.0
    """After a search's last page its runs count as current for so long: whoever searched reads them at once."""
