"""Work in threads for a screen: store calls in, messages out, nothing from work that was superseded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Condition, Event
from typing import Any

from textual.dom import DOMNode
from textual.message import Message
from textual.message_pump import MessagePump
from textual.worker import Worker, get_current_worker

from store.errors import Cancelled, FlowdeckError


@dataclass
class WorkFailed(Message):
    """A piece of work ended with an error that a user should see, or was called off by whom it asked: `Cancelled`."""

    group: str
    what: str
    """What was being done, as in `reading the runs`."""
    error: FlowdeckError


@dataclass
class WorkFault(Message):
    """A piece of work ended with an error that nobody foresaw."""

    error: Exception


@dataclass
class WorkEnded(Message):
    """A piece of work ended, well or not."""

    group: str
    cancel: Event
    """Tells it from the work that superseded it."""


def deliver(target: MessagePump, message: Message) -> bool:
    """Posts `message` from a worker's thread, unless that worker was superseded; False if it was.

    A thread is not stopped by `exclusive=True` or `Worker.cancel()`: without this it would still post.
    """
    if get_current_worker().is_cancelled:
        return False
    return target.post_message(message)


class Jobs:
    """The background work of one node, a piece at a time for each group of it."""

    def __init__(self, node: DOMNode) -> None:
        self._node = node
        self._cancels: dict[str, Event] = {}
        self._workers: dict[str, Worker[None]] = {}
        self._alive = 0
        self._ended = Condition()

    @property
    def running(self) -> list[str]:
        """The groups in which something is being done."""
        return list(self._cancels)

    def ended(self, message: WorkEnded) -> None:
        """To be called with every `WorkEnded`, which comes a moment before the thread is gone."""
        if self._cancels.get(message.group) is message.cancel:
            del self._cancels[message.group]

    def run(self, group: str, what: str, work: Callable[[Event], Any], *, told: bool = False) -> None:
        """Starts `work` in a thread and cancels what runs in its group.

        `work` gets the cancel event for its store calls and delivers its results itself. A `FlowdeckError`
        becomes a `WorkFailed`, which is told of cancelled work only if that is `told` in any case; any other exception
        is a fault of the program and ends it with a traceback.
        """
        self.cancel(group)
        cancel = Event()
        self._cancels[group] = cancel

        def thread() -> None:
            nonlocal work
            with self._ended:
                self._alive += 1
            try:
                work(cancel)
            except Cancelled as error:
                # Withdrawn is what the screen withdrew; otherwise a person was asked, and called it off.
                if not cancel.is_set():
                    deliver(self._node, WorkFailed(group, what, error))
            except FlowdeckError as error:
                failed = WorkFailed(group, what, error)
                if told:
                    self._node.post_message(failed)
                else:
                    deliver(self._node, failed)
            except Exception as error:
                # Nothing is swallowed, superseded or not: the App raises it again, in its own thread.
                self._node.post_message(WorkFault(error))
            finally:
                # Textual's worker and its task hold each other until somebody looks for garbage; not, too, the million
                # ids that were worked on.
                del work
                with self._ended:
                    self._alive -= 1
                    self._ended.notify_all()
                deliver(self._node, WorkEnded(group, cancel))

        self._workers[group] = self._node.run_worker(thread, name=what, group=group, thread=True, exit_on_error=False)

    def cancel(self, group: str) -> bool:
        """Ends the work of a group; True if there was any."""
        event, worker = self._cancels.pop(group, None), self._workers.pop(group, None)
        if event is None or worker is None:
            return False
        event.set()
        worker.cancel()
        return True

    def wait(self, seconds: float) -> bool:
        """Waits until no thread works any more, those that were cancelled included; not for the thread of the screen.

        False if some still do after so many seconds.

        What is cancelled before its thread began sees its cancel event first of all.
        """
        with self._ended:
            return self._ended.wait_for(lambda: self._alive == 0, seconds)

    def cancel_all(self) -> bool:
        """Ends all of it; True if there was any."""
        ended = [self.cancel(group) for group in list(self._cancels)]
        return any(ended)
