"""The configuration file: what it may say, what is told about mistakes, and keys that were rebound."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from textual.pilot import Pilot

from store.entities import ViewType
from store.errors import UsageError
from tests.tui.conftest import screen_text, wait_for
from tui.app import FlowdeckApp
from tui.config import Config, config_path, read_config
from tui.keys import BY_ID, KEYS, Place
from tui.screens.browser import Browser
from tui.themes import ORDER
from tui.widgets.footer import Footer
from tui.widgets.table import Table


def read(folder: Path, text: str | bytes, environ: Mapping[str, str] | None = None) -> Config:
    path = folder / "config.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_config({"FLOWDECK_CONFIG": str(path), **(environ or {})}, BY_ID)


def refused(folder: Path, text: str | bytes) -> UsageError:
    with pytest.raises(UsageError) as caught:
        read(folder, text)
    assert str(folder / "config.toml") in caught.value.message
    assert caught.value.hint
    return caught.value


# The file


def test_without_a_file_everything_is_as_it_comes(tmp_path: Path) -> None:
    assert read_config({"FLOWDECK_CONFIG": str(tmp_path / "none.toml")}, BY_ID) == Config()
    assert read_config({"FLOWDECK_CONFIG": str(tmp_path / "none.toml"), "FLOWDECK_MOUSE": "0"}, BY_ID).mouse is False
    assert read(tmp_path, "") == Config()


def test_the_readmes_example_is_read(tmp_path: Path) -> None:
    text = 'theme = "flowdeck-light"\nmouse = true\n\n[keys]\nrefresh = "f5,r"\nquit = "ctrl+q"\n'
    assert read(tmp_path, text) == Config("flowdeck-light", True, {"refresh": "f5,r", "quit": "ctrl+q"})


def test_the_file_is_where_its_variable_or_xdg_says() -> None:
    assert config_path({"FLOWDECK_CONFIG": "a.toml", "XDG_CONFIG_HOME": "/x"}) == Path("a.toml")
    assert config_path({"XDG_CONFIG_HOME": "/x"}) == Path("/x/flowdeck/config.toml")
    assert config_path({}) == Path("~/.config/flowdeck/config.toml").expanduser()


def test_the_interval_of_live_mode_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, "").interval == Config().interval == 5.0
    assert read(tmp_path, "interval = 2.5").interval == 2.5
    assert read(tmp_path, "interval = 0").interval == 0
    for text in ("-1", "true", "'5'", "nan", "inf", "1e9"):
        assert "interval: no number of seconds" in refused(tmp_path, f"interval = {text}").message


def test_saved_stores_may_stand_beside_the_other_settings(tmp_path: Path) -> None:
    text = 'mouse = false\n[stores.prod]\nuri = "postgresql://ml@db/mlflow"\n'
    assert read(tmp_path, text) == Config(mouse=False)
    assert "stores: not a table" in refused(tmp_path, "stores = 3").message


@pytest.mark.parametrize(
    "text",
    ["theme = ", "[keys", "a = 1\na = 2\n", b"theme = '\xff'", "a = " + "[" * 5000, "a = " + "9" * 6000],
    ids=["cut", "bracket", "twice", "bytes", "nested", "digits"],
)
def test_a_file_that_is_no_toml_is_told_with_its_place(tmp_path: Path, text: str | bytes) -> None:
    error = refused(tmp_path, text)
    assert "cannot be read" in error.message


def test_a_folder_in_place_of_the_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_config({"FLOWDECK_CONFIG": str(tmp_path)}, BY_ID)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("them = 'x'", "them: no such setting"),
        ("theme = 1", "theme: not a text"),
        ("mouse = 'yes'", "mouse: neither true nor false"),
        ("[keys]\nrefrehs = 'f5'", "[keys] refrehs: no such key id"),
        ("[keys]\nrefresh = 5", "[keys] refresh: not a text"),
        ("theme = 'no-such-theme'", "theme: there is no no-such-theme; there are flowdeck-dark, flowdeck-light"),
        ("[keys]\nrefresh = 'f5,contrl+r'", "[keys] refresh: there is no key contrl+r"),
        ("[keys]\nrefresh = 'F5'", "[keys] refresh: there is no key F5"),
        ("[keys]\nrefresh = 'ctrl+'", "[keys] refresh: there is no key ctrl+"),
        ("[keys]\nrefresh = 'r,,f5'", "[keys] refresh: an empty name between commas"),
        ("[keys]\nrefresh = ''", "[keys] refresh: an empty name between commas"),
        ("keys = 'f5'", "keys: not a table"),
        ("keys = ['f5']", "keys: not a table"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, told: str) -> None:
    assert told in refused(tmp_path, text).message


@pytest.mark.parametrize(
    "name", ["f5", "ctrl+r", "?", "question_mark", "shift+tab", "alt+x", "plus", "minus", "ä", "R"]
)
def test_every_name_that_textual_has_for_a_key_is_taken(tmp_path: Path, name: str) -> None:
    assert read(tmp_path, f"[keys]\nrefresh = 'space, {name}'").keys == {"refresh": f"space, {name}"}


def test_the_keys_of_the_key_table_are_names_of_keys(tmp_path: Path) -> None:
    text = "[keys]\n" + "".join(f"{key.id} = '{','.join(key.keys)}'\n" for key in KEYS)
    assert len(read(tmp_path, text).keys) == len(KEYS)


@pytest.mark.parametrize("theme", ORDER)
def test_every_theme_can_be_chosen(tmp_path: Path, theme: str) -> None:
    assert read(tmp_path, f"theme = '{theme}'").theme == theme


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    message = refused(tmp_path, "theme = 1\nmouse = 2\nx = 3\n[keys]\ny = 'z'").message
    assert all(name in message for name in ("theme:", "mouse:", "x:", "[keys] y:"))


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    assert read(tmp_path, "mouse = true", {"FLOWDECK_MOUSE": "0"}).mouse is False
    assert read(tmp_path, "mouse = false", {"FLOWDECK_MOUSE": "1"}).mouse is True
    assert read(tmp_path, "mouse = false", {"FLOWDECK_MOUSE": ""}).mouse is False
    assert read(tmp_path, "mouse = false").mouse is False


# In the program


def footer(pilot: Pilot[int]) -> str:
    found = pilot.app.screen_stack[0].query_one(Footer)
    return "".join(segment.text for segment in found.render_line(0))


async def ready(pilot: Pilot[int]) -> Browser:
    screen = pilot.app.screen
    assert isinstance(screen, Browser)
    await wait_for(pilot, lambda: len(screen.experiments.table.rows) == 7, "experiments")
    return screen


async def test_a_rebound_key_works_and_is_shown_in_the_footer_and_the_help(demo: Path) -> None:
    config = Config(keys={"help": "f9", "find": "ctrl+o", "down": "x,down"})
    app = FlowdeckApp(str(demo), "test store", config)
    async with app.run_test(size=(120, 30)) as pilot:
        screen = await ready(pilot)
        table = screen.experiments.table
        await pilot.press("x", "down")
        assert table.cursor == 3
        # What it was bound to does nothing any more.
        await pilot.press("j")
        assert table.cursor == 3
        assert "f9 help" in footer(pilot)
        assert "^o find" in footer(pilot)
        await pilot.press("question_mark")
        assert app.screen is screen
        await pilot.press("ctrl+o")
        assert screen.experiments.prompt.shown
        await pilot.press("escape", "f9")
        await wait_for(pilot, lambda: "Show every key" in screen_text(app), "help")
        line = next(line for line in screen_text(app).splitlines() if "Show every key" in line)
        assert "f9" in line
        assert "?" not in line.partition("Show")[0]


async def test_the_palette_names_the_key_that_was_chosen(demo: Path) -> None:
    app = FlowdeckApp(str(demo), "test store", Config(keys={"refresh": "f5"}))
    async with app.run_test(size=(120, 30)) as pilot:
        await ready(pilot)
        await pilot.press("colon")
        await wait_for(pilot, lambda: "Read the store again" in screen_text(app), "palette")
        line = next(line for line in screen_text(app).splitlines() if "Read the store again" in line)
        assert "[f5]" in line


async def test_what_an_empty_list_says_names_the_keys_that_were_chosen(demo: Path) -> None:
    app = FlowdeckApp(str(demo), "test store", Config(keys={"stage": "f6", "refresh": "f5", "back": "f4"}))
    async with app.run_test(size=(120, 30)) as pilot:
        screen = await ready(pilot)
        screen.experiments.show((), {}, ViewType.DELETED_ONLY)
        await wait_for(pilot, lambda: "no experiment is deleted" in screen_text(app), "no deleted experiments")
        assert "f6 shows the others" in screen_text(app)
        screen.experiments.show((), {}, ViewType.ACTIVE_ONLY)
        await wait_for(pilot, lambda: "f5 reads again" in screen_text(app), "an empty store")
        screen.experiments.wanted = "x"
        screen.experiments.narrow()
        await wait_for(pilot, lambda: "f4 shows all of them" in screen_text(app), "nothing found")


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
async def test_the_help_tells_every_key_in_full_below_its_place(demo: Path, size: tuple[int, int]) -> None:
    app = FlowdeckApp(str(demo), "test store")
    async with app.run_test(size=size) as pilot:
        await ready(pilot)
        await pilot.press("question_mark")
        await wait_for(pilot, lambda: "Show every key" in screen_text(app), "help")
        await pilot.pause()
        table = app.screen.query_one(Table)
        texts: list[tuple[str, str]] = []
        for index in range(len(table.rows)):
            found = table.rows.cells(index)
            assert found is not None
            texts.append((found[0].text, found[1].text))
            # Nothing is cut.
            assert found[1].text in "".join(segment.text for segment in table._lines.row(index, "", pointed=False))
        told = " ".join(text for _, text in texts)
        assert all(key.tooltip in told for key in KEYS)
        places = [text for _, text in texts if text in list(Place)]
        assert places == list(Place)
        await pilot.press(*"wall")
        await wait_for(pilot, lambda: len(table.rows) <= 3, "one key")
        assert "chart" in screen_text(app)


async def test_the_theme_is_the_one_that_was_chosen(demo: Path) -> None:
    for wanted, used in (("flowdeck-light", "flowdeck-light"), (None, "flowdeck-dark")):
        app = FlowdeckApp(str(demo), "test store", Config(theme=wanted))
        assert app.theme == used
