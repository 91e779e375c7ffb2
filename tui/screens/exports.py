"""Writing what is on screen, and what stands behind it, to files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from tui.bindings import key_of
from tui.screens.changes import GROUP as CHANGE
from tui.screens.groups import GroupsScreen
from tui.screens.layout import GROUPS
from tui.view.cells import plural
from tui.view.text import clean
from tui.work import WorkEnded, WorkFailed

# What the first frame does not need is imported when something is exported.
if TYPE_CHECKING:
    from tui.exporting import Exported, Exporting, FileFound, RunsWish, Target
    from tui.screens.modals.compare import CompareScreen
    from tui.screens.modals.export import ExportChosen
    from tui.view.export_choice import ExportChoice
    from tui.view.run_columns import RunColumn
    from tui.view.sheet import Sheet

GROUP: Final = "export"
"""The work that writes a file, one at a time."""

RUNS: Final = "runs"
"""What files of runs are called."""

SEEN, LISTED, EVERYTHING, MARKED, GROUPED = "seen", "listed", "everything", "marked", "grouped"
"""What of the runs is exported."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be exported from where one is."""

    choices: Sequence[ExportChoice]
    name: Sequence[str]
    """What a file of it is called after, before the noun of the choice."""
    start: Callable[[str, Target], bool]
    """Starts writing the choice with this id; False if that cannot be done."""


class ExportsScreen(GroupsScreen):
    """Asks what is to be exported, and writes it while one goes on working."""

    _exported: Callable[[Target], bool] | None = None
    """Writes once more what was to be written last, to another target."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "export" and self.is_mounted:
            return self._can_export()
        return super().check_action(action, parameters)

    def _can_export(self) -> bool:
        """True if what has the focus is a list that was read."""
        pane = self.panes.focused_pane
        if pane in ("experiments", "card"):
            return self.experiments.was_read
        if pane in ("runs", GROUPS):
            return self.runs.answered
        return pane == "run" and self.run_pane.listed_pairs is not None

    @property
    def can_leave(self) -> bool:
        """Not while a file is written or runs are changed: another store that was chosen before waits for that."""
        return self._unfinished is None

    @property
    def _unfinished(self) -> str | None:
        """What would end without a word if the store was left."""
        if self._session.is_running(GROUP):
            return "a file is being written"
        return "runs are being changed" if self._session.is_running(CHANGE) else None

    def action_stores(self) -> None:
        """Not while leaving the store would end something without a word."""
        if self._unfinished is not None:
            told = f"{self._unfinished}: {key_of(self, 'cancel')} ends that"
            self.notify(told, severity="warning", markup=False, timeout=5)
        else:
            super().action_stores()

    def action_export(self) -> None:
        """Asks what of the list that has the focus is to be written, and where to."""
        if not self._can_export():
            return
        pane = self.panes.focused_pane
        if pane in ("runs", GROUPS):
            self._offer_runs()
        elif pane == "run":
            self._offer_run()
        else:
            self._offer_experiments()

    def _ask(self, offer: Offer) -> None:
        from tui.screens.modals.export import ExportScreen
        from tui.view.export import Format
        from tui.view.export_choice import proposed_name

        if self._session.is_running(GROUP):
            self.notify("the export before is not done yet", severity="warning", markup=False)
            return
        day = datetime.now().astimezone().strftime("%Y-%m-%d")
        names = [proposed_name((*offer.name, choice.noun), day, Format.CSV) for choice in offer.choices]
        self.app.push_screen(ExportScreen(offer.choices, names), lambda chosen: self._chosen(offer, chosen))

    def _chosen(self, offer: Offer, chosen: ExportChosen | None) -> None:
        from tui.exporting import Target

        if chosen is not None:
            self._exported = lambda target: offer.start(chosen.id, target)
            self._start(Target(chosen.path, chosen.format))

    def _start(self, target: Target) -> None:
        if self._exported is not None and self._exported(target):
            self.status.doing("exporting")
            self.show_status()

    # Runs

    def _offer_runs(self) -> None:
        """The runs, and where groups stand in their place, these too."""
        from tui.view.export_choice import ExportChoice
        from tui.view.group_sheet import group_sheet

        runs = self.runs
        view = runs.view
        if view is None:
            return
        seen, marks = runs.seen, runs.marks
        every = plural(len(runs.ids), "run") if runs.settled else f"more than {plural(len(runs.ids), 'run')}"
        these = _columns(runs.columns)
        choices = [
            ExportChoice(LISTED, "all that match", every, *these, noun=RUNS),
            ExportChoice(EVERYTHING, "all that match", every, "every param, metric and tag", noun=RUNS),
        ]
        if marks:
            choices.append(ExportChoice(MARKED, "those marked", plural(len(marks), "run"), *these, noun=RUNS))
        if not self.panes.grouped and seen.ids:
            shown = plural(len(seen.ids), "run"), *_columns(seen.columns)
            choices.insert(0, ExportChoice(SEEN, "what is on screen", *shown, noun=RUNS))
        ids = view.experiment_ids
        name = "all" if ids is None else " ".join(self._names.get(key, key) for key in ids)
        wishes: dict[str, RunsWish] = {one.id: self._wish(one.id) for one in choices}
        pane = self.panes.groups
        grouping, metrics, groups = pane.grouping, pane.columns, pane.listed
        if not self.panes.grouped or grouping is None:
            self._ask(Offer(choices, (name,), lambda key, target: self._write_runs(wishes[key], target)))
            return
        amount = plural(len(groups), "group")
        choices.insert(0, ExportChoice(GROUPED, "what is listed", amount, plural(len(metrics), "metric"), noun=GROUPS))

        def start(key: str, target: Target) -> bool:
            if key != GROUPED:
                return self._write_runs(wishes[key], target)
            return self._write_sheet(group_sheet(grouping.keys, metrics, groups), amount, target)

        self._ask(Offer(choices, (name,), start))

    def _wish(self, what: str) -> RunsWish:
        """What is to be read for one of the choices, as the list is now."""
        from tui.exporting import RunsWish
        from tui.view.column_fields import fields_of
        from tui.view.run_columns import keys_of

        runs, view = self.runs, self.runs.view
        assert view is not None
        seen = runs.seen
        columns = seen.columns if what == SEEN else runs.columns
        ids: Sequence[str] | None = runs.ids if runs.settled else None
        if what in (SEEN, MARKED):
            ids = seen.ids if what == SEEN else runs.marks
        wide = runs.keys is not None
        everything = what == EVERYTHING
        return RunsWish(
            ids,
            view.query,
            () if everything else fields_of(columns),
            self._names,
            keys_of(columns) if wide and not everything else None,
            wide,
        )

    def _write_runs(self, wish: RunsWish, target: Target) -> bool:
        from tui.exporting import export_runs

        return self._session.read(GROUP, "exporting the runs", export_runs, wish, target)

    # Other lists

    def on_compare_screen_export_wanted(self, message: CompareScreen.ExportWanted) -> None:
        """The comparison lies above this screen; what it shows is in memory."""
        from tui.view.compare_sheet import compare_sheet
        from tui.view.export_choice import ExportChoice

        compared, shown = message.comparison, message.rows
        rows = {SEEN: shown, LISTED: compared.rows}
        each = plural(len(compared.runs), "run")
        choices = [ExportChoice(SEEN, "what is listed", plural(len(shown), "key"), each)]
        if len(compared.rows) > len(shown):
            choices.append(ExportChoice(LISTED, "everything", plural(len(compared.rows), "key"), each))

        def start(key: str, target: Target) -> bool:
            sheet = compare_sheet(compared, rows[key], self._names)
            return self._write_sheet(sheet, plural(len(rows[key]), "key"), target)

        self._ask(Offer(choices, ("compared", "runs"), start))

    def _offer_run(self) -> None:
        """What is listed of the run."""
        from tui.view.export_choice import ExportChoice
        from tui.view.run_sheets import metrics_sheet, pairs_sheet

        run, found = self.run_pane.run_shown, self.run_pane.listed_pairs
        if run is None or found is None:
            return
        noun, keys = found
        amount = plural(len(keys), noun)
        if noun == "metric":
            sheet = metrics_sheet(run.metrics, self.run_pane.summaries, keys)
        else:
            sheet = pairs_sheet(run.params if noun == "param" else run.tags, keys, noun)
        self._ask(
            Offer(
                [ExportChoice(SEEN, "what is listed", amount)],
                (run.run_name or run.run_id[:8], f"{noun}s"),
                lambda _, target: self._write_sheet(sheet, amount, target),
            )
        )

    def _offer_experiments(self) -> None:
        """The experiments that are listed."""
        from tui.view.experiments_sheet import experiments_sheet
        from tui.view.export_choice import ExportChoice

        listed = self.experiments.listed
        amount = plural(len(listed), "experiment")
        sheet = experiments_sheet(listed, self._stats, stage=True)
        self._ask(
            Offer(
                [ExportChoice(SEEN, "what is listed", amount)],
                ("experiments",),
                lambda _, target: self._write_sheet(sheet, amount, target),
            )
        )

    def _write_sheet(self, sheet: Sheet[Any], amount: str, target: Target) -> bool:
        from tui.exporting import export_sheet

        self._session.start(GROUP, "exporting", export_sheet, sheet, amount, target)
        return True

    # What became of it

    def on_exporting(self, message: Exporting) -> None:
        if self._session.is_running(GROUP):
            self.status.doing(message.told)
            self.show_status()

    def on_exported(self, message: Exported) -> None:
        from tui.view.status import store_title

        self.notify(f"{message.told} written to {store_title(message.file)}", markup=False, timeout=8)

    def on_file_found(self, message: FileFound) -> None:
        from tui.asking import Question
        from tui.screens.modals.question import Ask

        def answered(answers: Sequence[str] | None) -> None:
            if answers is not None:
                self._start(replace(message.target, replaces=True))

        question = Question(
            "That file exists", (message.target.path,), yes="Yes, replace it", no="No, leave it as it is"
        )
        self.app.push_screen(Ask(question), answered)

    def export_ended(self, message: WorkEnded) -> None:
        """Nothing is written any more, unless something else is by now."""
        if message.group == GROUP and not self._session.is_running(GROUP):
            self.status.doing()
            self._hand_over()

    def export_failed(self, message: WorkFailed) -> None:
        """Tells it where it is seen, if something lies above this screen."""
        if message.group == GROUP and self.app.screen is not self:
            told = f"{message.error.message}\n{message.error.hint}"
            self.app.notify("\n".join(map(clean, told.splitlines())), severity="error", markup=False, timeout=8)


def _columns(columns: Sequence[RunColumn]) -> tuple[str, str]:
    """How many columns a file has, that of the name among them, and what it cannot have."""
    curves = sum(column.spark for column in columns)
    left_out = f"without {plural(curves, 'curve')}" if curves else ""
    return plural(1 + len(columns) - curves, "column"), left_out
