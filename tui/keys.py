"""The one table of key bindings: dispatch, footer, help, palette and README are drawn from it."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tui.view.glyphs import GLYPHS


class Place(enum.StrEnum):
    """Where a key works; the titles of the help."""

    EVERYWHERE = "everywhere"
    LISTS = "in every list"
    NAMES = "in lists of names"
    EXPERIMENTS = "experiments"
    RUNS = "runs"
    PROMPT = "writing a filter"
    GROUPS = "groups of runs"
    GROUPING = "choosing groups"
    COLUMNS = "choosing columns"
    COMPARE = "comparing runs"
    RUN = "run"
    CHART = "chart"


@dataclass(frozen=True, slots=True)
class Key:
    """One thing that can be done, and the keys that do it."""

    id: str
    """Stable: the configuration file rebinds by it."""
    keys: tuple[str, ...]
    """Textual's names, the first one shown in the footer."""
    action: str
    """Textual action of the widget or screen that the place stands for."""
    label: str
    """One or two words for the footer."""
    sentence: str
    """For the help; `{ID}` stands for the first key of another entry."""
    place: Place
    rank: int = 0
    """Order in the footer, highest first; 0 is never in the footer."""

    @property
    def tooltip(self) -> str:
        """The sentence with the keys that the program comes with."""
        return explained(self)


KEYS: Final[tuple[Key, ...]] = (
    Key("help", ("question_mark", "f1"), "app.help", "help", "Show every key, searchable.", Place.EVERYWHERE, 90),
    Key(
        "palette",
        ("colon", "ctrl+p"),
        "app.command_palette",
        "commands",
        "Find and run any command by name.",
        Place.EVERYWHERE,
        30,
    ),
    Key("quit", ("q",), "app.quit", "quit", "Quit.", Place.EVERYWHERE, 85),
    Key(
        "cancel",
        ("ctrl+c",),
        "app.cancel",
        "cancel",
        "Cancel what is running; if nothing is, close what lies above, else quit.",
        Place.EVERYWHERE,
    ),
    Key("back", ("escape",), "back", "back", "Go back: one layer at a time.", Place.EVERYWHERE, 70),
    Key("experiments", ("1",), "level(0)", "experiments", "Go to the experiments.", Place.EVERYWHERE),
    Key("runs", ("2",), "level(1)", "runs", "Go to the runs.", Place.EVERYWHERE),
    Key("run", ("3",), "level(2)", "run", "Go to the run.", Place.EVERYWHERE),
    Key("chart", ("4",), "level(3)", "chart", "Go to the chart.", Place.EVERYWHERE),
    Key("next_pane", ("tab",), "pane(1)", "next pane", "Focus the next pane that is on screen.", Place.EVERYWHERE),
    Key("previous_pane", ("shift+tab",), "pane(-1)", "previous pane", "Focus the previous pane.", Place.EVERYWHERE),
    Key(
        "refresh",
        ("r",),
        "refresh",
        "refresh",
        "Read the store again; the cursor stays where it is.",
        Place.EVERYWHERE,
        40,
    ),
    Key(
        "live",
        ("R",),
        "live",
        "live",
        "Live mode on or off: what changes in the store is shown by itself; the cursor stays where it is.",
        Place.EVERYWHERE,
        39,
    ),
    Key(
        "redraw",
        ("ctrl+l",),
        "app.redraw",
        "redraw",
        "Paint everything again, after something else wrote to the terminal.",
        Place.EVERYWHERE,
    ),
    Key(
        "suspend",
        ("ctrl+z",),
        "app.suspend_process",
        "suspend",
        "Back to the shell, where fg comes here again.",
        Place.EVERYWHERE,
    ),
    Key(
        "theme",
        ("T",),
        "app.next_theme",
        "theme",
        "Next theme: dark, light, safe for colour-blind eyes, terminal colours.",
        Place.EVERYWHERE,
    ),
    Key("stores", ("t",), "stores", "stores", "Go to another store.", Place.EVERYWHERE, 12),
    Key("copy_id", ("y",), "copy_id", "copy id", "Copy the id of what the cursor is on.", Place.EVERYWHERE, 20),
    Key(
        "copy_value",
        ("Y",),
        "copy_value",
        "copy value",
        "Copy the value, or the artifact URI, of what the cursor is on.",
        Place.EVERYWHERE,
    ),
    Key(
        "change",
        ("W",),
        "change",
        "change",
        "Change the run: tags, name, note, end, delete, restore; nothing is done before it is confirmed.",
        Place.EVERYWHERE,
        11,
    ),
    Key(
        "export",
        ("e",),
        "export",
        "export",
        "Write what the list shows, or all that matches, to a file: csv, json, ndjson, markdown or parquet.",
        Place.EVERYWHERE,
        37,
    ),
    Key("note", ("E",), "change('note')", "note", "Write the run's note in $EDITOR.", Place.EVERYWHERE),
    Key("delete", ("delete",), "change('delete')", "delete", "Delete the run, after a typed word.", Place.EVERYWHERE),
    Key("restore", ("U",), "change('restore')", "restore", "Restore the run that was deleted.", Place.EVERYWHERE),
    Key("undo", ("u",), "change('undo')", "undo", "Take the last change back, after a look at it.", Place.EVERYWHERE),
    Key("up", ("up", "k"), "move(-1)", "up", "Up.", Place.LISTS),
    Key("down", ("down", "j"), "move(1)", "down", "Down.", Place.LISTS),
    Key("left", ("left", "h"), "side(-1)", "left", "Columns to the left.", Place.LISTS),
    Key("right", ("right", "l"), "side(1)", "right", "Columns to the right.", Place.LISTS),
    Key("page_up", ("pageup", "ctrl+b"), "page(-1.0)", "page up", "Up by a page.", Place.LISTS),
    Key("page_down", ("pagedown", "ctrl+f"), "page(1.0)", "page down", "Down by a page.", Place.LISTS),
    Key("half_up", ("ctrl+u",), "page(-0.5)", "half up", "Up by half a page.", Place.LISTS),
    Key("half_down", ("ctrl+d",), "page(0.5)", "half down", "Down by half a page.", Place.LISTS),
    Key("top", ("home",), "top", "first", "To the first row; so does {g}{g}.", Place.LISTS),
    Key("bottom", ("end", "G"), "bottom", "last", "To the last row.", Place.LISTS),
    Key("g", ("g",), "g", "gg", "Twice: to the first row.", Place.LISTS),
    Key("open", ("enter",), "open", "open", "Open what the cursor is on.", Place.LISTS, 100),
    Key(
        "find", ("slash",), "find", "find", "Find by name as you type; {back} shows everything again.", Place.NAMES, 80
    ),
    Key(
        "goto",
        ("number_sign",),
        "goto",
        "go to",
        "Go to a row by its number, or to a share of the list: 1200, 75%.",
        Place.NAMES,
    ),
    Key(
        "all_runs", ("A",), "all_runs", "all runs", "Show the runs of every experiment together.", Place.EXPERIMENTS, 10
    ),
    Key("find_too", ("f",), "find", "find", "The same as {find}: filters are for runs.", Place.EXPERIMENTS),
    Key("stage", ("V",), "screen.next_stage", "deleted", "Show active, deleted or all experiments.", Place.EXPERIMENTS),
    Key(
        "filter",
        ("f",),
        "filter",
        "filter",
        "Filter by words or by an expression: metrics.rmse < 0.8 or params.depth > 6.",
        Place.RUNS,
        75,
    ),
    Key(
        "jump",
        ("J",),
        "jump",
        "jump",
        "Jump to a run by a part of its name or the beginning of its id; all rows stay.",
        Place.RUNS,
    ),
    Key("next_hit", ("n",), "hit(1)", "next hit", "The next run that {jump} found.", Place.RUNS),
    Key("previous_hit", ("N",), "hit(-1)", "previous hit", "The previous run that {jump} found.", Place.RUNS),
    Key("sort", ("s",), "sort", "sort", "Choose what the runs are sorted by.", Place.RUNS, 60),
    Key(
        "sort_more", ("o",), "sort_more", "then by", "Choose what runs that are equal so far are sorted by.", Place.RUNS
    ),
    Key("reverse", ("S",), "reverse", "reverse", "Turn the order round.", Place.RUNS),
    Key("compare", ("c",), "screen.compare", "compare", "Show the marked runs side by side.", Place.RUNS, 53),
    Key("mark", ("space",), "mark", "mark", "Mark the run, or take its mark away.", Place.RUNS, 52),
    Key("mark_range", ("v",), "mark_range", "mark to", "Mark all runs from the last mark to here.", Place.RUNS),
    Key("mark_all", ("ctrl+a",), "mark_all", "mark all", "Mark all runs of the list, or none of them.", Place.RUNS),
    Key("unmark", ("M",), "unmark", "no marks", "Take all marks away.", Place.RUNS),
    Key("columns", ("C",), "columns", "columns", "Choose the columns.", Place.RUNS, 55),
    Key(
        "varying",
        ("x",),
        "varying",
        "differing",
        "Only columns in which the runs differ, or all again.",
        Place.RUNS,
        50,
    ),
    Key(
        "views",
        ("w",),
        "screen.views",
        "views",
        "Go to a view that has a name, or give this one a name.",
        Place.RUNS,
        45,
    ),
    Key(
        "copy_command",
        ("ctrl+y",),
        "screen.copy_command",
        "copy command",
        "Copy the command that prints this view.",
        Place.RUNS,
    ),
    Key("runs_stage", ("V",), "next_stage", "deleted", "Show active, deleted or all runs.", Place.RUNS),
    Key("nested", ("B",), "nested", "nested", "Show runs below their parents, or one after the other.", Place.RUNS, 47),
    Key("fold", ("minus",), "fold", "fold", "Hide what is below the run, or show it again.", Place.RUNS),
    Key("fold_all", ("asterisk",), "fold_all", "fold all", "Hide what is below every run, or show all.", Place.RUNS),
    Key(
        "group",
        ("b",),
        "group",
        "group",
        "Group the runs by params, tags or dataset; seeds and folds are found.",
        Place.RUNS,
        48,
    ),
    Key("offer_next", ("tab",), "offer(1)", "offers", "Choose the next of what can come here.", Place.PROMPT, 80),
    Key("offer_previous", ("shift+tab",), "offer(-1)", "previous offer", "Choose the one before.", Place.PROMPT),
    Key(
        "prompt_down",
        ("down",),
        "line(1)",
        "down",
        "Down what is offered; in the filters of before, to the next one.",
        Place.PROMPT,
    ),
    Key(
        "prompt_up",
        ("up",),
        "line(-1)",
        "up",
        "Up what is offered; where nothing is chosen, to the filter that was used before.",
        Place.PROMPT,
    ),
    Key(
        "prompt_search",
        ("ctrl+r",),
        "search",
        "used before",
        "Search the filters that were used in this store.",
        Place.PROMPT,
        60,
    ),
    Key(
        "prompt_take",
        ("enter",),
        "take",
        "take",
        "Take what is chosen; where nothing is, show the runs that match the filter.",
        Place.PROMPT,
    ),
    Key(
        "prompt_close",
        ("escape",),
        "close",
        "back",
        "Close what is offered, then the prompt; the filter stays as it was.",
        Place.PROMPT,
        70,
    ),
    Key("group_mark", ("space",), "group_mark", "mark", "Mark the runs of the group.", Place.GROUPS, 52),
    Key("group_sort", ("s",), "group_sort", "rank by", "Choose what groups are ranked by.", Place.GROUPS, 60),
    Key("group_reverse", ("S",), "group_reverse", "reverse", "Turn the order round.", Place.GROUPS),
    Key("group_fold", ("minus",), "group_fold", "fold", "Hide or show the parts of the group.", Place.GROUPS, 51),
    Key("group_choose", ("b",), "group_choose", "group", "Choose what runs are grouped by.", Place.GROUPS, 48),
    Key("grouping_toggle", ("space",), "grouping_toggle", "by this", "Group by it, or not.", Place.GROUPING),
    Key(
        "grouping_level",
        ("plus",),
        "grouping_level",
        "below",
        "Group by it within the groups of the keys before, or together with them.",
        Place.GROUPING,
    ),
    Key("grouping_none", ("0",), "grouping_none", "no groups", "Show the runs, not groups.", Place.GROUPING),
    Key("column_toggle", ("space",), "column_toggle", "show/hide", "Show or hide the column.", Place.COLUMNS),
    Key("column_up", ("K", "shift+up"), "column_move(-1)", "up", "Move the column to the left.", Place.COLUMNS),
    Key("column_down", ("J", "shift+down"), "column_move(1)", "down", "Move the column to the right.", Place.COLUMNS),
    Key("column_narrower", ("less_than_sign",), "column_size(-1)", "narrower", "Narrower.", Place.COLUMNS),
    Key("column_wider", ("greater_than_sign",), "column_size(1)", "wider", "Wider.", Place.COLUMNS),
    Key("column_fit", ("equals_sign",), "column_size(0)", "fit", "As wide as its values.", Place.COLUMNS),
    Key(
        "column_freeze",
        ("F",),
        "column_freeze",
        "freeze",
        "Keep this column and those before it in sight, or none.",
        Place.COLUMNS,
    ),
    Key(
        "column_aggregate",
        ("a",),
        "column_aggregate",
        "best/min",
        "What is shown of a metric: latest, best, min, max, first, mean.",
        Place.COLUMNS,
    ),
    Key("column_step", ("at",), "column_step", "at step", "A metric's value at a step.", Place.COLUMNS),
    Key("column_spark", ("p",), "column_spark", "curve", "A metric's curve, or its value.", Place.COLUMNS),
    Key("column_double", ("plus",), "column_double", "another", "Another column of this metric.", Place.COLUMNS),
    Key("column_direction", ("d",), "column_direction", "better", "Say whether more of it is better.", Place.COLUMNS),
    Key("column_reset", ("0",), "column_reset", "reset", "The columns that tell most, again.", Place.COLUMNS),
    Key("compare_next", ("n",), "compare_run(1)", "next run", "The next run.", Place.COMPARE),
    Key("compare_previous", ("N",), "compare_run(-1)", "previous run", "The previous run.", Place.COMPARE),
    Key(
        "compare_baseline",
        ("B",),
        "compare_baseline",
        "baseline",
        "Measure the other runs against this one.",
        Place.COMPARE,
    ),
    Key("compare_all", ("x",), "compare_all", "all", "Only what differs, or everything.", Place.COMPARE),
    Key("compare_find", ("slash",), "compare_find", "find", "Find keys as you type.", Place.COMPARE),
    Key(
        "compare_export",
        ("e",),
        "compare_export",
        "export",
        "Write the comparison to a file: csv, json, ndjson, markdown or parquet.",
        Place.COMPARE,
    ),
    Key("compare_copy_id", ("y",), "compare_copy_id", "copy id", "Copy the id of the run.", Place.COMPARE),
    Key(
        "compare_copy_value", ("Y",), "compare_copy_value", "copy value", "Copy what the run has there.", Place.COMPARE
    ),
    Key("find_here", ("f",), "find", "find", "The same as {find}: filters are for lists of runs.", Place.RUN),
    Key(
        "next_tab",
        ("right_square_bracket",),
        "tab(1)",
        "next tab",
        "Next tab: metrics, params, tags, data, overview.",
        Place.RUN,
        65,
    ),
    Key("previous_tab", ("left_square_bracket",), "tab(-1)", "previous tab", "Previous tab.", Place.RUN, 64),
    Key("axis", ("a",), "axis", "x axis", "Next x axis: step, relative time, wall time.", Place.CHART, 78),
    Key("log", ("L",), "log", "log", "Next log scale: off, y, x, both.", Place.CHART, 77),
    Key("metric", ("m",), "metric", "metric", "Pick the metric from a list.", Place.CHART, 74),
    Key("next_metric", ("n",), "other_metric(1)", "next", "The next metric of this run.", Place.CHART, 76),
    Key("previous_metric", ("N",), "other_metric(-1)", "previous", "The previous metric of this run.", Place.CHART),
    Key("full", ("z",), "full", "full screen", "Show the focused pane alone, or all again.", Place.EVERYWHERE, 15),
)
"""Every binding, in the order of the help."""

BY_ID: Final[Mapping[str, Key]] = {key.id: key for key in KEYS}

_SHOWN: Final = {
    "question_mark": "?",
    "colon": ":",
    "slash": "/",
    "number_sign": "#",
    "right_square_bracket": "]",
    "left_square_bracket": "[",
    "escape": "Esc",
    "enter": "Enter",
    "tab": "Tab",
    "shift+tab": "Shift+Tab",
    "delete": "Delete",
    "pageup": "PageUp",
    "pagedown": "PageDown",
    "home": "Home",
    "end": "End",
    **dict(zip(("up", "down", "left", "right"), GLYPHS.arrows, strict=True)),
    "space": "Space",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "equals_sign": "=",
    "plus": "+",
    "minus": "-",
    "asterisk": "*",
    "at": "@",
    "f1": "F1",
}


def shown(key: str) -> str:
    """A key's name for people: `^d` for `ctrl+d`."""
    if key in _SHOWN:
        return _SHOWN[key]
    return f"^{key[5:]}" if key.startswith("ctrl+") else key


def shown_keys(key: Key, keymap: Mapping[str, str] | None = None) -> str:
    """All keys of an entry for people, separated by spaces, as the user's keymap has them."""
    keys = tuple(keymap[key.id].split(",")) if keymap and key.id in keymap else key.keys
    return " ".join(shown(one.strip()) for one in keys)


def first_key(entry: str, keymap: Mapping[str, str] | None = None) -> str:
    """The first key of an entry for people, for texts that name it."""
    return shown_keys(BY_ID[entry], keymap).partition(" ")[0]


def explained(key: Key, keymap: Mapping[str, str] | None = None) -> str:
    """An entry's sentence, in which the keys of other entries are those of the user's keymap."""
    return re.sub(r"\{(\w+)\}", lambda found: first_key(found[1], keymap), key.sentence)


def at(place: Place) -> tuple[Key, ...]:
    return tuple(key for key in KEYS if key.place is place)
