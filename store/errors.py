"""What can go wrong with a tracking store, as one tree of exceptions.

FlowdeckError               message + hint
├── StoreError              the store, a file or a host failed
│   ├── StoreNotFound       nothing is at that address
│   ├── NotAStore           something is there, but MLflow did not make it
│   ├── StoreCorrupt        it is damaged
│   ├── StoreBusy           locked, or a time-out ran out
│   ├── StoreUnreachable    a host or a network failed
│   ├── AccessDenied        the operating system or the server refuses
│   │   └── LoginRefused    a server does not take this user and password
│   │       └── PasswordWanted  and none was given
│   └── DriverMissing       a package for this kind of store is not installed
├── UsageError              the caller asked for something that cannot be meant
│   ├── UriError            the address cannot be understood
│   ├── FilterError         a filter or order_by expression is wrong; knows the column
│   ├── NotFound            no such experiment, run, metric or artifact
│   ├── Ambiguous           several runs or experiments answer to that name
│   └── Unsupported         this kind of store, or this schema, cannot do that
└── Cancelled               the caller withdrew the request
"""

from __future__ import annotations

from collections.abc import Sequence


class FlowdeckError(Exception):
    """A failure worth showing to a user: what was tried and found, and what to do.

    Neither text ever holds a secret: addresses are redacted before they get here.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        """One sentence: what was tried, what was found."""
        self.hint = hint
        """What the user can do about it; may be empty."""

    def __str__(self) -> str:
        return self.message


class StoreError(FlowdeckError):
    """The store, a file or a host failed."""


class StoreNotFound(StoreError):
    """Nothing is at that address; nothing was created there either."""


class NotAStore(StoreError):
    """Something is at that address, but it is not an MLflow store."""


class StoreCorrupt(StoreError):
    """The store is damaged."""


class StoreBusy(StoreError):
    """The store is locked by somebody else, or a time-out ran out."""


class StoreUnreachable(StoreError):
    """The host, or the way to it, failed."""


class AccessDenied(StoreError):
    """The operating system or the server refuses access."""


class LoginRefused(AccessDenied):
    """A server does not take this user and password."""


class PasswordWanted(LoginRefused):
    """A server wants a password, and none was given."""


class DriverMissing(StoreError):
    """A package that this kind of store needs is not installed; the hint is the install command."""


class UsageError(FlowdeckError):
    """The caller asked for something that cannot be meant."""


class UriError(UsageError):
    """The address of a store cannot be understood."""


class FilterError(UsageError):
    """A filter or order_by expression is wrong."""

    def __init__(
        self,
        message: str,
        *,
        text: str = "",
        position: int | None = None,
        length: int = 1,
        suggestions: Sequence[str] = (),
        hint: str = "",
    ) -> None:
        super().__init__(message, hint)
        self.text = text
        """The whole expression."""
        self.position = position
        """Zero-based offset in `text` of the first wrong character; None if no place is to blame."""
        self.length = length
        """Number of characters that are wrong."""
        self.suggestions = tuple(suggestions)
        """Words that could have been meant, best first."""

    def pointer(self) -> str:
        """The expression with a line of carets below the wrong part; empty if no place is known.

        Both lines are the same width on a terminal only for text without wide characters:
        the view layer draws its own for those.
        """
        if self.position is None:
            return ""
        return f"{self.text}\n{' ' * self.position}{'^' * max(1, self.length)}"


class NotFound(UsageError):
    """No such experiment, run, metric or artifact in this store."""


class Ambiguous(UsageError):
    """Several runs or experiments answer to that name."""


class Unsupported(UsageError):
    """This kind of store, or this schema, cannot do that."""


class Cancelled(FlowdeckError):
    """The caller withdrew the request; not an error to show."""

    def __init__(self, message: str = "cancelled") -> None:
        super().__init__(message)
