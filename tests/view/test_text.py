"""A store's text on screen: nothing in it is obeyed, and it takes exactly the columns that it is given."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.support.terminal import _Screen as Screen
from tui.view.text import LONGEST, MARKS, clean, clean_lines, cut, cut_inside, fit, skip, width, wrapped

UNFIT = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Categories of characters that a terminal obeys, that reorder what is around them, or that nobody can show."""

FAMILY = "\U0001f469\u200d\U0001f469\u200d\U0001f467"
AWKWARD = {
    "Chinese": "中文测试",
    "Japanese": "データがぎ (が from parts: か\u3099)",
    "full and half width": "ＡＢＣ ｱｲｳ",
    "Hangul": "한국어",
    "Hangul in parts": unicodedata.normalize("NFD", "한국어"),
    "Hangul, lone parts": "\u1100\u1100 \u1161\u1161 \u11a8\u11a8 \u115f\u1160 \u3164 \uffa0 \ud7b0\ud7fb",
    "family": FAMILY,
    "emoji with a variation selector": "☁️ ❤️ ✔︎ 1️⃣",
    "skin tones": "\U0001f44d\U0001f3fd \U0001f3fd",
    "flags": "\U0001f1e9\U0001f1ea\U0001f1eb",
    "a flag of tags": "\U0001f3f4\U000e0067\U000e0062\U000e007f",
    "combining": unicodedata.normalize("NFD", "äöü é ñ ế"),
    "stacked": "z" + "\u0335\u0301" * 300 + "algo",
    "only marks": "\u0301" * 50,
    "marks on a wide character": "中\u0301\u0301文",
    "Thai": "ภาษาไทย น้ำ ก็",
    "Devanagari": "हिन्दी की",
    "Tamil": "தமிழ் கொ",
    "Arabic": "العَرَبِيَّة",
    "Hebrew": "שָׁלוֹם",
    "Tibetan": "བོད་སྐད",
    "bidi controls": "a\u202eb\u2066c\u2069\u200f",
    "one very wide ligature": "\ufdfd",
    "control": "a\x1b[31mb\x07\x00\x9b31m\x85",
    "lines": "a\nb\r\nc\td\u2028e\u2029f",
    "surrogate": "a\ud800b",
    "private and unassigned": "\ue000\U000f0000\u0378\uffff",
    "long": "x" * 10_000,
    "long and wide": "宽" * 10_000,
    "long and combining": "e\u0301" * 10_000,
    "Zalgo of one character": "a" + "\u0301\u0327" * 5_000,
}

texts = st.one_of(
    st.text(max_size=60),
    st.text(st.characters(categories=("Mn", "Me", "Mc", "Lo", "So", "Cf", "Cc", "Cs")), max_size=40),
    st.lists(st.sampled_from([*AWKWARD.values(), "\u0301", "\u200d", "\ufe0f", "a", " "]), max_size=3).map("".join),
)


def columns_moved(text: str, room: int) -> tuple[int, int]:
    """Where the cursor of a terminal stands after a text, written at the start of its first line."""
    screen = Screen(room, 3)
    screen.draw(text)
    return screen.cursor.x, screen.cursor.y


def is_fit_to_show(text: str) -> bool:
    return not any(unicodedata.category(character) in UNFIT for character in text)


@given(texts)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    shown = clean(text)
    assert is_fit_to_show(shown)
    assert is_fit_to_show(clean(shown))
    # What has no width of its own always stands on something that has.
    assert not shown or cell_len(shown[0]) > 0
    assert re.search(r"[\u200d\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]", shown) is None


@given(text=texts, columns=st.integers(0, 50), align=st.sampled_from(["left", "right", "center"]))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_any_text_fits_any_width_exactly(text: str, columns: int, align: str) -> None:
    shown = fit(clean(text), columns, align)
    assert cell_len(shown) == width(shown) == columns
    assert columns_moved(shown, columns + 1) == (columns, 0)
    assert width(cut(clean(text), columns)) <= columns
    assert width(cut_inside(clean(text), columns)) <= columns
    assert width(fit(clean(text), columns, ends=True)) == columns


@pytest.mark.parametrize("text", AWKWARD.values(), ids=AWKWARD.keys())
def test_awkward_text_is_as_wide_in_a_terminal_as_it_is_measured(text: str) -> None:
    shown = clean(text)
    assert is_fit_to_show(shown)
    for columns in (1, 2, 7, 20, 33):
        fitted = fit(shown, columns)
        assert cell_len(fitted) == columns
        assert columns_moved(fitted, columns + 1) == (columns, 0)


def test_every_character_that_exists_is_fit_to_show_or_replaced() -> None:
    # Above the first two planes are ideographs and what is private or unassigned: a sample is enough.
    for code in (
        *range(0x20000),
        *range(0x20000, 0xE0000, 97),
        *range(0xE0000, 0xE0200),
        *range(0xF0000, 0x110000, 97),
    ):
        shown = clean(chr(code))
        assert is_fit_to_show(shown), hex(code)
        # Ten columns: a ligature may be drawn wider, but a terminal never gives a character more than two.
        assert cell_len(shown) in (0, 1, 2), hex(code)
        assert shown == "" or cell_len(shown) > 0, hex(code)


def test_controls_are_seen_and_not_obeyed() -> None:
    assert clean("a\nb\r\tc\x7f") == "a↵b␍⇥c␡"
    assert clean("\x1b[31mred\x1b]52;c;AAAA\x07") == "␛[31mred␛]52;c;AAAA␇"
    assert clean("\x9b31m \u202egnp.exe\u2028") == "�31m �gnp.exe�"
    assert clean("a\u00a0b\u3000c") == "a b c"


def test_markup_stays_what_it_is() -> None:
    for text in ("[bold red]x[/]", "[link=file:///etc/passwd]y[/link]", "$primary", "\\[x]", "[@click=app.quit]z[/]"):
        assert clean(text) == text
        assert fit(clean(text), 60).rstrip() == text


def test_pictures_of_several_characters_become_characters_of_known_width() -> None:
    assert clean(FAMILY) == "\U0001f469\U0001f469\U0001f467"
    assert clean("\U0001f44d\U0001f3fd!") == "\U0001f44d!"
    assert clean("\U0001f1e9\U0001f1ea") == "DE"
    assert clean("☁️") == "☁"


def test_marks_are_composed_and_bounded() -> None:
    assert clean("e\u0301") == "é"
    assert clean(unicodedata.normalize("NFD", "한국어 が")) == "한국어 が"
    assert clean("x" + "\u0335" * 300) == "x" + "\u0335" * MARKS
    assert clean("\u0301a") == "◌\u0301a"
    assert clean("a\u0301\u0301b") == "á\u0301b"
    # Removed characters neither carry marks nor separate them from their character.
    assert clean("\u200d\u0335") == "◌\u0335"
    assert clean("x" + "\u0335\u200d" * 300) == "x" + "\u0335" * MARKS


def test_written_languages_are_left_alone() -> None:
    for text in ("ภาษาไทย น้ำ", "हिन्दी की", "தமிழ்", "العَرَبِيَّة", "བོད་སྐད", "Việt ngữ", "日本語", "Ελληνικά", "Привет"):
        assert clean(text) == unicodedata.normalize("NFC", text)


def test_ten_thousand_stacked_marks_take_no_time() -> None:
    # Marks of falling classes are the worst case of sorting them; thirty such cells are a screen.
    shown = [clean("a" + "\u0345\u0301\u0327\u0334" * 25_000) for _ in range(3)]
    assert {len(text) for text in shown} <= set(range(2, MARKS + 2))


def test_what_does_not_fit_ends_in_an_ellipsis() -> None:
    assert cut("abcdef", 6) == "abcdef"
    assert cut("abcdef", 5) == "abcd…"
    assert cut("abcdef", 1) == "…"
    assert cut("abcdef", 0) == ""
    assert cut("中文字", 5) == "中文…"
    assert cut("中文字", 4) == "中…"
    assert fit("中文字", 4) == "中… "
    # Marks stay with the character that they stand on.
    assert cut("ab\u0335cd", 3) == "ab\u0335…"
    assert len(cut("x" * (LONGEST + 5), 20_000)) == LONGEST


def test_lines_break_between_words_and_words_only_where_they_must() -> None:
    assert wrapped("one two three", 7) == ["one two", "three"]
    assert wrapped("", 7) == [""]
    assert wrapped("abcdefgh ij", 3) == ["abc", "def", "gh", "ij"]
    assert wrapped("a 中文字符 b", 5) == ["a", "中文", "字符", "b"]
    assert wrapped("ab\u0335cd\u0335", 2) == ["ab\u0335", "cd\u0335"]
    assert wrapped("中文", 1) == ["中文"]


@given(text=texts, columns=st.integers(2, 30))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_wrapped_lines_fit_and_lose_nothing(text: str, columns: int) -> None:
    shown = clean(text)
    lines = wrapped(shown, columns)
    assert max(map(width, lines)) <= columns
    assert "".join(lines).replace(" ", "") == shown.replace(" ", "")


def test_a_long_text_without_blanks_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at = 0

    def counted(text: str) -> int:
        nonlocal looked_at
        looked_at += len(text)
        return cell_len(text)

    monkeypatch.setattr("tui.view.text.cell_len", counted)
    assert len(wrapped("宽" * 100_000, 60)) == 3_334
    assert looked_at < 300_000


def test_what_is_skipped_leaves_an_ellipsis_and_the_columns_of_the_rest() -> None:
    assert skip("abcdef", 0) == "abcdef"
    assert skip("abcdef", 2) == "…def"
    assert skip("中文字", 2) == "… 字"
    assert skip("中文字", 1) == "…文字"
    assert skip("abc", 3) == ""
    for columns in range(1, 9):
        assert width(skip("ab中文de", columns)) == max(0, 8 - columns)


def test_alignment_puts_the_space_where_it_belongs() -> None:
    assert fit("ab", 5) == "ab   "
    assert fit("ab", 5, "right") == "   ab"
    assert fit("ab", 5, "center") == " ab  "
    assert fit("中", 5, "right") == "   中"
    assert fit("", 3) == "   "


@given(st.text(max_size=80))
@settings(max_examples=80, deadline=None, derandomize=True)
def test_lines_of_a_note_are_clean_one_by_one(text: str) -> None:
    lines = clean_lines(text)
    assert all(is_fit_to_show(line) for line in lines)
    assert len(lines) == len(re.split(r"\r\n|\r|\n", text))


def test_tabs_in_notes_are_spaces() -> None:
    assert clean_lines("a\tb\r\nc\rd\n") == ["a   b", "c", "d", ""]


def test_both_ends_are_kept_where_they_tell_more() -> None:
    assert cut_inside("abcdef", 6) == "abcdef"
    assert cut_inside("abcdefgh", 7) == "abc…fgh"
    assert cut_inside("abcdefgh", 4) == "a…gh"
    assert cut_inside("abcdefgh", 2) == "a…"
    assert cut_inside("abcdefgh", 0) == ""
    assert cut_inside("中文字中文字", 6) == "中…字"
    # A mark does not change over to the ellipsis.
    assert cut_inside("abcde\u0335fg", 4) == "a…fg"
    assert cut_inside(f"a{'x' * LONGEST}b", 5) == "ax…xb"
    assert fit("abcdefgh", 5, ends=True) == "ab…gh"
