"""What reading a long list took is given back to the system."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tui import memory

PROGRAM = """
import ctypes
from pathlib import Path
from tui.memory import LONG, give_back

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1])

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
blocks = [ctypes.c_void_p(libc.malloc(1000)) for _ in range(50_000)]
for block in blocks:
    ctypes.memset(block, 1, 1000)
# The last one stays: what is freed before it is a hole.
for block in blocks[:-1]:
    libc.free(block)
kept = resident()
give_back(LONG - 1)
short = resident()
give_back(LONG)
print(kept, short, resident())
"""


@pytest.mark.skipif(memory._trim() is None, reason="this C library has no malloc_trim")
def test_after_a_long_list_freed_memory_goes_back_and_after_a_short_one_it_is_kept() -> None:
    root = Path(__file__).resolve().parents[2]
    told = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, cwd=root, check=True)
    kept, short, after = map(int, told.stdout.split())
    pages = 50_000 * 1000 // 4096
    assert short >= kept
    assert after < kept - pages // 2
