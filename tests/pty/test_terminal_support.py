"""The pseudo-terminal of the tests, tried on a small Textual program and on plain output."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.terminal import (
    INITIAL_MODES,
    Terminal,
    key_sequence,
    kitty_key_sequence,
    raw_control_sequences,
)

pytestmark = pytest.mark.pty

APP = """
from textual.app import App
from textual.widgets import Static

class Small(App):
    CSS = "#click { background: rgb(1,2,3); width: 9; } Static { width: 100%; height: auto; }"
    keys = ""

    def compose(self):
        yield Static("wide: 漢字 é ❤️ end")
        yield Static("click me!", id="click")
        yield Static(f"size {self.size.width}x{self.size.height}", id="size")
        yield Static("keys:", id="keys", markup=False)

    def on_key(self, event):
        self.keys += f" {event.key}"
        self.query_one("#keys", Static).update(f"keys:{self.keys}")
        if event.key == "q":
            self.exit(return_code=7)
        elif event.key == "x":
            raise RuntimeError("as asked")
        elif event.key == "y":
            self.copy_to_clipboard("copied")
            self.bell()

    def on_paste(self, event):
        self.query_one("#keys", Static).update(f"pasted: {event.text!r}")

    def on_click(self, event):
        self.query_one("#keys", Static).update(f"clicked {event.screen_x},{event.screen_y}")

    def on_resize(self, event):
        self.query_one("#size", Static).update(f"size {event.size.width}x{event.size.height}")

Small().run()
raise SystemExit(7)
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    path = tmp_path_factory.mktemp("terminal") / "small.py"
    path.write_text(APP)
    return [sys.executable, str(path)]


@pytest.fixture
def terminal(program: list[str]) -> Iterator[Terminal]:
    with Terminal(program, columns=60, rows=12) as terminal:
        terminal.wait_for("keys:")
        terminal.wait_for(lambda: 2004 in terminal.modes)
        yield terminal


def shell(script: str, **options: object) -> Terminal:
    return Terminal(["/bin/sh", "-c", script], **options)  # type: ignore[arg-type]  # the names are those of Terminal


def test_a_program_paints_and_takes_keys_mouse_paste_and_size(terminal: Terminal) -> None:
    assert terminal.alternate_screen
    assert terminal.modes >= {1000, 1003, 1004, 1006, 1049, 2004}
    assert not terminal.modes & {7, 25}
    assert terminal.keyboard == 25
    assert terminal.line_discipline_changed

    terminal.press("j", "G", "enter", "ctrl+c", "shift+tab", "pagedown", "f1", "escape", "up", "ctrl+right")
    terminal.type("a b")
    wanted = "keys: j G enter ctrl+c shift+tab pagedown f1 escape up ctrl+right a space b"
    terminal.wait_for(lambda: wanted in " ".join(terminal.text().split()))

    terminal.paste("two\nlines")
    terminal.wait_for(r"pasted: 'two\nlines'")

    x, y = terminal.find("click me!") or (-1, -1)
    assert (x, y) == (0, 1)
    assert terminal.cell(x, y).bg == "010203"
    assert terminal.cell(20, y).bg != "010203"
    terminal.click(x + 3, y)
    terminal.wait_for("clicked 3,1")

    terminal.resize(100, 30)
    terminal.wait_for("size 100x30")
    assert len(terminal.lines()) == 30
    assert b"\x1b[?2026h" in terminal.log, "the answer to the synchronized-output query did not arrive"
    assert raw_control_sequences(terminal.settled_log) == []


def test_wide_characters_take_two_cells(terminal: Terminal) -> None:
    assert terminal.lines()[0].startswith("wide: 漢字 é ❤")
    assert terminal.find("字") == (8, 0)
    assert terminal.cell(6, 0).data == "漢"
    assert terminal.cell(7, 0).data == ""


def test_the_terminal_is_restored_on_quit(terminal: Terminal) -> None:
    assert not terminal.restored
    terminal.press("q")
    assert terminal.wait_exit() == 7
    assert terminal.restored
    assert terminal.modes - {1049} == INITIAL_MODES
    assert not terminal.running


def test_a_program_that_fails_or_is_ended_is_told_apart(program: list[str]) -> None:
    with Terminal(program) as terminal:
        terminal.wait_for("keys:")
        terminal.press("x")
        with pytest.raises(AssertionError, match=r"(?s)ended before 'never seen' was seen.*RuntimeError: as asked"):
            terminal.wait_for("never seen")
        terminal.wait_exit()
        assert "RuntimeError" in terminal.text()

    with Terminal(program) as terminal:
        terminal.wait_for("keys:")
        terminal.terminate(signal.SIGKILL)
        assert terminal.wait_exit() == -signal.SIGKILL
        assert terminal.alternate_screen
        assert not terminal.restored
        with pytest.raises(AssertionError, match="has ended"):
            terminal.press("j")


def test_traffic_is_counted(terminal: Terminal) -> None:
    terminal.wait_quiet(0.5)
    with terminal.measure() as idle:
        time.sleep(0.1)
    assert (idle.size, idle.chunks) == (0, 0)
    with terminal.measure() as key:
        pressed = terminal.press("j")
        seen = terminal.wait_for("keys: j")
        terminal.wait_quiet(0.1)
    assert 10 < key.size < 1000
    assert len(key.data) == key.size
    assert pressed < seen <= terminal.chunks[-1][0]
    assert terminal.bytes_received == len(terminal.log) == sum(len(data) for _, data in terminal.chunks)


def test_copies_and_bells_are_seen(terminal: Terminal) -> None:
    terminal.press("y")
    terminal.wait_for(lambda: terminal.bells == 1)
    assert "OSC 52;c;Y29waWVk" in terminal.strings
    assert {finding.kind for finding in raw_control_sequences(terminal.log)} == {"OSC 52", "BEL"}
    assert raw_control_sequences(terminal.log, allow=("OSC 52", "BEL")) == []


def test_a_terminal_with_the_kitty_protocol(program: list[str]) -> None:
    with Terminal(program, kitty=True) as terminal:
        terminal.wait_for("keys:")
        terminal.wait_for(lambda: terminal.keyboard == 25)
        terminal.press("j", "G", "enter", "ctrl+c", "escape", "shift+tab", "space", "left")
        terminal.wait_for("keys: j G enter ctrl+c escape shift+tab space left")
        terminal.press("q")
        assert terminal.wait_exit() == 7
        assert terminal.restored


def test_the_environment_is_clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEAKED", "yes")
    script = 'env | sort; pwd; stty size; test -z "$(ls -A $HOME)" && echo empty home; tty; exit 3'
    with shell(script, columns=100, rows=30, env={"EXTRA": "1"}, cwd=tmp_path) as terminal:
        assert terminal.wait_exit() == 3
        text = terminal.text()
        home = terminal.find("HOME=")
    for wanted in ("TERM=xterm-256color", "COLORTERM=truecolor", "LANG=C.UTF-8", "EXTRA=1", "30 100", "empty home"):
        assert wanted in text
    assert str(tmp_path) in text
    assert "/dev/pts/" in text
    assert "LEAKED" not in text
    assert home is not None


def test_queries_are_answered() -> None:
    # Each answer is read in raw mode up to its last character and shown without its ESC.
    ask = "ask() { printf \"$1\"; head -c $2 | tr -d '\\033'; printf '\\r\\n'; }"
    queries = [
        ("\\033[3;5H\\033[6n", 6, "[3;5R"),
        ("\\033[c", 9, "[?62;22c"),
        ("\\033[5n", 4, "[0n"),
        ("\\033[?2026$p", 11, "[?2026;2$y"),
        ("\\033[?2048$p", 11, "[?2048;0$y"),
        ("\\033[?25$p", 9, "[?25;1$y"),
        ("\\033[?u", 5, "[?0u"),
        ("\\033[18t", 10, "[8;24;80t"),
        ("\\033]11;?\\007", 24, "]11;rgb:0000/0000/0000"),
        ("\\033[>q", 20, "P>|terminal.py(1)"),
    ]
    calls = "; ".join(f"ask '{query}' {length}" for query, length, _ in queries)
    with shell(f"stty raw -echo; {ask}; {calls}; echo done", kitty=True) as terminal:
        terminal.wait_for("done")
        lines = terminal.text()
    for _, _, answer in queries:
        assert answer in lines


def test_sequences_the_emulation_does_not_draw_are_harmless() -> None:
    unknown = (
        r"\033[>1u\033[<u\033]52;c;YWJj\007\033[?2026h\033[?2026l\033[>4;1m\033P1$r0m\033\\"
        r"\033Ptmux;\033\033]52;c;YQ==\007\033\\\033_Gi=1;AAAA\033\\\033[4:3m\033[38:2::1:2:3m\033[0m\033(B\033[?1015h"
    )
    with shell(f"printf 'left{unknown}right'") as terminal:
        terminal.wait_exit()
        assert terminal.text().strip() == "leftright"
        assert [string.split(";")[0] for string in terminal.strings] == ["OSC 52", "DCS 1$r0m", "DCS tmux", "APC Gi=1"]


def test_sequences_and_characters_in_pieces() -> None:
    script = r"""for part in '\033' '[' '31' 'mr' '\303' '\251' '\033[0' 'm\033]0;a' 'b\007' '\033' '[?1049' 'h' 'alt'
    do printf "$part"; sleep 0.002; done; read line; printf '\033[?1049lback'"""
    with shell(script) as terminal:
        terminal.wait_for("alt")
        assert terminal.alternate_screen
        assert "ré" not in terminal.text()
        terminal.press("enter")
        terminal.wait_exit()
        assert not terminal.alternate_screen
        assert "ré" in terminal.text()
        assert "back" in terminal.text()
        assert terminal.cell(0, 0).fg == "red"
        assert terminal.cell(0, 0).data == "r"
        assert terminal.strings == ["OSC 0;ab"]


def test_a_synchronized_update_is_looked_at_when_it_is_complete() -> None:
    script = r"printf '\033[?2026hhalf'; read line; printf ' whole\033[?2026l\033[?2026hlater'; read line"
    with shell(f"stty -echo; {script}") as terminal:
        with pytest.raises(AssertionError, match=r"not seen in 0\.1 s"):
            terminal.wait_for("half", timeout=0.1)
        assert "half" in terminal.text()
        terminal.press("enter")
        terminal.wait_for("half whole")
        assert "later" in terminal.text()


def test_a_missing_program_is_said() -> None:
    with pytest.raises(FileNotFoundError):
        Terminal(["no-such-program-anywhere"])


@pytest.mark.parametrize(
    ("data", "kinds"),
    [
        (b"\x1b[1;38;2;5;6;8;48;5;6mplain \xc3\xa9 text\x1b[0m", []),
        (b"\x1b[2;1Ha\r\n\x1b[3;1Hb\n\x1b[4;1Hc", []),
        (b"\x1b[?1049h\x1b[?25l\x1b[>25u\x1b[?2026$p\x1b[?2026h\x1b[?2026l\x1b[<u\x1b[?1049l\x1b]22;pointer\x07", []),
        (b"\x1b]0;title\x07", ["OSC 0"]),
        (b"\x1b]2;title\x1b\\", ["OSC 2"]),
        (b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", ["OSC 8", "OSC 8"]),
        (b"\x1b]52;c;YQ==\x07", ["OSC 52"]),
        (b"\x1bP1$r\x1b\\\x1b_G\x1b\\\x1b^p\x1b\\\x1bXs\x1b\\", ["DCS", "APC", "PM", "SOS"]),
        (b"\x1b[2J\x1b[6n\x1b[5A\x1b[?3h\x1b[H", ["CSI"] * 5),
        (b"\x1b[5mblink\x1b[8;31mhidden", ["SGR", "SGR"]),
        (b"\x1bc\x1b(0", ["ESC", "ESC"]),
        (b"\x1b]0;never ended", ["ESC"]),
        (b"a\x07b\x08c\td\x7f", ["BEL", "C0", "tab", "C0"]),
        (b"two\nlines\r\nthree\rfour", ["newline"] * 4),
        ("\u009b31m \u0085".encode(), ["C1", "C1"]),
        (b"\x9b31m", ["C1"]),
        ("\u202e a \u2066 b \u200f c \u061c".encode(), ["bidi"] * 4),
        ("漢字 👩‍💻 ❤️ e\u0301".encode(), []),
    ],
)
def test_control_sequences_that_textual_does_not_write_are_found(data: bytes, kinds: list[str]) -> None:
    assert [finding.kind for finding in raw_control_sequences(data)] == kinds


def test_findings_say_where_and_what() -> None:
    (finding,) = raw_control_sequences("é\u202e".encode())
    assert (finding.kind, finding.text[0], finding.offset) == ("bidi", "\u202e", 1)
    assert raw_control_sequences(b"a\tb\x07", allow=("tab",))[0].kind == "BEL"


@pytest.mark.parametrize(
    ("key", "plain", "kitty"),
    [
        ("j", "j", "\x1b[106;1;106u"),
        ("+", "+", "\x1b[43;1;43u"),
        ("ctrl+a", "\x01", "\x1b[97;5u"),
        ("ctrl+space", "\x00", "\x1b[32;5u"),
        ("ctrl+@", "\x00", "\x1b[64;5u"),
        ("alt+x", "\x1bx", "\x1b[120;3u"),
        ("delete", "\x1b[3~", "\x1b[3~"),
        ("shift+left", "\x1b[1;2D", "\x1b[1;2D"),
        ("shift+f4", "\x1b[1;2S", "\x1b[1;2S"),
        ("f12", "\x1b[24~", "\x1b[24~"),
    ],
)
def test_keys(key: str, plain: str, kitty: str) -> None:
    assert key_sequence(key) == plain
    assert kitty_key_sequence(key) == kitty


@pytest.mark.parametrize("key", ["hyper+x", "ctrl+é", "pageupp", "", "ctrl+5"])
def test_keys_a_terminal_does_not_have(key: str) -> None:
    with pytest.raises(ValueError, match=r"key|nothing"):
        key_sequence(key)


def test_application_cursor_keys() -> None:
    assert key_sequence("up", application_cursor=True) == "\x1bOA"
    with shell(r"stty raw -echo; printf '\033[?1hready'; head -c 3 | tail -c 2") as terminal:
        terminal.wait_for("ready")
        terminal.press("up")
        terminal.wait_for("readyOA")


def test_a_sequence_that_is_still_coming_is_no_finding(tmp_path: Path) -> None:
    go = tmp_path / "go"
    with shell(
        f"printf 'a\\033[1mb\\033[38;'; while [ ! -e {go} ]; do sleep 0.05; done; printf '5;1mc\\n'"
    ) as terminal:
        terminal.wait_for("ab")
        assert terminal.log.endswith(b"\x1b[38;")
        assert terminal.settled_log == b"a\x1b[1mb"
        go.touch()
        assert terminal.wait_exit() == 0
        assert terminal.settled_log == terminal.log == b"a\x1b[1mb\x1b[38;5;1mc\r\n"
