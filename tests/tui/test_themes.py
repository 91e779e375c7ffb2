"""Every theme can be read: plain text, muted text, the cursor's row, each status."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.color import Color
from rich.style import Style
from textual.widget import Widget

from tests.tui.conftest import wait_for
from tui.app import FlowdeckApp
from tui.config import Config
from tui.screens.browser import Browser
from tui.themes import DEFAULTS, ORDER, TERMINAL, THEMES
from tui.view.cells import status_symbol
from tui.view.runs import STATUS_ROLES
from tui.widgets.chart_view import ChartView
from tui.widgets.footer import Footer
from tui.widgets.line import Line
from tui.widgets.table import Table
from tui.widgets.tabs import Tabs

PLAIN, MUTED = 4.5, 3.0
"""The contrasts that WCAG asks of text, and of what is large or less important."""

QUIET = {
    *("table--dim", "table--empty", "table--header", "table--bar", "line--dim", "line--status-SCHEDULED"),
    *("footer--label", "tabs--other", "chart--axis", "chart--label", "chart--raw"),
    # Curves are drawings, not text.
    *(f"chart--series{number}" for number in range(8)),
}


def luminance(color: Color) -> float:
    parts = [value / 255 for value in color.get_truecolor()]
    red, green, blue = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(style: Style) -> float:
    """WCAG's ratio of the lighter to the darker of a style's two colours."""
    assert style.color is not None
    assert style.bgcolor is not None
    lighter, darker = sorted((luminance(style.color), luminance(style.bgcolor)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_ratio_is_that_of_wcag() -> None:
    assert contrast(Style(color="#000000", bgcolor="#ffffff")) == pytest.approx(21)
    assert contrast(Style(color="#777777", bgcolor="#ffffff")) == pytest.approx(4.48, abs=0.01)


def parts(widget: Widget, name: str) -> Style:
    return widget.rich_style + widget.get_component_rich_style(name, partial=True)


def unreadable(widget: Widget) -> list[str]:
    """Component classes of a widget whose contrast is too small where it stands."""
    found = []
    for name in sorted(type(widget).COMPONENT_CLASSES):
        if name in ("table--cursor", "table--cursor-blurred"):
            continue
        ratio = contrast(parts(widget, name))
        if ratio < (MUTED if name in QUIET else PLAIN):
            found.append(f"{name} on {widget!r}: {ratio:.1f}")
    if contrast(widget.rich_style) < MUTED:
        found.append(f"{widget!r}: {contrast(widget.rich_style):.1f}")
    return found


def unreadable_cursor(table: Table) -> list[str]:
    """Roles that cannot be read in the row of the cursor, with and without focus."""
    found = []
    for on in ("table--cursor", "table--cursor-blurred"):
        cursor = table.get_component_rich_style(on, partial=True)
        for name in sorted(type(table).COMPONENT_CLASSES - {"table--cursor", "table--cursor-blurred"}):
            ratio = contrast(parts(table, name) + cursor)
            if ratio < (MUTED if name in QUIET else PLAIN):
                found.append(f"{name} on {on}: {ratio:.1f}")
    return found


@pytest.mark.parametrize("name", [theme.name for theme in THEMES])
async def test_everything_can_be_read(demo: Path, name: str) -> None:
    app = FlowdeckApp(str(demo), "test store", Config(theme=name))
    async with app.run_test(size=(240, 40)) as pilot:
        screen = app.screen
        assert isinstance(screen, Browser)
        await wait_for(pilot, lambda: len(screen.experiments.table.rows) == 7, "experiments")
        await wait_for(pilot, lambda: screen.query(ChartView) and screen.query(Tabs), "every pane")
        wrong: list[str] = []
        for pane in ("1", "3"):
            # The line above the pane that has the focus has a background of its own.
            await pilot.press(pane)
            for kind in (Table, Line, Footer, Tabs, ChartView):
                for widget in screen.query(kind):
                    wrong += unreadable(widget)
                    wrong += unreadable_cursor(widget) if isinstance(widget, Table) else []
        assert sorted(set(wrong)) == []


async def test_the_terminals_own_theme_uses_only_its_sixteen_colours(demo: Path) -> None:
    app = FlowdeckApp(str(demo), "test store", Config(theme=TERMINAL))
    async with app.run_test(size=(120, 30)) as pilot:
        screen = app.screen
        assert isinstance(screen, Browser)
        await wait_for(pilot, lambda: len(screen.experiments.table.rows) == 7, "experiments")
        for kind in (Table, Line, Footer):
            for widget in screen.query(kind):
                for name in type(widget).COMPONENT_CLASSES:
                    styles = widget.get_component_styles(name)
                    if styles.has_rule("color"):
                        assert styles.color.ansi is not None, (widget, name, styles.color)


def test_every_theme_is_known_to_the_key_that_walks_through_them() -> None:
    app = FlowdeckApp("x", "test store")
    assert set(ORDER) <= set(app.available_themes)
    assert len(set(ORDER)) == len(ORDER) == len(THEMES) + 1
    for theme in THEMES:
        assert set(DEFAULTS) <= set(theme.variables)


def test_statuses_differ_by_symbol_and_not_by_colour_alone() -> None:
    assert len({status_symbol(status) for status in STATUS_ROLES}) == len(STATUS_ROLES)
    assert {f"line--status-{status}" for status in STATUS_ROLES} <= Line.COMPONENT_CLASSES
    assert {f"table--{role}" for role in STATUS_ROLES.values()} <= Table.COMPONENT_CLASSES
