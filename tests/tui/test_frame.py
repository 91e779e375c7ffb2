"""Only what differs is sent, and the terminal looks as if everything had been."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from tests.support import terminal
from tui.frame import JOINED, Frame, cells
from tui.view.text import clean, fit

COLUMNS, LINES = 24, 4

CONSOLE = Console(force_terminal=True, color_system="truecolor", width=COLUMNS, height=LINES)

STYLES = [
    Style(),
    Style(color="#ff0000"),
    Style(color="#00ff00", bgcolor="#000080"),
    Style(bold=True),
    Style(bgcolor="#202020", reverse=True),
    Style(underline=True, italic=True),
]

MARKS = [*"\u0301\u0335\u0e47\u0940"]
CLUSTERS = [
    *("a", "b", "c", " ", "é", "…", "☁", "中", "文", "한", "\U0001f469", "\U0001f44d"),
    *("e\u0301", "x\u0335\u0301", "中\u0301", "ก\u0e47", "क\u0940"),
]

Line = list[tuple[str, Style]]

texts = st.lists(st.sampled_from(CLUSTERS), max_size=COLUMNS).map("".join).map(clean)
lines = st.lists(st.tuples(texts, st.sampled_from(STYLES)), min_size=1, max_size=4)
screens = st.lists(lines, min_size=LINES, max_size=LINES)


def strip(pieces: Line, columns: int = COLUMNS) -> Strip:
    """A line that is exactly as wide as the screen."""
    return Strip([Segment(text, style) for text, style in pieces]).adjust_cell_length(columns, STYLES[0])


def layout(screen: Sequence[Line], x: int = 0, y: int = 0, columns: int = COLUMNS) -> LayoutUpdate:
    return LayoutUpdate([[strip(line, columns)] for line in screen], Region(x, y, columns, len(screen)))


def chops(screen: Sequence[Line], cuts: Sequence[int], first: int, last: int) -> ChopsUpdate:
    """Every line cut into parts, of which Textual wants those between two columns painted."""
    edges = [0, *sorted({cut for cut in cuts if 0 < cut < COLUMNS}), COLUMNS]
    ends = edges[1:]
    parts = []
    for line in screen:
        whole = strip(line)
        parts.append({x: without_first_marks(whole.crop(x, end)) for x, end in zip(edges, ends, strict=False)})
    return ChopsUpdate(parts, [(y, first, last) for y in range(len(screen))], [ends for _ in screen])


def without_first_marks(part: Strip) -> Strip:
    """Cut off from their character they would be stacked on it once more whenever the part is painted."""
    first, *rest = part
    return Strip([Segment(first.text.lstrip("".join(MARKS)), first.style), *rest], part.cell_length)


class Shown:
    """A terminal that only emulates; wider than what is painted, because the emulation puts a mark after the last
    column on the next line.
    """

    def __init__(self) -> None:
        self._emulator = terminal._Emulator(COLUMNS + 2, LINES)
        self.sent = 0

    def send(self, update: object) -> str:
        assert isinstance(update, CompositorUpdate)
        data = update.render_segments(CONSOLE)
        self._emulator.feed(data.encode())
        self.sent += len(data)
        return data

    @property
    def content(self) -> list[list[tuple[object, ...]]]:
        """Character, colours and attributes of every cell."""
        return [[tuple(self._emulator.screen.buffer[y][x]) for x in range(COLUMNS)] for y in range(LINES)]

    @property
    def text(self) -> list[str]:
        return ["".join(str(cell[0]) for cell in line) for line in self.content]


updates = st.one_of(
    screens.map(layout),
    st.builds(
        lambda screen, x, y, columns: layout(screen[: LINES - y], x, y, min(columns, COLUMNS - x)),
        screens,
        st.integers(0, COLUMNS - 1),
        st.integers(0, LINES - 1),
        st.integers(1, COLUMNS),
    ),
    st.builds(
        lambda screen, cuts, edges: chops(screen, cuts, min(edges), max(edges)),
        screens,
        st.lists(st.integers(1, COLUMNS - 1), max_size=4),
        st.tuples(st.integers(0, COLUMNS), st.integers(0, COLUMNS)),
    ),
)


@given(st.lists(updates, min_size=1, max_size=6), st.integers(0, 5))
@settings(max_examples=50, deadline=None, derandomize=True)
def test_the_terminal_looks_as_if_every_update_had_been_sent_whole(sequence: list[CompositorUpdate], lost: int) -> None:
    frame, whole, reduced = Frame(), Shown(), Shown()
    for place, update in enumerate(sequence):
        if place == lost:
            frame.forget()
        whole.send(update)
        reduced.send(frame.reduced(update))
        assert reduced.content == whole.content


@given(screens, screens)
@settings(max_examples=30, deadline=None, derandomize=True)
def test_what_is_shown_already_is_not_sent_again(first: list[Line], second: list[Line]) -> None:
    frame, shown = Frame(), Shown()
    shown.send(frame.reduced(layout(first)))
    assert shown.send(frame.reduced(layout(first))) == ""
    shown.send(frame.reduced(layout(second)))
    assert shown.send(frame.reduced(layout(second))) == ""


def test_unchanged_content_is_zero_bytes_however_it_comes() -> None:
    screen: list[Line] = [[("plain 中文 text", STYLES[1]), (" and more", STYLES[2])]] * LINES
    frame, shown = Frame(), Shown()
    assert shown.send(frame.reduced(layout(screen)))
    # The same cells in other segments, and in parts.
    split: list[Line] = [
        [("plain ", STYLES[1]), ("中文 text", STYLES[1]), (" and", STYLES[2]), (" more", STYLES[2])]
    ] * LINES
    assert shown.send(frame.reduced(layout(split))) == ""
    assert shown.send(frame.reduced(chops(screen, [3, 15], 0, COLUMNS))) == ""


def test_what_cannot_be_seen_of_a_style_is_not_sent() -> None:
    frame, shown = Frame(), Shown()
    shown.send(frame.reduced(layout([[("text", Style(color="#ff0000", meta={"offset": (0, 1)}))]])))
    assert shown.send(frame.reduced(layout([[("text", Style(color="#ff0000", meta={"offset": (5, 5)}))]]))) == ""
    assert shown.send(frame.reduced(layout([[("text", Style(color="#0000ff", meta={"offset": (5, 5)}))]])))


def test_after_forgetting_everything_is_sent() -> None:
    screen: list[Line] = [[("one", STYLES[1])], [("two", STYLES[0])]]
    frame, shown = Frame(), Shown()
    first = shown.send(frame.reduced(layout(screen)))
    frame.forget()
    assert shown.send(frame.reduced(layout(screen))) == first
    assert "one" in first
    assert "two" in first


def test_something_else_than_an_update_is_sent_as_it_is_and_makes_everything_unknown() -> None:
    frame, shown = Frame(), Shown()
    screen: list[Line] = [[("one", STYLES[0])]]
    first = shown.send(frame.reduced(layout(screen)))
    other = Text("other")
    assert frame.reduced(other) is other
    assert shown.send(frame.reduced(layout(screen))) == first
    assert frame.reduced(None) is None


def test_what_was_reduced_but_never_sent_is_not_taken_for_shown() -> None:
    frame, shown = Frame(), Shown()
    frame.reduced(layout([[("one", STYLES[0])]]))
    assert "one" in shown.send(frame.reduced(layout([[("one", STYLES[0])]])))


def sent_for(before: str, after: str) -> str:
    """What a change of a line costs; it is shown afterwards."""
    frame, shown = Frame(), Shown()
    shown.send(frame.reduced(layout([[(before, STYLES[0])]])))
    data = shown.send(frame.reduced(layout([[(after, STYLES[0])]])))
    assert shown.text[0].rstrip() == unicodedata.normalize("NFC", after).rstrip()
    return data


def test_a_change_costs_the_cells_that_differ() -> None:
    assert sent_for("status: RUNNING of 3", "status: RUNNING of 4") == "\x1b[1;20H4"
    assert sent_for("a" + " " * (JOINED + 1) + "b", "x" + " " * (JOINED + 1) + "y").count("H") == 2
    assert sent_for("a" + " " * (JOINED - 1) + "b", "x" + " " * (JOINED - 1) + "y").count("H") == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("中文x", "a文x"),
        ("ab文x", "中文x"),
        ("中文x", " 中文"),
        ("x中", "x文"),
        ("中a", "a中"),
        ("中文中文中文", "文中文中文中"),
        ("a中b", "a  b"),
        ("a  b", "a中b"),
        ("é中", "e中"),
        ("中\u0335a", "中a"),
        ("中a", "中\u0335a"),
        ("\U0001f469\U0001f469x", "\U0001f44d\U0001f469x"),
        ("文" * 12, "中" * 12),
    ],
)
def test_wide_characters_are_sent_whole(before: str, after: str) -> None:
    sent_for(before, after)


def test_marks_belong_to_the_character_and_not_to_its_second_column() -> None:
    assert [text for text, _ in cells(Strip([Segment("a中\u0335b\u0301")]))] == ["a", "中\u0335", "", "b\u0301"]
    assert [text for text, _ in cells(Strip([Segment("中"), Segment("\u0335b")]))] == ["中\u0335", "", "b"]


def test_cells_are_as_many_as_a_strip_measures() -> None:
    # What a user types into a field is not cleaned.
    for text in ("☁\ufe0f!", "\U0001f469\u200d\U0001f467 x", "e\u0301", "\u0301a", "1\ufe0f\u20e3"):
        assert len(cells(Strip([Segment(text)]))) == Strip([Segment(text)]).cell_length


def test_a_terminal_that_draws_a_character_wider_or_narrower_has_the_rest_in_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Emoji in one column, and vowel signs with a column of their own, as some terminals have them."""
    plain = terminal.wcwidth

    def other(character: str) -> int:
        if ord(character) >= 0x1F000:
            return 1
        return 1 if unicodedata.category(character) == "Mc" else plain(character)

    monkeypatch.setattr(terminal, "wcwidth", other)
    monkeypatch.setattr("pyte.screens.wcwidth", other)
    frame, shown = Frame(), Shown()
    names = ["हिन्दी की", "\U0001f469\U0001f44d ok", "中文 \U0001f469", "plain"]
    shown.send(frame.reduced(layout([[(fit(clean(name), 12), STYLES[1]), ("| 0.25 |", STYLES[0])] for name in names])))
    assert [[cell[0] for cell in line[12:20]] for line in shown.content] == [list("| 0.25 |")] * LINES


def test_ideographs_are_sent_in_one_piece() -> None:
    assert sent_for("", "中文测试 한국어").count("H") == 1


def test_colours_of_a_line_that_moved_come_along() -> None:
    frame, shown, whole = Frame(), Shown(), Shown()
    rows: list[Line] = [[(f"row {number} 中", STYLES[number % len(STYLES)])] for number in range(12)]
    for top in range(8):
        update = layout(rows[top : top + LINES])
        shown.send(frame.reduced(update))
        whole.send(update)
        assert shown.content == whole.content
