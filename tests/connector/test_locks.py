"""One process at a time."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine

from connector.locks import AlreadyRunning, held
from connector.platforms import PlatformError

ROOT = Path(__file__).parents[2]
HOLDER = """
import sys, time
from connector.locks import held
from lrs.database import connect
with held(connect(sys.argv[1]), "sync:moodle"):
    print("held", flush=True)
    time.sleep(600)
"""


def test_second_is_refused_at_once_and_the_next_is_not(engine: Engine) -> None:
    with held(engine, "sync:moodle") as ours:
        assert ours()
        with pytest.raises(PlatformError, match=r"^sync:moodle: another process") as refused:
            take(engine, "sync:moodle")
        assert not refused.value.permanent
        take(engine, "sync:other / platform")
    take(engine, "sync:moodle")


def test_failure_lets_go(engine: Engine) -> None:
    with pytest.raises(KeyError), held(engine, "schedule"):
        raise KeyError
    take(engine, "schedule")


def test_killed_process_lets_go(engine: Engine, database_url: str) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, database_url], cwd=ROOT, stdout=subprocess.PIPE)
    with holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(AlreadyRunning):
            take(engine, "sync:moodle")
        holder.kill()
    for _ in range(100):
        try:
            take(engine, "sync:moodle")
        except AlreadyRunning:
            # PostgreSQL notices a little later that its client is gone.
            time.sleep(0.05)
        else:
            return
    pytest.fail("the lock is still held")


def take(engine: Engine, name: str) -> None:
    with held(engine, name):
        pass
