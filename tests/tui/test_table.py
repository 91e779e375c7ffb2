"""The table: a cursor that stays with its row, and only what is on screen is ever asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
from rich.cells import cell_len
from textual import events
from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.pilot import Pilot

from tests.tui.conftest import wait_for
from tui.themes import DARK, DEFAULTS
from tui.view.glyphs import UNICODE
from tui.view.table import Cell, Column, ListRows, Rows
from tui.view.text import clean
from tui.widgets.table import WHEEL_ROWS, Table
from tui.widgets.window import LINES_OF_KINDS, MEASURED

COLUMNS = (
    Column("name", "Name", least=8, most=20),
    Column("value", "Value", "right", least=6, most=10),
    *(Column(f"p{number}", f"Param {number}", least=8, most=12) for number in range(6)),
)


def rows(names: Sequence[str]) -> ListRows:
    return ListRows(
        COLUMNS,
        [
            (name, (Cell(clean(name), "name"), Cell(str(place)), *(Cell(f"v{number}") for number in range(6))))
            for place, name in enumerate(names)
        ],
    )


def numbered(count: int) -> ListRows:
    return rows([f"row-{number}" for number in range(count)])


class Million:
    """Rows that are made when they are asked for, and say how many were."""

    columns = COLUMNS

    def __init__(self, missing: range = range(0)) -> None:
        self.asked: list[int] = []
        self.missing = missing

    def __len__(self) -> int:
        return 1_000_000

    def cells(self, index: int) -> Sequence[Cell] | None:
        self.asked.append(index)
        if index in self.missing:
            return None
        return (Cell(f"row-{index}", "name"), Cell(str(index)), *(Cell(f"v{number}") for number in range(6)))

    def key(self, index: int) -> str:
        return str(index)

    def find(self, key: str) -> int | None:
        return int(key)


class Listener(Vertical):
    """What a table is in; keeps what it says. Messages sent while painting are never told to the screen's parent."""

    def __init__(self, table: Table) -> None:
        super().__init__(table)
        self.heard: list[Message] = []

    def on_table_moved(self, message: Table.Moved) -> None:
        self.heard.append(message)

    def on_table_opened(self, message: Table.Opened) -> None:
        self.heard.append(message)

    def on_table_wanted(self, message: Table.Wanted) -> None:
        self.heard.append(message)

    def on_table_scrolled(self, message: Table.Scrolled) -> None:
        self.heard.append(message)


class TableApp(App[None]):
    """A table and nothing else."""

    def __init__(self, table: Table) -> None:
        super().__init__()
        self.listener = Listener(table)
        self.register_theme(DARK)
        self.theme = DARK.name

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return DEFAULTS

    def compose(self) -> ComposeResult:
        yield self.listener

    def take(self, kind: type[Message]) -> list[Message]:
        """What was heard of one kind since the last time."""
        found = [message for message in self.listener.heard if isinstance(message, kind)]
        self.listener.heard.clear()
        return found


@asynccontextmanager
async def shown(
    content: Rows, size: tuple[int, int] = (60, 11), *, frozen: int = 1, empty: str = ""
) -> AsyncIterator[tuple[Pilot[None], Table, TableApp]]:
    """A table with a line of titles and `size[1] - 1` lines of rows."""
    table = Table(frozen=frozen, empty=empty)
    app = TableApp(table)
    async with app.run_test(size=size) as pilot:
        table.show(content)
        table.focus()
        await pilot.pause()
        app.listener.heard.clear()
        yield pilot, table, app


def lines(table: Table) -> list[str]:
    """What is on screen; every line is as wide as the table."""
    found = ["".join(segment.text for segment in table.render_line(y)) for y in range(table.size.height)]
    assert {cell_len(line) for line in found} == {table.size.width}
    return found


def names_on_screen(table: Table) -> list[str]:
    return [line[1:21].split()[0] for line in lines(table)[1:] if line[1:21].split()]


# Keys


async def test_arrows_and_vim_keys_move_the_cursor_and_stop_at_the_ends() -> None:
    async with shown(numbered(5)) as (pilot, table, app):
        await pilot.press("down", "j", "j")
        assert table.cursor == 3
        await pilot.press("up", "k", "k", "k", "up")
        assert table.cursor == 0
        await pilot.press("G", "j")
        assert table.cursor == 4
        assert table.key == "row-4"
        await pilot.press("home")
        assert table.cursor == 0
        moved = [message.index for message in app.take(Table.Moved) if isinstance(message, Table.Moved)]
        assert moved == [1, 2, 3, 2, 1, 0, 4, 0]


async def test_pages_and_half_pages_leave_a_line_of_the_page_before() -> None:
    async with shown(numbered(100), (60, 11)) as (pilot, table, _):
        await pilot.press("pagedown")
        assert table.cursor == 9
        await pilot.press("ctrl+f")
        assert table.cursor == 18
        await pilot.press("ctrl+d")
        assert table.cursor == 22
        await pilot.press("ctrl+u", "pageup", "ctrl+b")
        assert table.cursor == 0
        await pilot.press("end", "pagedown")
        assert table.cursor == 99


async def test_g_twice_goes_to_the_top_and_g_once_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("tui.widgets.twice.time", SimpleNamespace(monotonic=lambda: clock[0]))
    async with shown(numbered(50)) as (pilot, table, _):
        await pilot.press("G", "g")
        assert table.cursor == 49
        clock[0] += 5
        await pilot.press("g")
        assert table.cursor == 49
        await pilot.press("g")
        assert table.cursor == 0
        # The third press begins anew.
        await pilot.press("G", "g")
        assert table.cursor == 49


async def test_enter_opens_the_row_and_keys_do_no_harm_where_there_is_none() -> None:
    async with shown(numbered(3)) as (pilot, table, app):
        await pilot.press("down", "enter")
        (opened,) = app.take(Table.Opened)
        assert isinstance(opened, Table.Opened)
        assert (opened.index, opened.control) == (1, table)
        table.show(rows([]))
        await pilot.press("enter", "down", "G", "g", "g", "pagedown", "right")
        assert table.cursor == 0
        assert table.key is None


# Scrolling


async def test_the_cursor_is_always_on_screen() -> None:
    async with shown(numbered(200), (60, 8)) as (pilot, table, app):
        for key in ["down"] * 7 + ["pagedown"] * 2 + ["up"] * 9 + ["G", "up", "home"]:
            await pilot.press(key)
            assert table.cursor in table.on_screen
            assert f"row-{table.cursor}" in names_on_screen(table)
        assert app.take(Table.Scrolled)


async def test_a_step_over_the_edge_scrolls_several_lines_at_once() -> None:
    async with shown(numbered(100), (60, 11)) as (pilot, table, app):
        for _ in range(10):
            await pilot.press("down")
        first = table.on_screen.start
        assert first == 3
        app.listener.heard.clear()
        await pilot.press("down")
        assert table.on_screen.start == first
        assert app.take(Table.Scrolled) == []


async def test_the_wheel_scrolls_and_leaves_the_cursor() -> None:
    async with shown(numbered(100)) as (pilot, table, app):
        for kind, top in ((events.MouseScrollDown, 5), (events.MouseScrollDown, 10), (events.MouseScrollUp, 5)):
            table.post_message(kind(table, 1, 1, 0, 1, 0, False, False, False))
            await pilot.pause()
            assert table.on_screen.start == top
            assert len(app.take(Table.Scrolled)) == 1
        assert WHEEL_ROWS == 5
        assert table.cursor == 0
        for _ in range(3):
            table.post_message(events.MouseScrollUp(table, 1, 1, 0, -1, 0, False, False, False))
        await pilot.pause()
        assert table.on_screen.start == 0


async def test_the_scroll_bar_shows_where_one_is() -> None:
    async with shown(numbered(100), (60, 11)) as (pilot, table, _):
        bars = [[line[-1] == UNICODE.bar for line in lines(table)[1:]]]
        await pilot.press("G")
        bars.append([line[-1] == UNICODE.bar for line in lines(table)[1:]])
        assert bars == [[True] + [False] * 9, [False] * 9 + [True]]
        table.show(numbered(10))
        assert all(line[-1] == " " for line in lines(table)[1:])


async def test_a_click_on_the_bar_goes_there() -> None:
    async with shown(numbered(1000), (60, 11)) as (pilot, table, _):
        await pilot.click(Table, offset=(59, 10))
        assert table.cursor == 999
        await pilot.click(Table, offset=(59, 1))
        assert table.cursor == 0
        await pilot.click(Table, offset=(59, 5))
        assert 400 <= table.cursor <= 500


async def test_a_click_moves_and_a_second_one_opens() -> None:
    async with shown(numbered(5)) as (pilot, table, app):
        await pilot.click(Table, offset=(4, 3))
        assert table.cursor == 2
        assert app.take(Table.Opened) == []
        await pilot.click(Table, offset=(4, 3), times=2)
        assert len(app.take(Table.Opened)) == 1
        await pilot.click(Table, offset=(4, 0))
        await pilot.click(Table, offset=(4, 9))
        assert table.cursor == 2


# Sideways


async def test_frozen_columns_stay_while_the_others_scroll_sideways() -> None:
    async with shown(numbered(5), (40, 8)) as (pilot, table, _):
        assert lines(table)[0].split() == ["Name", "Value", "Param", "0", "Param", "1", "›"]
        await pilot.press("right")
        assert lines(table)[0].split()[:5] == ["‹Name", "Param", "0", "Param", "1"]
        assert lines(table)[0].endswith("›")
        await pilot.press("l", "l", "l", "l", "l", "l", "l")
        head = lines(table)[0]
        assert head.startswith("‹Name")
        # No further than the last column, and no mark that there is more.
        assert head.rstrip().endswith("Param 5")
        assert all(name.startswith("row-") for name in names_on_screen(table))
        for _ in range(9):
            await pilot.press("left")
        assert lines(table)[0].split() == ["Name", "Value", "Param", "0", "Param", "1", "›"]


async def test_every_column_can_be_reached_on_any_width() -> None:
    for width in (24, 75, 140):
        async with shown(numbered(3), (width, 6), frozen=2 if width > 40 else 1) as (pilot, table, _):
            seen = set()
            for _ in range(8):
                seen |= set(table.columns_on_screen)
                assert len(lines(table)) == 6
                await pilot.press("right")
            assert seen == set(range(len(COLUMNS))), width


@pytest.mark.parametrize("text", ["".join(f"{number:04}" for number in range(75)), "宽文字" * 80])
@pytest.mark.parametrize("width", [30, 60, 110])
async def test_a_long_last_column_is_read_to_its_end(text: str, width: int) -> None:
    columns = (Column("key", "Key", most=10), Column("value", "Value", least=10, most=2000))
    content = ListRows(columns, [("a", (Cell("a"), Cell(text))), ("b", (Cell("b"), Cell("short")))])
    async with shown(content, (width, 6)) as (pilot, table, _):
        start = lines(table)
        assert start[0].endswith("›")
        assert start[0][0] == " "
        seen = [start[1]]
        for _ in range(200):
            await pilot.press("right")
            if lines(table)[1] == seen[-1]:
                break
            seen.append(lines(table)[1])
            assert lines(table)[0].startswith("‹")
        assert seen[-1].rstrip().endswith(text[-8:])
        assert not lines(table)[0].endswith("›")
        # Every part of the text was on screen.
        assert all(any(text[place : place + 4] in line for line in seen) for place in range(len(text) - 4))
        for _ in range(len(seen)):
            await pilot.press("left")
        assert lines(table) == start


async def test_other_columns_start_at_the_left_again() -> None:
    async with shown(numbered(5), (40, 8)) as (pilot, table, _):
        await pilot.press("right", "right")
        table.show(numbered(6))
        assert lines(table)[0].startswith("‹")
        table.show(ListRows((Column("x", "X"),), [("a", (Cell("a"),))]))
        assert lines(table)[0].split() == ["X"]


async def test_narrow_tables_keep_every_line_in_their_width() -> None:
    for width in (1, 2, 3, 5, 9, 13):
        async with shown(rows(["中文名称-" * 9, "x" * 500, "\U0001f469" * 50]), (width, 6)) as (_, table, _app):
            assert len(lines(table)) == 6


# Alignment


async def test_values_stand_below_their_titles_whatever_the_names_are() -> None:
    names = [
        "plain",
        "中文名称",
        "한국어 이름",
        "\U0001f469\u200d\U0001f467 emoji ☁️",
        "e\u0301" * 10,
        "[bold]x[/]",
        "\x1b[31mred",
    ]
    async with shown(rows(names)) as (_, table, _app):
        title, *below = lines(table)
        end = cell_len(title[: title.index("Value") + len("Value")])
        for place, line in enumerate(below[: len(names)]):
            character = 0
            while cell_len(line[:character]) < end:
                character += 1
            assert line[:character].endswith(f" {place}"), line
        assert "[bold]x[/]" in below[5]
        assert "␛[31mred" in below[6]


async def test_a_column_is_as_wide_as_its_content_within_its_bounds() -> None:
    async with shown(rows(["a"])) as (_, table, _app):
        assert lines(table)[0].index("Value") == 1 + 8 + 2 + 1
        table.show(rows(["a" * 12]))
        assert lines(table)[0].index("Value") == 1 + 12 + 2 + 1
        table.show(rows(["a" * 500]))
        assert lines(table)[0].index("Value") == 1 + 20 + 2 + 1
        assert UNICODE.ellipsis in lines(table)[1]


# Other rows


async def test_the_cursor_stays_with_its_row_when_rows_come_and_go() -> None:
    async with shown(numbered(50), (60, 11)) as (pilot, table, _):
        await pilot.press("down", "down", "down")
        table.show(rows(["new-1", "new-2", *(f"row-{number}" for number in range(50))]))
        assert (table.key, table.cursor) == ("row-3", 5)
        table.show(rows([*(f"new-{number}" for number in range(300)), "row-3"]))
        assert (table.key, table.cursor) == ("row-3", 300)
        assert table.cursor in table.on_screen
        table.show(rows(["row-3"]))
        assert (table.key, table.cursor) == ("row-3", 0)
        assert table.on_screen == range(1)


async def test_a_row_that_is_gone_leaves_the_cursor_on_its_line() -> None:
    async with shown(numbered(9)) as (pilot, table, _):
        await pilot.press("down", "down", "down")
        table.show(rows(["a", "b", "c", "d", "e"]))
        assert table.key == "d"
        table.show(rows(["a", "b"]))
        assert table.key == "b"
        table.show(rows([]))
        assert table.key is None
        table.show(numbered(9), cursor=4)
        assert table.key == "row-4"
        table.show(numbered(9), cursor=400)
        assert table.key == "row-8"


async def test_an_empty_table_says_why() -> None:
    async with shown(rows([]), (30, 9), empty="no runs yet\nr reads again") as (_, table, _app):
        said = [line.strip() for line in lines(table) if line.strip()]
        assert said[1:] == ["no runs yet", "r reads again"]
        table.show(rows([]), empty="x" * 99)
        assert any(UNICODE.ellipsis in line for line in lines(table))
        table.show(numbered(1))
        assert "row-0" in lines(table)[1]


async def test_the_cursor_is_seen_with_and_without_focus() -> None:
    async with shown(numbered(5)) as (pilot, table, app):
        assert lines(table)[1].startswith("›")
        focused = table.render_line(1)
        app.set_focus(None)
        await pilot.pause()
        assert lines(table)[1].startswith(" ")
        styles = {segment.style.bgcolor for segment in table.render_line(1) if segment.style}
        assert styles != {segment.style.bgcolor for segment in table.render_line(2) if segment.style}
        assert styles != {segment.style.bgcolor for segment in focused if segment.style}


# A million rows


async def test_of_a_million_rows_only_those_near_the_screen_are_asked_for() -> None:
    content = Million()
    async with shown(content, (60, 11)) as (pilot, table, _):
        assert set(content.asked) <= set(range(MEASURED))
        content.asked.clear()
        await pilot.press("down")
        # Two lines are painted: the one that the cursor left, and the one that it is on.
        assert set(content.asked) <= set(range(10))
        assert len(content.asked) <= 20
        content.asked.clear()
        await pilot.press("G")
        assert table.key == "999999"
        assert names_on_screen(table)[-1] == "row-999999"
        assert set(content.asked) <= set(range(999_990, 1_000_000))
        content.asked.clear()
        await pilot.press("pageup", "home")
        assert len(content.asked) < 4 * (MEASURED + 20)


async def test_rows_that_are_not_loaded_are_asked_for_and_drawn_when_they_come() -> None:
    content = Million(missing=range(500, 1_000_000))
    async with shown(content, (60, 11)) as (pilot, table, app):
        assert app.take(Table.Wanted) == []
        await pilot.press("G")
        await pilot.pause()
        (wanted,) = app.take(Table.Wanted)
        assert isinstance(wanted, Table.Wanted)
        assert wanted.control is table
        assert table.on_screen == range(999_990, 1_000_000)
        assert set(lines(table)[3].split()) == {UNICODE.ellipsis, UNICODE.gap}
        content.missing = range(0)
        table.repaint()
        await pilot.pause()
        assert "row-999999" in lines(table)[-1]
        assert app.take(Table.Wanted) == []


async def test_a_row_that_never_comes_is_not_asked_for_by_painting() -> None:
    async with shown(Million(missing=range(1_000_000)), (60, 11)) as (pilot, table, app):
        for _ in range(3):
            table.repaint()
            await pilot.pause()
        assert app.take(Table.Wanted) == []
        # By what a user does it is.
        for act in (
            lambda: pilot.press("down"),
            lambda: pilot.press("pagedown"),
            lambda: pilot.resize_terminal(60, 12),
        ):
            await act()
            await pilot.pause()
            assert app.take(Table.Wanted)
        table.show(Million(missing=range(1_000_000)))
        await pilot.pause()
        assert app.take(Table.Wanted)


async def test_a_resized_table_keeps_the_cursor_on_screen_and_says_that_other_rows_are_shown() -> None:
    async with shown(numbered(100), (60, 21)) as (pilot, table, app):
        await pilot.press("pagedown")
        app.listener.heard.clear()
        await pilot.resize_terminal(60, 6)
        await pilot.pause()
        assert table.cursor == 19
        assert table.cursor in table.on_screen
        assert app.take(Table.Scrolled)
        await pilot.resize_terminal(60, 200)
        await pilot.pause()
        assert table.on_screen == range(100)


# Rows that come and go by themselves


async def test_rows_that_come_above_do_not_move_those_on_screen() -> None:
    async with shown(numbered(60)) as (pilot, table, _):
        await pilot.press("G", "k", "k")
        top, seen, key = table.on_screen.start, names_on_screen(table), table.key
        table.show(rows(["new-1", "new-2", *(f"row-{number}" for number in range(60))]))
        await pilot.pause()
        assert table.on_screen.start == top + 2
        assert (names_on_screen(table), table.key) == (seen, key)


async def test_at_the_top_new_rows_are_seen_and_the_cursor_stays_on_its_row() -> None:
    async with shown(numbered(60)) as (pilot, table, _):
        await pilot.press("down")
        table.show(rows(["new", *(f"row-{number}" for number in range(60))]))
        await pilot.pause()
        assert names_on_screen(table)[:3] == ["new", "row-0", "row-1"]
        assert (table.key, table.cursor) == ("row-1", 2)


async def test_a_cursor_at_the_lower_edge_keeps_its_line() -> None:
    async with shown(numbered(60)) as (pilot, table, _):
        await pilot.press(*["down"] * 9)
        seen = names_on_screen(table)
        table.show(rows(["new", *(f"row-{number}" for number in range(60))]))
        await pilot.pause()
        assert (names_on_screen(table), table.key) == (seen, "row-9")


async def test_whoever_scrolled_away_from_the_cursor_is_not_fetched_back() -> None:
    async with shown(numbered(60)) as (pilot, table, _):
        for _turn in range(4):
            table.post_message(events.MouseScrollDown(table, 1, 1, 0, 1, 0, False, False, False))
        await pilot.pause()
        seen = names_on_screen(table)
        assert table.cursor not in table.on_screen
        table.show(rows(["new", *(f"row-{number}" for number in range(60))]))
        await pilot.pause()
        assert names_on_screen(table) == seen
        assert table.key == "row-0"


async def test_columns_that_are_added_do_not_scroll_the_others() -> None:
    async with shown(numbered(5), size=(40, 8)) as (pilot, table, _):
        await pilot.press("right", "right")
        first = COLUMNS[table.columns_on_screen[1]].id
        wider = (*COLUMNS[:2], Column("added", "Added", least=8, most=8), *COLUMNS[2:])
        cells = (Cell("row-0"), Cell("1"), Cell("new"), *(Cell(f"v{number}") for number in range(6)))
        table.show(ListRows(wider, [("row-0", cells)]))
        await pilot.pause()
        assert wider[table.columns_on_screen[1]].id == first


# Kinds of columns


KINDS = (
    Column("name", "Name", least=8, most=20),
    Column("acc", "acc", "right", least=8, most=10, kind="metrics"),
    Column("loss", "loss", "right", least=8, most=10, kind="metrics"),
    Column("lr", "lr", least=8, most=10, kind="params"),
)


def of_kinds(count: int) -> ListRows:
    cells = (Cell("1"), Cell("2"), Cell("3"))
    return ListRows(KINDS, [(f"row-{number}", (Cell(f"row-{number}", "name"), *cells)) for number in range(count)])


async def test_where_there_is_room_a_line_says_of_what_kind_columns_are() -> None:
    async with shown(of_kinds(100), (60, LINES_OF_KINDS)) as (pilot, table, _):
        first, second, third = lines(table)[:3]
        assert first.rstrip() == " " + " " * 10 + "metrics " + UNICODE.rule * 10 + "  params " + UNICODE.rule
        assert second.split() == ["Name", "acc", "loss", "lr"]
        assert second.index("lr") == first.index("params")
        assert "row-0" in third
        assert len(table.on_screen) == LINES_OF_KINDS - 2
        # Rows are where they are drawn, for the keys and for the mouse.
        await pilot.press("end")
        assert "row-99" in lines(table)[-1]
        assert table.on_screen.stop == 100
        await pilot.press("home")
        await pilot.click(Table, offset=(4, 5))
        assert table.key == "row-3"
        await pilot.click(Table, offset=(4, 1))
        assert table.key == "row-3"
        await pilot.press("pagedown")
        assert table.cursor == 3 + LINES_OF_KINDS - 3


async def test_where_rows_need_every_line_kinds_are_told_by_the_titles_colour() -> None:
    async with shown(of_kinds(100), (60, LINES_OF_KINDS - 1)) as (pilot, table, _):
        assert lines(table)[0].split() == ["Name", "acc", "loss", "lr"]
        colours = {segment.text.strip(): segment.style.color for segment in table.render_line(0) if segment.style}
        assert colours["acc      loss"] != colours["lr"]
        await pilot.resize_terminal(60, LINES_OF_KINDS)
        await wait_for(pilot, lambda: "metrics" in lines(table)[0], "the line of kinds")
        table.show(numbered(100))
        assert lines(table)[0].split()[:2] == ["Name", "Value"]


# Columns that stay


@pytest.mark.parametrize(("columns", "held"), [(40, 1), (60, 2), (80, 4), (160, 4)])
async def test_columns_that_stay_give_way_where_nothing_could_be_seen_beside_them(columns: int, held: int) -> None:
    async with shown(numbered(30), (columns, 11)) as (pilot, table, _):
        table.frozen = 4
        table.repaint()
        await pilot.press(*["right"] * 9)
        seen = table.columns_on_screen
        assert seen[:held] == list(range(held))
        # The last column can always be reached, and read.
        assert seen[-1] == len(COLUMNS) - 1
        assert "v5" in lines(table)[1]
        assert "row-0" in lines(table)[1]
