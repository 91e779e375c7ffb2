"""What is told in passing is told once."""

from __future__ import annotations

from time import monotonic

from textual.app import App
from textual.notifications import Notification, SeverityLevel


class Notices(App[int]):
    """Shows a notice only if the same one is not on screen."""

    def __init__(self) -> None:
        super().__init__()
        self._told: dict[tuple[str, str], float] = {}
        """Text and severity of a notice -> until when it is on screen, in seconds of `monotonic`."""

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Tells something in passing; what is on screen already is not told once more."""
        lasts = self.NOTIFICATION_TIMEOUT if timeout is None else timeout
        now = monotonic()
        self._told = {told: until for told, until in self._told.items() if until > now}
        if (message, severity) not in self._told:
            self._told[message, severity] = now + lasts
            super().notify(message, title=title, severity=severity, timeout=timeout, markup=markup)

    def _unnotify(self, notification: Notification, refresh: bool = True) -> None:
        # Textual's way in which a notice goes away, by itself or because somebody clicked on it.
        self._told.pop((notification.message, notification.severity), None)
        super()._unnotify(notification, refresh)

    def clear_notifications(self) -> None:
        self._told.clear()
        super().clear_notifications()
