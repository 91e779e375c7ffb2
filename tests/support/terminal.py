"""A real pseudo-terminal with an emulated screen, for tests and benchmarks that need what a user would see.

    with Terminal(["flowdeck", "demo"], columns=80, rows=24) as terminal:
        terminal.wait_for("Experiments")
        terminal.press("j", "enter")
        terminal.wait_for(lambda: terminal.find("loss") is not None, what="the metrics")
        terminal.press("q")
        assert terminal.wait_exit() == 0
        assert terminal.restored

The program runs in its own session with the pseudo-terminal as its controlling terminal and an environment that
holds nothing of the caller's but PATH. A thread drains the terminal, stamps each chunk with the time it came and
answers the queries a terminal answers. The screen is only brought up to date when it is looked at, chunk by chunk,
so `wait_for` returns the time at which the bytes came that made it true, however slow the emulation is.
"""

from __future__ import annotations

import codecs
import errno
import fcntl
import os
import re
import select
import shutil
import signal
import struct
import tempfile
import termios
import threading
import time
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final

import pyte
from pyte.screens import Char
from wcwidth import wcwidth

POLL_SECONDS: Final = 0.1
"""How long the reader sleeps at most before it looks whether the terminal was closed."""

HANG_UP_SECONDS: Final = 2.0
"""How long a program may take to end after a hang-up before it is killed."""

ESCAPE_PAUSE: Final = 0.15
"""Pause after a lone Escape: a program tells it from the start of a sequence by time (Textual waits 0.1 s)."""

READ_SIZE: Final = 65536

# --------------------------------------------------------------------------------- what programs write

_STRING_KINDS: Final = {"]": "OSC", "P": "DCS", "_": "APC", "^": "PM", "X": "SOS"}

# ESC ESC inside a string is tmux's way of quoting an ESC; BEL ends only an OSC.
_TOKEN: Final = re.compile(
    r"\x1b\[(?P<csi>[0-?]*[ -/]*[@-~])"
    r"|\x1b(?P<osc>\])(?P<osc_body>[^\x07\x1b]*)(?:\x07|\x1b\\)"
    r"|\x1b(?P<string>[PX^_])(?P<body>(?:\x1b\x1b|[^\x1b])*)\x1b\\"
    r"|\x1b(?P<escape>[ -/]*[0-OQ-WYZ\\`-~])"
    r"|(?P<control>[\x00-\x1a\x1c-\x1f\x7f\x80-\x9f])"
    r"|(?P<text>[^\x00-\x1f\x7f\x80-\x9f]+)",
    re.DOTALL,
)

_UNFINISHED: Final = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?|[PX^_](?:\x1b\x1b|[^\x1b])*\x1b?|[ -/]*)\Z", re.DOTALL
)

_CSI_PARTS: Final = re.compile(r"(?P<prefix>[<=>?]?)(?P<params>[0-9;:]*)(?P<middle>[ -/]*)(?P<final>[@-~])\Z")

# What a terminal answers, found in bytes so that the thread that drains the terminal stays quick.
_QUERY: Final = re.compile(
    rb"\x1b\[(?P<csi>\?[0-9]+\$p|\??[56]n|[>=]?[0-9]*c|>[0-9]*q|\?u|1[468]t)"
    rb"|\x1b\](?P<colour>1[012]);\?(?P<end>\x07|\x1b\\)"
)
_UNFINISHED_QUERY: Final = re.compile(rb"\x1b(?:\[[?>=]?[0-9]{0,5}\$?|\](?:1[012]?(?:;\??\x1b?)?)?)?\Z")

_KNOWN_MODES: Final = frozenset({1, 6, 7, 25, 1000, 1002, 1003, 1004, 1006, 1015, 1049, 2004, 2026})
_SCREEN_MODES: Final = frozenset({6, 7, 25})
"""The private modes that matter to the emulated screen itself."""

INITIAL_MODES: Final = frozenset({7, 25})
"""Private modes that are set in a fresh terminal: lines wrap, the cursor shows."""

MOUSE_MODES: Final = frozenset({1000, 1002, 1003, 1005, 1006, 1015, 1016})

# -------------------------------------------------------------------------------------- what keys send

_MODIFIERS: Final = {"shift": 1, "alt": 2, "ctrl": 4, "super": 8}

_PLAIN_KEYS: Final = {
    "enter": ("\r", 13),
    "tab": ("\t", 9),
    "escape": ("\x1b", 27),
    "backspace": ("\x7f", 127),
    "space": (" ", 32),
}

_CURSOR_KEYS: Final = {"up": "A", "down": "B", "right": "C", "left": "D", "home": "H", "end": "F"}

_SS3_KEYS: Final = {"f1": "P", "f2": "Q", "f3": "R", "f4": "S"}

_TILDE_KEYS: Final = {
    "insert": 2,
    "delete": 3,
    "pageup": 5,
    "pagedown": 6,
    "f5": 15,
    "f6": 17,
    "f7": 18,
    "f8": 19,
    "f9": 20,
    "f10": 21,
    "f11": 23,
    "f12": 24,
}


def key_sequence(key: str, *, application_cursor: bool = False) -> str:
    """What an xterm sends for a key.

    Args:
        key: A character, or a name as Textual writes it: `enter`, `shift+tab`, `ctrl+c`, `alt+x`, `f5`, `pagedown`.
        application_cursor: Whether the program asked for application cursor keys.

    Raises:
        ValueError: The key has no name here or sends nothing.
    """
    if len(key) == 1:
        return key
    *names, base = key.split("+") if not key.endswith("++") else [*key[:-2].split("+"), "+"]
    try:
        bits = sum(_MODIFIERS[name] for name in names)
    except KeyError as error:
        raise ValueError(f"unknown modifier in key {key!r}") from error
    if base in _CURSOR_KEYS:
        if bits:
            return f"\x1b[1;{bits + 1}{_CURSOR_KEYS[base]}"
        return f"\x1b{'O' if application_cursor else '['}{_CURSOR_KEYS[base]}"
    if base in _SS3_KEYS:
        return f"\x1b[1;{bits + 1}{_SS3_KEYS[base]}" if bits else f"\x1bO{_SS3_KEYS[base]}"
    if base in _TILDE_KEYS:
        return f"\x1b[{_TILDE_KEYS[base]};{bits + 1}~" if bits else f"\x1b[{_TILDE_KEYS[base]}~"
    if key == "shift+tab":
        return "\x1b[Z"
    if base in _PLAIN_KEYS:
        sent = _PLAIN_KEYS[base][0]
    elif len(base) == 1:
        sent = base
    else:
        raise ValueError(f"unknown key {key!r}")
    if bits & _MODIFIERS["shift"] and len(base) == 1:
        sent = sent.upper()
    if bits & _MODIFIERS["ctrl"]:
        if sent != " " and not "@" <= sent.upper() <= "_":
            raise ValueError(f"a terminal sends nothing of its own for {key!r}")
        sent = "\x00" if sent == " " else chr(ord(sent.upper()) & 0x1F)
    return f"\x1b{sent}" if bits & _MODIFIERS["alt"] else sent


def kitty_key_sequence(key: str) -> str:
    """What a terminal with the kitty keyboard protocol sends when every key is asked for as a sequence.

    Raises:
        ValueError: The key has no name here.
    """
    if len(key) == 1:
        shift = key.lower() != key
        return f"\x1b[{ord(key.lower())};{2 if shift else 1};{ord(key)}u"
    *names, base = key.split("+") if not key.endswith("++") else [*key[:-2].split("+"), "+"]
    try:
        bits = sum(_MODIFIERS[name] for name in names)
    except KeyError as error:
        raise ValueError(f"unknown modifier in key {key!r}") from error
    modifier = f";{bits + 1}" if bits else ""
    if base in _PLAIN_KEYS:
        text = ";32" if base == "space" and not bits else ""
        return f"\x1b[{_PLAIN_KEYS[base][1]}{modifier or (';1' if text else '')}{text}u"
    if len(base) == 1:
        return f"\x1b[{ord(base.lower())}{modifier}u"
    return key_sequence(key)


# --------------------------------------------------------------------------- what must not get through

_BIDI: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

# Textual moves with `CSI row;column H`, styles with SGR (never blinking or concealed), asks for two modes, pushes and
# pops the kitty keyboard flags, and switches the private modes below; a newline may precede a move.
_TEXTUAL_CSI: Final = re.compile(
    r"(?:[0-9;]*m|[0-9]+;[0-9]+H|>[0-9]+u|<u|\?20(?:26|48)\$p"
    r"|\?(?:7|25|1000|1003|1004|1006|1015|1016|1049|2004|2026|2048)[hl])\Z"
)
_BLINK_OR_CONCEAL: Final = frozenset({"5", "6", "8"})
_POINTER_SHAPE: Final = re.compile(r"22;[a-z-]*\Z")
_ROW_END: Final = re.compile(r"\r?\n(?:\r?\n)*(?=\x1b\[[0-9]+;[0-9]+H)")


@dataclass(frozen=True, slots=True)
class Finding:
    """A control sequence, or a character that acts as one, in what a program wrote to the terminal."""

    kind: str
    """`OSC 52`, `DCS`, `APC`, `PM`, `SOS`, `CSI`, `SGR`, `ESC`, `BEL`, `C0`, `C1`, `newline`, `tab` or `bidi`."""
    text: str
    """The sequence itself."""
    offset: int
    """Where it starts, in characters of the decoded log."""


def raw_control_sequences(data: bytes, allow: Collection[str] = ()) -> list[Finding]:
    """Finds what Textual by itself would not have written: what a hostile name, tag or parameter let through.

    A colour or style sequence (SGR) cannot be told from Textual's own; hostile text must carry something else besides,
    or be looked for on the screen. What a program prints after it has left the alternate screen has newlines.

    Args:
        data: Bytes that a program wrote to the terminal, as in `Terminal.log` (a part of them must not start or end
            inside a character).
        allow: Kinds that are expected: `("OSC 52",)` after a copy, `("newline",)` for plain output.
    """
    text = data.decode("utf-8", "surrogateescape")
    row_ends = {match.start(): match.end() for match in _ROW_END.finditer(text)}
    found: list[Finding] = []
    position = 0
    while position < len(text):
        if position in row_ends:
            position = row_ends[position]
            continue
        match = _TOKEN.match(text, position)
        if match is None:
            # An unfinished or malformed sequence: a terminal would go on reading it from what follows.
            found.append(Finding("ESC", text[position : position + 16], position))
            position += 1
            continue
        for kind, offset in _suspicions(match):
            found.append(Finding(kind, match.group()[offset : offset + 200], position + offset))
        position = match.end()
    return [finding for finding in found if finding.kind not in allow]


def _suspicions(match: re.Match[str]) -> Iterator[tuple[str, int]]:
    """The kinds of what is suspicious in a token, and where in it."""
    if (csi := match["csi"]) is not None:
        if _TEXTUAL_CSI.match(csi) is None:
            yield "CSI", 0
        elif csi.endswith("m") and _style_attributes(csi) & _BLINK_OR_CONCEAL:
            yield "SGR", 0
    elif match["osc"] is not None:
        if _POINTER_SHAPE.match(match["osc_body"]) is None:
            yield f"OSC {match['osc_body'].partition(';')[0]}".rstrip(), 0
    elif match["string"] is not None:
        yield _STRING_KINDS[match["string"]], 0
    elif match["escape"] is not None:
        yield "ESC", 0
    elif (control := match["control"]) is not None:
        names = {"\x07": "BEL", "\n": "newline", "\r": "newline", "\t": "tab"}
        yield names.get(control, "C1" if control >= "\x80" else "C0"), 0
    else:
        # A byte that is not UTF-8 is a C1 control to a terminal that is not in UTF-8 mode.
        for character in re.finditer("[\udc80-\udcff]", match["text"]):
            yield "C1", character.start()
        for character in _BIDI.finditer(match["text"]):
            yield "bidi", character.start()


def _style_attributes(sgr: str) -> set[str]:
    """The attributes of a style sequence without the arguments of its colours."""
    attributes: set[str] = set()
    params = iter(sgr[:-1].split(";"))
    for param in params:
        if param in {"38", "48", "58"}:
            for _ in range(1 if next(params, "") == "5" else 3):
                next(params, "")
        else:
            attributes.add(param)
    return attributes


# --------------------------------------------------------------------------------------- the emulation


class _Screen(pyte.Screen):
    """pyte's screen, which otherwise drops the rest of a text after a character without width (U+FE0F, U+200D)."""

    def draw(self, data: str) -> None:
        if not data.isascii():
            data = "".join(c for c in data if wcwidth(c) > 0 or unicodedata.combining(c))
        super().draw(data)


class _Emulator:
    """Screen and modes of a terminal, fed with what a program writes."""

    def __init__(self, columns: int, rows: int) -> None:
        self.screen = _Screen(columns, rows)
        self.modes = set(INITIAL_MODES)
        self.alternate = False
        self.keyboards: dict[bool, list[int]] = {False: [], True: []}
        """Stacks of kitty keyboard flags, by whether they belong to the alternate screen."""
        self.bells = 0
        self.strings: list[str] = []
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._rest = ""
        self._main: dict[int, dict[int, Char]] = {}
        self._main_cursor = (0, 0)

    def feed(self, data: bytes) -> None:
        text = self._rest + self._decode(data)
        self._rest = ""
        position = 0
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                if _UNFINISHED.match(text, position):
                    self._rest = text[position:]
                    return
                position += 1  # a malformed sequence: drop the ESC, as terminals do
                continue
            self._take(match)
            position = match.end()

    def _take(self, match: re.Match[str]) -> None:
        if (text := match["text"]) is not None:
            self.screen.draw(text)
        elif (csi := match["csi"]) is not None:
            self._csi(csi)
        elif (control := match["control"]) is not None:
            if control == "\x07":
                self.bells += 1
            elif control in "\b\t\n\v\f\r":
                getattr(self.screen, pyte.Stream.basic[control])()
        elif (escape := match["escape"]) is not None:
            if escape in pyte.Stream.escape:
                getattr(self.screen, pyte.Stream.escape[escape])()
        else:
            kind = _STRING_KINDS[match["osc"] or match["string"]]
            self.strings.append(f"{kind} {match['osc_body'] if match['osc'] else match['body']}")

    def _csi(self, sequence: str) -> None:
        parts = _CSI_PARTS.match(sequence)
        if parts is None:
            return
        prefix, params, middle, final = parts.groups()
        if final == "m" and not prefix and not middle:
            self.screen.select_graphic_rendition(*_plain_style(params))
            return
        numbers = [min(int(number or 0), 9999) for number in params.replace(":", ";").split(";")]
        if prefix == "?" and final in "hl" and not middle:
            for mode in numbers:
                self._private_mode(mode, final == "h")
        elif final == "u" and prefix in {">", "<", "="}:
            self._kitty(prefix, numbers)
        elif not prefix and not middle and final in pyte.Stream.csi and final not in "cn":
            handler = getattr(self.screen, pyte.Stream.csi[final])
            handler(*numbers if params or final in "JKg" else ())

    def _private_mode(self, mode: int, on: bool) -> None:
        (self.modes.add if on else self.modes.discard)(mode)
        if mode in {47, 1047, 1049}:
            self._switch_screen(on)
        elif mode in _SCREEN_MODES:
            (self.screen.set_mode if on else self.screen.reset_mode)(mode, private=True)

    def _switch_screen(self, alternate: bool) -> None:
        if alternate == self.alternate:
            return
        self.alternate = alternate
        screen = self.screen
        if alternate:
            self._main = {y: dict(line) for y, line in screen.buffer.items()}
            self._main_cursor = (screen.cursor.x, screen.cursor.y)
            screen.erase_in_display(2)
        else:
            screen.erase_in_display(2)
            for y, line in self._main.items():
                screen.buffer[y].update(line)
            screen.cursor.x = min(self._main_cursor[0], screen.columns - 1)
            screen.cursor.y = min(self._main_cursor[1], screen.lines - 1)

    def _kitty(self, action: str, numbers: Sequence[int]) -> None:
        stack = self.keyboards[self.alternate]
        if action == ">":
            stack.append(numbers[0])
        elif action == "<":
            del stack[max(0, len(stack) - (numbers[0] or 1)) :]
        elif stack:
            stack[-1] = numbers[0]
        else:
            stack.append(numbers[0])

    @property
    def keyboard(self) -> int:
        """The kitty keyboard flags in force."""
        stack = self.keyboards[self.alternate]
        return stack[-1] if stack else 0


def _plain_style(params: str) -> list[int]:
    """SGR parameters without colon sub-parameters, which pyte does not know."""
    result: list[int] = []
    for param in params.split(";"):
        first, *rest = param.split(":")
        if first == "4" and rest:
            result.append(24 if rest[0] == "0" else 4)
        elif rest:
            values = [int(value) for value in rest if value]
            result.extend([int(first), *(values if values[:1] != [2] else [2, *values[-3:]])])
        else:
            result.append(int(first or 0))
    return result


# ---------------------------------------------------------------------------------------- the terminal


@dataclass(slots=True)
class Traffic:
    """What a program sent to the terminal during a `measure` block; complete once the block has ended."""

    size: int = 0
    """Bytes."""
    chunks: int = 0
    data: bytes = b""


class Terminal:
    """A program running in a pseudo-terminal of its own.

    Args:
        command: The program and its arguments; the program is looked up in PATH.
        columns: Width in cells.
        rows: Height in cells.
        env: Added to the clean environment (TERM, COLORTERM, LANG, PATH, HOME).
        cwd: Working directory; the caller's if None.
        home: HOME of the program; if None an empty folder that is removed on `close`.
        kitty: Whether the terminal knows the kitty keyboard protocol: answers its query and, when a program
            asks for all keys as sequences, sends them so.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 80,
        rows: int = 24,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        home: Path | None = None,
        kitty: bool = False,
    ) -> None:
        self.columns = columns
        self.rows = rows
        self.kitty = kitty
        self._own_home = Path(tempfile.mkdtemp(prefix="terminal-home-")) if home is None else None
        self._chunks: list[tuple[float, bytes]] = []
        self._received = 0
        self._taken = 0
        """How many chunks the screen has seen."""
        self._pieces: list[tuple[float, bytes]] = []
        """What is left of the chunk that the screen is in the middle of."""
        self._seen_at = 0.0
        self._predicating = False
        self._changed = threading.Condition(threading.RLock())
        self._writing = threading.Lock()
        self._emulator = _Emulator(columns, rows)
        self._code: int | None = None
        self._ended = False
        self._closing = False
        self._lone_escape_at = float("-inf")

        environment = {
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(home or self._own_home),
            **(env or {}),
        }
        program = shutil.which(command[0], path=environment["PATH"])
        if program is None:
            self._remove_home()
            raise FileNotFoundError(errno.ENOENT, "no such program", command[0])
        arguments = [os.path.abspath(program), *command[1:]]
        if cwd is not None:
            # posix_spawn cannot change the directory; the shell is replaced by the program.
            arguments = ["/bin/sh", "-c", 'cd -- "$0" && exec "$@"', str(cwd), *arguments]

        self._master, slave = os.openpty()
        self._set_size()
        self._tty_before = termios.tcgetattr(self._master)
        name = os.ttyname(slave)
        self.started = time.perf_counter()
        try:
            # Not fork: the caller has threads. A session leader that opens a terminal gets it as its controlling one.
            self.pid = os.posix_spawn(
                arguments[0],
                arguments,
                environment,
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, name, os.O_RDWR, 0),
                    (os.POSIX_SPAWN_DUP2, 0, 1),
                    (os.POSIX_SPAWN_DUP2, 0, 2),
                ],
                setsid=True,
                setsigmask=[],
                setsigdef=[signal.SIGPIPE, signal.SIGXFSZ],
            )
        except OSError:
            os.close(self._master)
            self._remove_home()
            raise
        finally:
            os.close(slave)
        self._reader = threading.Thread(target=self._read, name=f"terminal-{self.pid}", daemon=True)
        self._reader.start()

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ------------------------------------------------------------------------------------------- input

    def press(self, *keys: str) -> float:
        """Presses keys, one write each, and returns the time just before the last one went out.

        Args:
            keys: As for `key_sequence`.
        """
        sent_at = 0.0
        for key in keys:
            with self._changed:
                self._advance()
                application_cursor = 1 in self._emulator.modes
                as_sequences = self.kitty and bool(self._emulator.keyboard & 8)
            if as_sequences:
                sequence = kitty_key_sequence(key)
            else:
                sequence = key_sequence(key, application_cursor=application_cursor)
            sent_at = self.send(sequence)
        return sent_at

    def type(self, text: str) -> float:
        """Presses a key for each character; a newline is Enter. Returns the time before the last one went out."""
        return self.press(*("enter" if character == "\n" else character for character in text))

    def paste(self, text: str) -> float:
        """Pastes, bracketed if the program asked for that."""
        return self.send(f"\x1b[200~{text}\x1b[201~" if 2004 in self.modes else text)

    def click(self, x: int, y: int, button: int = 0) -> float:
        """Clicks a cell (0, 0 is the upper left one): moves there, presses, releases.

        Raises:
            AssertionError: The program did not ask for the mouse, so a terminal would send nothing.
        """
        if 1003 in self.modes:
            self._mouse(f"<35;{x + 1};{y + 1}M")
        self._mouse(f"<{button};{x + 1};{y + 1}M")
        return self._mouse(f"<{button};{x + 1};{y + 1}m")

    def scroll(self, x: int, y: int, lines: int) -> float:
        """Turns the wheel over a cell, down if `lines` is positive.

        Raises:
            AssertionError: The program did not ask for the mouse.
        """
        sent_at = 0.0
        for _ in range(abs(lines)):
            sent_at = self._mouse(f"<{65 if lines > 0 else 64};{x + 1};{y + 1}M")
        return sent_at

    def _mouse(self, report: str) -> float:
        modes = self.modes
        if 1006 not in modes or not modes & {1000, 1002, 1003}:
            raise AssertionError(f"the program has not asked for the mouse\n{self.dump()}")
        return self.send(f"\x1b[{report}")

    def send(self, text: str) -> float:
        """Writes to the program as if the terminal had, and returns the time just before.

        Raises:
            AssertionError: The program has ended.
        """
        pause = self._lone_escape_at + ESCAPE_PAUSE - time.perf_counter()
        if pause > 0:
            time.sleep(pause)
        if self._poll():  # what is written to a terminal without a program is lost without an error
            raise AssertionError(f"could not send {text!r}: the program has ended\n{self.dump()}")
        sent_at = time.perf_counter()
        self._write(text.encode())
        if text == "\x1b":
            self._lone_escape_at = sent_at
        return sent_at

    def resize(self, columns: int, rows: int) -> None:
        """Changes the size; the kernel tells the program (SIGWINCH)."""
        with self._changed:
            self._advance()
            self.columns, self.rows = columns, rows
            self._emulator.screen.resize(rows, columns)
        self._set_size()

    # ------------------------------------------------------------------------------------------ output

    def lines(self) -> list[str]:
        """The rows of the screen; a wide character is one character, so positions in a row are not columns."""
        with self._changed:
            self._advance()
            buffer, columns = self._emulator.screen.buffer, self.columns
            return ["".join([buffer[y][x].data for x in range(columns)]) for y in range(self.rows)]

    def text(self) -> str:
        """The screen without trailing spaces."""
        return "\n".join(line.rstrip() for line in self.lines())

    def find(self, text: str) -> tuple[int, int] | None:
        """Column and row of the first cell of a text on the screen."""
        for y, line in enumerate(self.lines()):
            if (index := line.find(text)) >= 0:
                return sum(max(1, wcwidth(character[0])) for character in self._cells(y, index)), y
        return None

    def _cells(self, y: int, characters: int) -> list[str]:
        """The contents of the cells of a row that make up its first characters."""
        result: list[str] = []
        count = 0
        for x in range(self.columns):
            if count >= characters:
                break
            if data := self._emulator.screen.buffer[y][x].data:
                result.append(data)
                count += len(data)
        return result

    def cell(self, x: int, y: int) -> Char:
        """A cell: data, fg, bg (a name or six hexadecimal digits), bold, italics, underscore, reverse, ...

        Faint text is not told apart; the second cell of a wide character holds no data.
        """
        with self._changed:
            self._advance()
            return self._emulator.screen.buffer[y][x]

    @property
    def cursor(self) -> tuple[int, int]:
        """Column and row of the cursor."""
        with self._changed:
            self._advance()
            return self._emulator.screen.cursor.x, self._emulator.screen.cursor.y

    @property
    def alternate_screen(self) -> bool:
        """Whether the alternate screen is shown."""
        with self._changed:
            self._advance()
            return self._emulator.alternate

    @property
    def modes(self) -> frozenset[int]:
        """The private modes that are set: 25 cursor, 1000 to 1006 mouse, 1004 focus, 2004 bracketed paste, ..."""
        with self._changed:
            self._advance()
            return frozenset(self._emulator.modes)

    @property
    def keyboard(self) -> int:
        """The kitty keyboard flags in force, 0 for none."""
        with self._changed:
            self._advance()
            return self._emulator.keyboard

    @property
    def bells(self) -> int:
        """How often the bell rang."""
        with self._changed:
            self._advance()
            return self._emulator.bells

    @property
    def strings(self) -> list[str]:
        """The string sequences received, as `OSC 52;c;...` or `DCS tmux;...`."""
        with self._changed:
            self._advance()
            return list(self._emulator.strings)

    @property
    def line_discipline_changed(self) -> bool:
        """Whether the settings of the terminal device (echo, line mode, ...) differ from those at the start."""
        return termios.tcgetattr(self._master) != self._tty_before

    @property
    def restored(self) -> bool:
        """Whether the terminal is as it was found: main screen, modes, keyboard flags, device settings."""
        with self._changed:
            self._advance()
            emulator = self._emulator
            modes = emulator.modes - {1049}
            keyboards = any(emulator.keyboards.values())
            return modes == INITIAL_MODES and not (emulator.alternate or keyboards or self.line_discipline_changed)

    @property
    def log(self) -> bytes:
        """Every byte received."""
        with self._changed:
            return b"".join(data for _, data in self._chunks)

    @property
    def settled_log(self) -> bytes:
        """Every byte received but those of a character or sequence that the rest has not come of: a running program
        may be read in the middle of writing."""
        text = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode(self.log)
        cut = _UNFINISHED.search(text, max(0, text.rfind("\x1b")))
        return (text[: cut.start()] if cut else text).encode("utf-8", "surrogateescape")

    @property
    def chunks(self) -> list[tuple[float, bytes]]:
        """What was received, with the time (of `time.perf_counter`) at which it came."""
        with self._changed:
            return list(self._chunks)

    @property
    def bytes_received(self) -> int:
        """How many bytes the program has sent."""
        with self._changed:
            return self._received

    @contextmanager
    def measure(self) -> Iterator[Traffic]:
        """Counts what is received during a block; end the block with a wait."""
        traffic = Traffic()
        with self._changed:
            first = len(self._chunks)
        try:
            yield traffic
        finally:
            with self._changed:
                received = self._chunks[first:]
            traffic.data = b"".join(data for _, data in received)
            traffic.size, traffic.chunks = len(traffic.data), len(received)

    # ----------------------------------------------------------------------------------------- waiting

    def wait_for(
        self,
        condition: str | re.Pattern[str] | Callable[[], object],
        timeout: float = 10.0,
        what: str | None = None,
    ) -> float:
        """Waits until the screen shows something, and returns the time at which the bytes came that showed it.

        The screen is looked at where a terminal would draw it: not in the middle of a synchronized update.

        Args:
            condition: A text or a pattern to be on the screen, or a function that is true at last.
            timeout: Seconds.
            what: Named in the error.

        Raises:
            AssertionError: It was not shown in time, or the program ended before; with the screen as it is.
        """
        if isinstance(condition, str):
            wanted, name = (lambda: condition in self.text()), repr(condition)
        elif isinstance(condition, re.Pattern):
            wanted, name = (lambda: condition.search(self.text()) is not None), repr(condition.pattern)
        else:
            wanted, name = (lambda: bool(condition())), "the condition"
        deadline = time.perf_counter() + timeout
        with self._changed:
            while True:
                if self._holds(wanted):
                    return self._seen_at
                while self._step():
                    if self._holds(wanted):
                        return self._seen_at
                if self._ended:
                    raise AssertionError(f"the program ended before {what or name} was seen\n{self.dump()}")
                remaining = deadline - time.perf_counter()
                if remaining <= 0:
                    raise AssertionError(f"{what or name} not seen in {timeout:g} s\n{self.dump()}")
                # A condition may depend on more than the terminal, so it is asked again now and then.
                self._changed.wait(min(remaining, POLL_SECONDS))

    def wait_quiet(self, seconds: float, timeout: float = 10.0) -> None:
        """Waits until nothing has been received for a while.

        Raises:
            AssertionError: The program went on sending.
        """
        start = time.perf_counter()
        with self._changed:
            while not self._ended:
                last = max(self._chunks[-1][0], start) if self._chunks else start
                now = time.perf_counter()
                if now - last >= seconds:
                    break
                if now - start > timeout:
                    raise AssertionError(f"not quiet for {seconds:g} s within {timeout:g} s\n{self.dump()}")
                self._changed.wait(seconds - (now - last))
            self._advance()

    def wait_exit(self, timeout: float = 10.0) -> int:
        """Waits for the program to end and for its last output; the exit code, negative for a signal.

        Raises:
            AssertionError: It did not end.
        """
        deadline = time.perf_counter() + timeout
        while not self._poll():
            if time.perf_counter() > deadline:
                raise AssertionError(f"the program did not end in {timeout:g} s\n{self.dump()}")
            time.sleep(0.005)
        # Something the program left behind may hold the terminal open: what it writes is not waited for.
        self._reader.join(1.0)
        with self._changed:
            self._advance()
        assert self._code is not None
        return self._code

    @property
    def running(self) -> bool:
        """Whether the program has not ended."""
        return not self._poll()

    def terminate(self, signal_number: int = signal.SIGTERM) -> None:
        """Sends the program a signal."""
        if not self._poll():
            os.kill(self.pid, signal_number)

    def close(self) -> None:
        """Hangs up: ends the program if it runs, and lets go of the terminal."""
        if self._closing:
            return
        for number in (signal.SIGHUP, signal.SIGKILL):
            self.terminate(number)
            deadline = time.perf_counter() + HANG_UP_SECONDS
            while not self._poll() and time.perf_counter() < deadline:
                time.sleep(0.002)
        self._closing = True
        self._reader.join()
        os.close(self._master)
        self._remove_home()

    def dump(self) -> str:
        """The screen in a frame with the state of the program, for messages."""
        state = "running" if self._code is None else f"ended with {self._code}"
        with self._changed:
            lines = self.lines() if not self._closing else []
            head = f"{self.columns}x{self.rows}, {self._received} bytes, {state}"
        return "\n".join([f"+-- {head} --", *(f"|{line.rstrip()}" for line in lines), "+--"])

    # --------------------------------------------------------------------------------------- machinery

    def _holds(self, wanted: Callable[[], bool]) -> bool:
        """Whether a condition holds for the screen as far as it was emulated."""
        if 2026 in self._emulator.modes:
            return False
        self._predicating = True
        try:
            return wanted()
        finally:
            self._predicating = False

    def _step(self) -> bool:
        """Feeds the screen up to the next end of a synchronized update; False if there is nothing to feed."""
        if not self._pieces:
            if self._taken == len(self._chunks):
                return False
            at, data = self._chunks[self._taken]
            self._taken += 1
            self._pieces = [(at, piece) for piece in re.split(rb"(?<=\x1b\[\?2026l)", data) if piece]
        self._seen_at, piece = self._pieces.pop(0)
        self._emulator.feed(piece)
        return True

    def _advance(self) -> None:
        """Brings the screen up to date, except while a condition looks at one moment of it."""
        if not self._predicating:
            while self._step():
                pass

    def _poll(self) -> bool:
        """Whether the program has ended."""
        with self._changed:
            if self._code is None:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                if pid:
                    self._code = os.waitstatus_to_exitcode(status)
            return self._code is not None

    def _set_size(self) -> None:
        pixels = (self.columns * 8, self.rows * 16)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", self.rows, self.columns, *pixels))

    def _remove_home(self) -> None:
        if self._own_home is not None:
            shutil.rmtree(self._own_home, ignore_errors=True)

    def _write(self, data: bytes) -> None:
        with self._writing:
            while data:
                data = data[os.write(self._master, data) :]

    def _read(self) -> None:
        """Drains the terminal and answers its queries until the program and all it started are gone."""
        poll = select.poll()
        poll.register(self._master, select.POLLIN)
        rest = b""
        while not self._closing:
            if not poll.poll(POLL_SECONDS * 1000):
                continue
            try:
                data = os.read(self._master, READ_SIZE)
            except OSError:  # EIO: nobody holds the other end any more
                break
            if not data:
                break
            now = time.perf_counter()
            with self._changed:
                self._chunks.append((now, data))
                self._received += len(data)
                self._changed.notify_all()
            searched = rest + data
            for query in _QUERY.finditer(searched):
                try:
                    self._write(self._answer(query).encode())
                except OSError:
                    break
            unfinished = _UNFINISHED_QUERY.search(searched, max(0, len(searched) - 16))
            rest = unfinished.group() if unfinished else b""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _answer(self, query: re.Match[bytes]) -> str:
        """What an xterm of today answers."""
        if query["colour"]:
            colour = "ffff/ffff/ffff" if query["colour"] == b"10" else "0000/0000/0000"
            return f"\x1b]{query['colour'].decode()};rgb:{colour}{query['end'].decode()}"
        sequence = query["csi"].decode()
        final = sequence[-1]
        if final == "p":
            mode = int(sequence[1:-2])
            # Asked at every start by Textual, so answered without waiting for the screen.
            known = mode in _KNOWN_MODES
            setting = 0 if not known else 2 if mode == 2026 else 1 if mode in self.modes else 2
            return f"\x1b[?{mode};{setting}$y"
        if final == "n":
            if sequence.endswith("5n"):
                return "\x1b[0n"
            x, y = self.cursor
            return f"\x1b[{'?' if sequence[0] == '?' else ''}{y + 1};{x + 1}R"
        if final == "c":
            return {"": "\x1b[?62;22c", ">": "\x1b[>41;380;0c", "=": "\x1bP!|00000000\x1b\\"}[
                sequence[0] if sequence[0] in "=>" else ""
            ]
        if final == "q":
            return "\x1bP>|terminal.py(1)\x1b\\"
        if final == "u":
            return f"\x1b[?{self.keyboard}u" if self.kitty else ""
        return {
            "14": f"\x1b[4;{self.rows * 16};{self.columns * 8}t",
            "16": "\x1b[6;16;8t",
            "18": f"\x1b[8;{self.rows};{self.columns}t",
        }[sequence[:-1]]
