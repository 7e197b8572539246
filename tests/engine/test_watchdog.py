"""Work that hangs ends the process; work that ends in time leaves it alone."""

from __future__ import annotations

import subprocess
import sys

import pytest

HANGS = {
    "in Python": "while True: pass",
    "in native code that keeps the interpreter": "import re; re.match(r'(a+)+$', 'a' * 40 + 'b')",
}


def run(work: str, limit_s: float) -> subprocess.CompletedProcess[str]:
    code = f"""
from types import SimpleNamespace
import asyncio
from streams.engine import deciding
from streams.state.store import Effects, MemoryStore, Work

deciding.HANGS_S = {limit_s}

def process(*_):
    {work}
    return Effects(decided=7)

job = deciding.Deciding(SimpleNamespace(process=process))
print(asyncio.run(job.effects(Work(0, MemoryStore(), []))).decided)
"""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)


@pytest.mark.slow
@pytest.mark.parametrize("work", HANGS.values(), ids=HANGS)
def test_a_batch_that_hangs_ends_the_process_and_says_where(work):
    done = run(work, 1.0)
    assert done.returncode != 0
    assert "Timeout" in done.stderr
    assert "process" in done.stderr


@pytest.mark.slow
def test_a_batch_that_takes_its_time_is_left_alone():
    done = run("import time; time.sleep(0.2)", 30.0)
    assert (done.returncode, done.stdout) == (0, "7\n")
