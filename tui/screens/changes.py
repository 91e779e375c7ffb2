"""Changing the runs that are meant: what is asked for is looked at, agreed to, done, and can be taken back."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from textual.app import SuspendNotSupported

from store.errors import FlowdeckError
from tui.screens.layout import RUN, RUNS
from tui.screens.live import LiveScreen
from tui.view.cells import plural
from tui.view.text import clean

if TYPE_CHECKING:
    from store.changes import Change, Exactly
    from tui.changing import ChangeMade, ChangePlanned, NoteRead
    from tui.work import WorkEnded

GROUP: Final = "change"
"""The work that changes runs, one change at a time."""

TAGS: Final = "key=value sets a tag, -key deletes one; quotes as in a shell"
"""How tags are typed."""

MENU: Final = (
    ("tags", "Tags", "set and delete"),
    ("rename", "Name", "give another one"),
    ("note", "Note", "in your editor"),
    ("KILLED", "End as KILLED", "runs that only say that they are running"),
    ("FAILED", "End as FAILED", "runs that only say that they are running"),
    ("delete", "Delete", "can be restored"),
    ("restore", "Restore", "deleted runs"),
    ("undo", "Undo", "the last change of this session"),
)
"""What can be changed: id, name, and what it does."""


class ChangesScreen(LiveScreen):
    """Changes the runs that `targets` names."""

    _undo: Exactly | None = None
    """What takes the last change back."""
    _planning = False
    """True while it is looked what a change would do, which is asked about then."""

    def targets(self) -> Sequence[str]:
        """The ids of the runs that a change is meant for."""
        if not self.panes.prepared or self.level not in (RUNS, RUN):
            return ()
        if self.level == RUN and (run := self.run_pane.run_shown) is not None:
            return (run.run_id,)
        # While they are grouped, the cursor is on no run.
        return self.runs.marks if self.panes.grouped else self.runs.targets()

    # What is wanted

    def action_change(self, what: str = "") -> None:
        """Begins a change; which one is chosen from a list if it is not named."""
        if self._read_only:
            self.notify("read-only: nothing can be changed", severity="warning", markup=False)
        elif self._session.is_running(GROUP):
            self.notify("the change before is not done yet", severity="warning", markup=False)
        elif what == "undo":
            self._plan_undo()
        elif ids := self.targets():
            self._begin(what, ids)
        else:
            self.notify("go to a run first", severity="warning", markup=False)

    def _begin(self, what: str, ids: Sequence[str]) -> None:
        from store.changes import DeleteRuns, EndRuns, Rename, RestoreRuns
        from tui.view.changes import tags_from

        now = int(time.time() * 1000)
        if what == "delete":
            self._plan("Delete", DeleteRuns(now), ids)
        elif what == "restore":
            self._plan("Restore", RestoreRuns(), ids)
        elif what in ("KILLED", "FAILED"):
            self._plan(f"End as {what}", EndRuns(what, now), ids)
        elif what == "rename":
            run = self.runs.chosen if len(ids) == 1 else None
            name = run.run_name if run is not None and run.run_id == ids[0] else ""
            self._type("Rename", "", ids, Rename, name)
        elif what == "tags":
            self._type("Tags", TAGS, ids, tags_from)
        elif what == "note" and len(ids) > 1:
            self.notify("a note is written for one run: take the marks away first", severity="warning", markup=False)
        elif what == "note":
            from tui.changing import read_note

            self._session.read(GROUP, "reading the note", read_note, ids[0])
        else:
            self._choose()

    def _choose(self) -> None:
        from tui.screens.modals.picker import Choice, Picker

        def picked(what: str | None) -> None:
            if what is not None:
                self.action_change(what)

        self.app.push_screen(Picker("Change", [Choice(*entry) for entry in MENU]), picked)

    def _type(
        self, title: str, how: str, ids: Sequence[str], made: Callable[[str], Change], text: str = "", wrong: str = ""
    ) -> None:
        """Asks for the words of a change; `text` was typed before, and is `wrong` for that reason."""
        from tui.asking import Field, Question
        from tui.screens.modals.question import Ask

        def typed(answers: Sequence[str] | None) -> None:
            if answers is None:
                return
            try:
                change = made(answers[0])
            except FlowdeckError as error:
                # What was typed is mended, not typed anew.
                self._type(title, how, ids, made, answers[0], error.message)
                return
            self._plan(title, change, ids)

        lines = tuple(line for line in (wrong, how) if line)
        field = Field(f"{title.lower()}:", shown=True, text=text, replaced=not wrong)
        self.app.push_screen(Ask(Question(title, lines, (field,))), typed)

    def _plan_undo(self) -> None:
        if self._undo is None:
            self.notify("there is nothing to take back", severity="warning", markup=False)
        else:
            self._plan("Undo", self._undo, list(self._undo.edits))

    def on_note_read(self, message: NoteRead) -> None:
        """Opens the editor; the program waits until it ends."""
        from store.changes import SetTags
        from store.kinds import NOTE_TAG

        if "***" in message.text:
            self.notify("the note has a password in a URI, which is not shown: it cannot be edited here", markup=False)
            return
        from tui.editor import edited

        try:
            with self.app.suspend():
                text = edited(message.text)
        except SuspendNotSupported:
            self.notify("this terminal cannot be lent to an editor", severity="error", markup=False)
            return
        except FlowdeckError as error:
            self.notify(clean(error.message), severity="error", markup=False)
            return
        finally:
            self.app.refresh(layout=True)
        if text != message.text:
            self._plan("Note", SetTags(((NOTE_TAG, text),)), [message.run_id])

    # What it does, and what became of it

    def _plan(self, title: str, change: Change, ids: Sequence[str]) -> None:
        from tui.changing import plan

        if self._session.read(GROUP, "looking at the runs", plan, self._which.text, title, change, ids):
            self._planning = True
            self.status.doing(f"looking at {plural(len(ids), 'run')} to change")
            self.show_status()

    async def action_back(self) -> None:
        """A change that is not asked about yet is not wanted any more."""
        if self._planning and self._session.is_running(GROUP):
            self._session.cancel(GROUP)
            self._planned()
        else:
            await super().action_back()

    def _planned(self) -> None:
        self._planning = False
        self.status.doing()
        self.show_status()

    def change_ended(self, message: WorkEnded) -> None:
        """Nothing is looked at any more, also if that failed."""
        if message.group != GROUP or self._session.is_running(GROUP):
            return
        if self._planning:
            self._planned()
        self._hand_over()

    def on_change_planned(self, message: ChangePlanned) -> None:
        if not self._planning:
            return
        self._planned()
        from store.changes import Result, deletes
        from tui.changing import make
        from tui.screens.modals.change import Change

        def answered(agreed: bool | None) -> None:
            if agreed:
                self._session.start(GROUP, "changing the runs", make, self._which.text, message, told=True)
                self.show_status()

        results = {outcome.result for outcome in message.outcomes}
        asks = Result.CHANGED in results and Result.REFUSED not in results
        typed = any(deletes(outcome) for outcome in message.outcomes)
        self.app.push_screen(Change(message.title, message.outcomes, message.names, asks=asks, typed=typed), answered)

    def on_change_made(self, message: ChangeMade) -> None:
        from store.changes import Result, undo_of
        from tui.bindings import key_of
        from tui.screens.modals.change import Change
        from tui.view.changes import totals

        if (undo := undo_of(message.outcomes)) is not None:
            self._undo = undo
        whole = {outcome.result for outcome in message.outcomes} <= {Result.CHANGED, Result.UNCHANGED}
        if whole:
            self.notify(
                f"{message.title}: {totals(message.outcomes)}; {key_of(self, 'undo')} takes it back", markup=False
            )
        else:
            title = f"{message.title}: not all of it was done"
            self.app.push_screen(Change(title, message.outcomes, message.names, asks=False))
        self.action_refresh()
