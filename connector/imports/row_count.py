"""About how many rows a file has, found fast: for a progress bar, and nothing else."""

from pathlib import Path
from zipfile import BadZipFile, ZipFile, is_zipfile

_AT_ONCE = 1 << 20


def rows_about(path: Path) -> int:
    """Lines of a CSV file, rows of a workbook's sheets; 0 where they cannot be counted."""
    try:
        return _in_workbook(path) if is_zipfile(path) else _in_text(path)
    except (OSError, BadZipFile, ValueError):
        return 0


def _in_text(path: Path) -> int:
    with path.open("rb") as file:
        return sum(some.count(b"\n") for some in iter(lambda: file.read(_AT_ONCE), b""))


def _in_workbook(path: Path) -> int:
    with ZipFile(path) as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
        return sum(_in_sheet(archive, name) for name in sheets)


def _in_sheet(archive: ZipFile, name: str) -> int:
    with archive.open(name) as file:
        return sum(some.count(b"</row>") for some in iter(lambda: file.read(_AT_ONCE), b""))
