"""What becomes of every failure, whichever way the program was entered: a message and an exit code."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable

from store.errors import Cancelled, FlowdeckError, StoreError


def traceback_wanted() -> bool:
    """True if `FLOWDECK_DEBUG` asks for the place of an unexpected error."""
    return bool(os.environ.get("FLOWDECK_DEBUG"))


def guarded(work: Callable[[], int], wanted: Callable[[], bool] = traceback_wanted) -> int:
    """Runs `work`; its exit code, or that of the failure that ended it. `wanted` is asked then: show a traceback?

    What tells a failure is imported when there is one.
    """
    try:
        return work()
    except BrokenPipeError:
        from tui.cli import output

        output.close_quietly()
        return 0
    except (KeyboardInterrupt, Cancelled):
        from tui.cli.diagnostics import ExitCode

        return ExitCode.INTERRUPTED
    except FlowdeckError as error:
        from tui.cli import diagnostics

        return diagnostics.report(error)
    except Exception as error:
        from tui.cli import diagnostics

        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return diagnostics.report(
                StoreError("the output cannot be written: No space left on device", "write it elsewhere")
            )

        return diagnostics.report_unexpected(error, traceback=wanted())
