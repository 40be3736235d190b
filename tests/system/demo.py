"""The demonstration as an operator starts it: `thaksa demo` in a process of its own."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
RECORDING = ROOT / "tests" / "fixtures" / "moodle" / "site-1.jsonl.gz"
START_SECONDS = 120


@dataclass(frozen=True)
class Demo:
    """A running demonstration: the address of its overview, its data folder."""

    url: str
    data: Path


def thaksa(*arguments: str, data: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Runs one `thaksa …` command on a data folder."""
    return subprocess.run(
        [sys.executable, "-m", "connector", *arguments],
        cwd=ROOT,
        env=os.environ | {"THAKSA_DATA": str(data), "COLUMNS": "200"} | environ,
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )


@contextmanager
def running_demo(data: Path) -> Iterator[Demo]:
    """Starts the demonstration on a free port and ends it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "connector", "demo", "--recording", str(RECORDING), "--port", "0"],
        cwd=ROOT,
        env=os.environ | {"THAKSA_DATA": str(data), "COLUMNS": "200"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    timer = threading.Timer(START_SECONDS, process.kill)
    timer.start()
    try:
        address = _address(process)
        timer.cancel()
        yield Demo(address, data)
    finally:
        timer.cancel()
        process.terminate()
        process.communicate(timeout=30)


def _address(process: "subprocess.Popen[str]") -> str:
    assert process.stdout
    printed = []
    for line in process.stdout:
        printed.append(line)
        if found := re.search(r"open (http://\S+/)", line):
            return found[1]
    raise AssertionError(f"the demonstration did not start:\n{''.join(printed)}")
