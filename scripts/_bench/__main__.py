"""The command line of `scripts/bench`: parses it, repeats the measurement, prints JSON."""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import orjson

from scripts._bench import computing, imports, pages, reads, ticks, writes
from scripts._bench.databases import NAMES
from scripts._bench.filled import filled_databases
from scripts._bench.filled_countries import filled_countries
from scripts._bench.progress import ROOT, say
from scripts._bench.report import Figures, repeated

SCRATCH = ROOT / ".cache" / "bench"


def main() -> None:
    """Measure what is asked for."""
    chosen = _parser().parse_args()
    SCRATCH.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=SCRATCH))
    try:
        report = chosen.measure(chosen, scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    sys.stdout.buffer.write(
        orjson.dumps(report, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS) + b"\n"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    commands = parser.add_subparsers(required=True)
    _command(commands, "lrs", writes.__doc__, _writes)
    reading = _command(commands, "reads", reads.__doc__, _reads)
    reading.add_argument(
        "--sizes", type=_sizes, default=[100_000, 1_000_000], help="statements, such as 1000,9000"
    )
    reading.add_argument("--keep", action="store_true", help="leave the filled databases for the next run")
    importing = _command(commands, "imports", imports.__doc__, _imports)
    importing.add_argument("--people", type=_count, default=500_000, help="rows (default 500000)")
    progress = _command(commands, "progress", computing.__doc__, _progress)
    progress.add_argument("--people", type=_count, default=500_000, help="default 500000")
    progress.add_argument("--rows", type=_count, default=20_000_000, help="of evidence (default 20000000)")
    progress.add_argument("--keep", action="store_true", help="leave the filled databases for the next run")
    pages_ = _command(commands, "pages", pages.__doc__, _pages)
    pages_.add_argument("--people", type=_count, default=500_000, help="default 500000")
    pages_.add_argument("--rows", type=_count, default=20_000_000, help="of evidence (default 20000000)")
    _command(commands, "ticks", ticks.__doc__, _ticks)
    return parser


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    about: str | None,
    measure: Callable[[argparse.Namespace, Path], Figures],
) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name, description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", choices=NAMES, default="sqlite")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of each measurement (default 10)")
    parser.add_argument(
        "--runs", type=_count, default=1, help="repeat everything, report medians (default 1)"
    )
    parser.set_defaults(measure=measure)
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return int(text)


def _sizes(text: str) -> list[int]:
    return sorted({_count(one) for one in text.split(",")})


def _writes(chosen: argparse.Namespace, scratch: Path) -> Figures:
    def run(folder: Path) -> Figures:
        return writes.measure(chosen.database, folder, chosen.seconds)

    return repeated(partial(_in_folder, run, chosen.runs, scratch), chosen.runs, writes.bars)


def _imports(chosen: argparse.Namespace, scratch: Path) -> Figures:
    def run(folder: Path) -> Figures:
        return imports.measure(chosen.database, folder, chosen.people)

    return repeated(partial(_in_folder, run, chosen.runs, scratch), chosen.runs, imports.bars)


def _ticks(chosen: argparse.Namespace, scratch: Path) -> Figures:
    def run(folder: Path) -> Figures:
        return ticks.measure(chosen.database, folder, chosen.seconds)

    return repeated(partial(_in_folder, run, chosen.runs, scratch), chosen.runs, ticks.bars)


def _progress(chosen: argparse.Namespace, _scratch: Path) -> Figures:
    def run(number: int) -> Figures:
        say(f"run {number + 1} of {chosen.runs}")
        return computing.measure(chosen.database, chosen.people, chosen.rows)

    with filled_countries(chosen.database, computing.sizes(chosen.people, chosen.rows), keep=chosen.keep):
        return repeated(run, chosen.runs, computing.bars)


def _pages(chosen: argparse.Namespace, scratch: Path) -> Figures:
    def run(folder: Path) -> Figures:
        return pages.measure(chosen.database, folder, chosen.people, chosen.rows, chosen.seconds)

    return repeated(partial(_in_folder, run, chosen.runs, scratch), chosen.runs, pages.bars)


def _in_folder(run: Callable[[Path], Figures], runs: int, scratch: Path, number: int) -> Figures:
    say(f"run {number + 1} of {runs}")
    folder = scratch / str(number)
    folder.mkdir()
    try:
        return run(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _reads(chosen: argparse.Namespace, _scratch: Path) -> Figures:
    sizes: Sequence[int] = chosen.sizes

    def run(number: int) -> Figures:
        say(f"run {number + 1} of {chosen.runs}")
        return reads.measure(chosen.database, sizes, chosen.seconds)

    with filled_databases(chosen.database, sizes, keep=chosen.keep):
        return repeated(run, chosen.runs, reads.bars)


if __name__ == "__main__":
    main()
