"""Small PNG pictures, drawn and written with nothing but zlib."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

Colour = tuple[int, int, int]

_PALETTE: Final[tuple[Colour, ...]] = (
    (255, 255, 255),
    (60, 60, 67),
    (222, 222, 228),
    (31, 119, 180),
    (255, 127, 14),
    (44, 160, 44),
    *((247 - 239 * i // 15, 251 - 203 * i // 15, 255 - 148 * i // 15) for i in range(16)),
)
_PAPER: Final = 0
_INK: Final = 1
_GRID: Final = 2
_FIRST_CURVE: Final = 3
_CURVES: Final = 3
_FIRST_BLUE: Final = 6
_BLUES: Final = 16


class Canvas:
    """A picture of palette colours; positions outside it are ignored."""

    def __init__(self, width: int, height: int) -> None:
        self._width = width
        self._rows = [bytearray([_PAPER]) * width for _ in range(height)]

    def fill(self, left: int, top: int, width: int, height: int, colour: int) -> None:
        right = min(self._width, left + width)
        for row in self._rows[top : top + height]:
            row[left:right] = bytes([colour]) * (right - left)

    def line(self, x0: float, y0: float, x1: float, y1: float, colour: int) -> None:
        """Two pixels high, so that flat curves are not thinner than steep ones look."""
        count = int(max(abs(x1 - x0), abs(y1 - y0))) + 1
        for i in range(count + 1):
            x, y = int(x0 + (x1 - x0) * i / count), int(y0 + (y1 - y0) * i / count)
            if 0 <= x < self._width:
                for row in self._rows[max(0, y) : y + 2]:
                    row[x] = colour

    def png(self) -> bytes:
        header = struct.pack(">IIBBBBB", self._width, len(self._rows), 8, 3, 0, 0, 0)
        pixels = zlib.compress(b"".join(b"\0" + bytes(row) for row in self._rows), 6)
        palette = bytes(part for colour in _PALETTE for part in colour)
        chunks = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", pixels), (b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def matrix_picture(matrix: Sequence[Sequence[float]], cell: int = 28) -> bytes:
    """A confusion matrix: the larger a cell, the bluer; by square root, so that the few mistakes show."""
    size, margin = len(matrix), 12
    canvas = Canvas(size * cell + 2 * margin, size * cell + 2 * margin)
    canvas.fill(margin - 2, margin - 2, size * cell + 4, size * cell + 4, _INK)
    largest = max(max(row) for row in matrix) or 1
    for y, row in enumerate(matrix):
        for x, value in enumerate(row):
            blue = _FIRST_BLUE + int((_BLUES - 1) * (value / largest) ** 0.5)
            canvas.fill(margin + x * cell, margin + y * cell, cell - 1, cell - 1, blue)
    return canvas.png()


def curves_picture(curves: Sequence[Sequence[float]], width: int = 480, height: int = 300) -> bytes:
    """Up to three curves over a common axis, each scaled over the whole width."""
    canvas, margin = Canvas(width, height), 24
    inner_width, inner_height = width - 2 * margin, height - 2 * margin
    for i in range(1, 5):
        canvas.fill(margin, margin + inner_height * i // 5, inner_width, 1, _GRID)
        canvas.fill(margin + inner_width * i // 5, margin, 1, inner_height, _GRID)
    canvas.fill(margin, margin, 2, inner_height, _INK)
    canvas.fill(margin, margin + inner_height, inner_width, 2, _INK)
    low, high = min(map(min, curves)), max(map(max, curves))
    span = (high - low) or 1.0
    for number, curve in enumerate(curves):
        last = max(1, len(curve) - 1)
        points = [
            (margin + inner_width * i / last, margin + inner_height * (high - value) / span)
            for i, value in enumerate(curve)
        ]
        for (x0, y0), (x1, y1) in pairwise(points):
            canvas.line(x0, y0, x1, y1, _FIRST_CURVE + number % _CURVES)
    return canvas.png()
