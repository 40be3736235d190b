"""`thaksa` in processes that begin at once: forked from one that has imported it already.

Twenty rounds of kill -9 would otherwise spend nearly all of their time on importing.
"""

import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import TimeoutExpired

from connector.cli import main

_FORKS = multiprocessing.get_context("forkserver")
_IMPORTED = ("app", "forwarding.forward", "serve", "upgrade")
_FORKS.set_forkserver_preload([__name__, *(f"connector.{one}" for one in _IMPORTED)])


class Preloaded:
    """One such process; as `subprocess.Popen`, as far as it goes."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        given = (tuple(arguments), dict(environment), log)
        self._process = _FORKS.Process(target=_run, args=given, daemon=True)
        self._process.start()
        self.pid = self._process.pid or 0

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        code = self._process.exitcode
        if code is None:
            raise TimeoutExpired("thaksa", timeout or 0)
        return code

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()


def _run(arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for each in (sys.stdout, sys.stderr):
        os.dup2(output, each.fileno())
    os.environ.update(environment)
    sys.argv = ["thaksa", *arguments]
    main()
