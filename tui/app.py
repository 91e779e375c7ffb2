"""The Textual application: themes, the clipboard, the palette, and the one place for faults."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
from collections.abc import Mapping
from functools import partial
from itertools import count
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import rich
from rich.console import RenderableType
from textual import events
from textual.screen import ModalScreen, Screen

from tui import reading
from tui.asking import Asked, ScreenQuestions, Withdrawn
from tui.config import Config
from tui.frame import Frame
from tui.key_order import KeyDone, KeyOrder
from tui.keys import first_key
from tui.messages import Copied, CopyWanted, StoreLeft
from tui.notices import Notices
from tui.palette import KeyCommands, Palette, ThemeCommands
from tui.screens.browser import Browser
from tui.state import Spots
from tui.themes import DARK, DEFAULTS, ORDER, THEMES
from tui.view.glyphs import ASCII, GLYPHS
from tui.view.stores import Which
from tui.view.text import clean
from tui.views import ViewBook
from tui.work import Jobs, WorkFault, deliver

if TYPE_CHECKING:
    from store.protocols import Store
    from tui.spot import Spot

COLLECTION = (700, 10, 10)
"""Python's own thresholds, which a starting program has raised."""

RESUMED = 0.1
"""Seconds after which a program that was stopped has its terminal back for sure."""

INSISTING = 1.0
"""Seconds after something was cancelled in which the same key does not mean the program: it was pressed twice."""

KILLED = 128
"""Added to the number of the signal that ended the program, as shells count."""


class FlowdeckApp(Notices):
    """flowdeck on one store after another."""

    # The browser's is loaded with the application's: the first frame needs both.
    CSS_PATH = ["app.tcss", "screens/browser.tcss"]  # noqa: RUF012 (Textual's attribute)
    TITLE = "flowdeck"
    COMMANDS = {KeyCommands, ThemeCommands}  # noqa: RUF012 (Textual's attribute)
    COMMAND_PALETTE_BINDING = "ctrl+p"
    DEFAULT_MODE = "store"
    """Every store has a mode of its own: what lies above its screen lies above no other's."""

    def __init__(
        self,
        uri: str,
        title: str,
        config: Config | None = None,
        *,
        key: str | None = None,
        read_only: bool = False,
        opener: reading.Opener | None = None,
        spots: Spots | None = None,
        views: ViewBook | None = None,
        notice: str = "",
    ) -> None:
        """`uri` is an address or the name of a saved store, which `opener` opens; it is remembered by `key`.

        `read_only` forbids every change to a store; `spots` are where one was in which store; `views` are those
        that are kept; `notice` is said first.
        """
        super().__init__()
        self._cancelled = 0.0
        """When something was cancelled last, in seconds of `monotonic`."""
        self._read_only = read_only
        self._questions = ScreenQuestions(self)
        self._opener = opener or partial(reading.open_store, questions=self._questions)
        self._given = Which(uri, title, uri if key is None else key)
        self._spots = dict(spots or {})
        self._views = views or ViewBook(Path(os.devnull))
        self.left: Spots = {}
        """Where one was in each store that was shown, when it was left."""
        self._notice = notice
        self._numbers = count(1)
        self._config = config or Config()
        self._jobs = Jobs(self)
        self._frame = Frame()
        self._keys = KeyOrder(self, super().on_event)
        # Nothing moves by itself: an animation sends bytes that tell nothing.
        self.animation_level = "none"
        self.add_mode(self.DEFAULT_MODE, partial(self._browser, self._given))
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = self._config.theme or DARK.name
        self.set_class(GLYPHS is ASCII, "-ascii")
        self.set_keymap(dict(self._config.keys))

    @property
    def keymap_shown(self) -> Mapping[str, str]:
        """The keys that the user chose, as the configuration has them: id of an entry of the key table -> names."""
        return self._config.keys

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return DEFAULTS

    def _browser(self, which: Which, store: Store | None = None, *, live: bool = False) -> Browser:
        return Browser(
            which,
            self._given,
            opener=self._opener,
            read_only=self._read_only,
            store=store,
            spot=self._spots.get(which.key),
            interval=self._config.interval,
            live=live,
            views=self._views,
        )

    def on_mount(self) -> None:
        # A program that was stopped comes back to an empty screen.
        self.app_resume_signal.subscribe(self, lambda _: self.set_timer(RESUMED, self.action_redraw))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, partial(self.exit, KILLED + number, KILLED + number))
        if self._notice:
            self.notify(clean(self._notice), severity="warning", markup=False, timeout=12)

    def exit(self, result: int | None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        """Ends the program; what waits for an answer does not keep it."""
        self._questions.close()
        for screen in self.screen_stack:
            if isinstance(screen, Browser) and screen.is_mounted:
                self._remember(screen.which, screen.spot)
        super().exit(result, return_code, message)

    def _remember(self, which: Which, spot: Spot) -> None:
        self.left.pop(which.key, None)
        self._spots[which.key] = self.left[which.key] = spot

    async def on_store_left(self, message: StoreLeft) -> None:
        """Another store takes the place of the one that was shown."""
        self._remember(message.left, message.spot)
        before, mode = self.current_mode, f"store-{next(self._numbers)}"
        self.add_mode(mode, partial(self._browser, message.next, message.store, live=message.live))
        await self.switch_mode(mode)
        self.remove_mode(before)

    def on_asked(self, message: Asked) -> None:
        from tui.screens.modals.question import AskForThread

        def left(_: object) -> None:
            if message.reply.called_off:
                self._cancelled = monotonic()

        if not message.reply.withdrawn:
            self.push_screen(AskForThread(message.question, message.reply), left)

    def on_withdrawn(self, message: Withdrawn) -> None:
        from tui.screens.modals.question import AskForThread

        for screen in self.screen_stack:
            if isinstance(screen, AskForThread):
                screen.leave_if_over()

    def _fatal_error(self) -> None:
        # As Textual's, but without the values of variables, of which some are secrets: tracebacks are sent around.
        from rich.segment import Segments
        from rich.traceback import Traceback

        self._questions.close()
        self.bell()
        traceback = Traceback(show_locals=False, width=None, suppress=[rich])
        self._exit_renderables.append(Segments(self.console.render(traceback, self.console.options)))
        self._close_messages_no_wait()

    def on_unmount(self) -> None:
        self._questions.close()

    def on_work_fault(self, message: WorkFault) -> None:
        """An error that nobody foresaw ends the program with its traceback, from whatever thread it came."""
        raise message.error

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and not event.is_forwarded:
            await self._keys.take(event)
        else:
            await super().on_event(event)

    def on_key_done(self, message: KeyDone) -> None:
        self._keys.arrived(message)

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        # Textual's one way to the terminal; what it shows already is not sent again.
        super()._display(screen, self._frame.reduced(renderable))

    def on_resize(self) -> None:
        # Terminals move their content about when they are resized.
        self._frame.forget()

    def on_ready_to_use(self) -> None:
        """The program is up: what it has loaded stays, and the collector of garbage need not look at it again."""
        gc.freeze()
        gc.set_threshold(*COLLECTION)

    # Actions

    def action_redraw(self) -> None:
        """Paints everything, for when something else wrote to the terminal."""
        self._frame.forget()
        self.refresh(layout=True)

    def action_help(self) -> None:
        from tui.screens.modals.help import Help

        self.push_screen(Help(self.keymap_shown))

    def action_command_palette(self) -> None:
        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(placeholder="Search for commands", id="--command-palette"))

    async def action_cancel(self) -> None:
        """Ends what is being done, whatever lies above the screen that does it; if nothing is, what lies above it;
        if nothing does, the program.
        """
        browser = next((screen for screen in self.screen_stack if isinstance(screen, Browser)), None)
        if browser is not None and await browser.cancel_reading():
            self._cancelled = monotonic()
            self.notify("cancelled", timeout=3)
        elif monotonic() - self._cancelled > INSISTING:
            if isinstance(self.screen, ModalScreen):
                self.screen.dismiss(None)
            else:
                self.exit(0)

    def action_suspend_process(self) -> None:
        """Stops the program, unless nobody would be there to let it go on."""
        if _has_shell():
            super().action_suspend_process()
        else:
            told = f"no shell would bring it back: {first_key('quit', self.keymap_shown)} quits"
            self.notify(told, severity="warning", markup=False)

    def action_next_theme(self) -> None:
        place = ORDER.index(self.theme) if self.theme in ORDER else -1
        self.theme = ORDER[(place + 1) % len(ORDER)]
        self.notify(f"theme: {self.theme}", timeout=2)

    def on_copy_wanted(self, message: CopyWanted) -> None:
        from tui.clipboard import copy

        text, what = message.text, message.what
        if text:
            self._jobs.run("copy", "copying", lambda cancel: deliver(self, Copied(copy(text, what, os.environ))))
        else:
            self.notify("there is nothing to copy here", severity="warning", timeout=3)

    def on_copied(self, message: Copied) -> None:
        outcome = message.outcome
        if outcome.sequence and self._driver is not None:
            self._driver.write(outcome.sequence)
        self.notify(outcome.told, severity="information" if outcome.arrived else "warning", markup=False, timeout=4)


def _has_shell() -> bool:
    """True if what started the program can let it go on after it was stopped, as a shell with jobs does."""
    parent = os.getppid()
    try:
        return parent > 1 and os.getsid(parent) == os.getsid(0) and os.getpgid(parent) != os.getpgid(0)
    except OSError:
        # It has ended, or is of another session.
        return False
