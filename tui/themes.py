"""The colour themes."""

from __future__ import annotations

from typing import Final

from textual.theme import Theme

DARK: Final = Theme(
    name="flowdeck-dark",
    primary="#6cb6ff",
    secondary="#8ddb8c",
    accent="#e0a3ff",
    warning="#e6b450",
    error="#ff7b72",
    success="#7ee2a8",
    foreground="#d5dbe3",
    background="#0f1419",
    surface="#161c23",
    panel="#1f2730",
    dark=True,
    variables={"muted": "#8b97a5", "block-cursor-foreground": "#0f1419"},
)

LIGHT: Final = Theme(
    name="flowdeck-light",
    primary="#0550ae",
    secondary="#1a7f37",
    accent="#8250df",
    warning="#8a5a00",
    error="#b3261e",
    success="#116329",
    foreground="#1f2328",
    background="#ffffff",
    surface="#f3f5f8",
    panel="#e4e9ef",
    dark=False,
    variables={"muted": "#59636e", "block-cursor-foreground": "#ffffff"},
)

SAFE: Final = Theme(
    name="flowdeck-safe",
    # Okabe and Ito's palette, told apart with every common colour vision.
    primary="#56b4e9",
    secondary="#009e73",
    accent="#f0e442",
    warning="#e69f00",
    error="#d55e00",
    success="#56b4e9",
    foreground="#e6e6e6",
    background="#101010",
    surface="#1a1a1a",
    panel="#262626",
    dark=True,
    variables={"muted": "#a0a0a0", "block-cursor-foreground": "#101010"},
)

THEMES: Final = (DARK, LIGHT, SAFE)

TERMINAL: Final = "ansi-dark"
"""Textual's theme that uses the sixteen colours of the terminal."""

ORDER: Final = (*(theme.name for theme in THEMES), TERMINAL)
"""In the order in which the key walks through them."""

DEFAULTS: Final = {"muted": "ansi_bright_black"}
"""Variables of ours for themes that do not set them. Textual's own `$text-muted` has no colour of its own: it is a
contrast to a background, which the styles of parts of a widget do not know."""
