"""A package of OneRoster 1.2: a folder or a .zip with manifest.csv, orgs.csv, users.csv and roles.csv.

The names of files and columns are those of 1EdTech's CSV binding 1.2. What else a package holds (classes,
grades, demographics) is not read.
"""

import csv
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from connector.imports.errors import ImportFileError

BULK, DELTA, ABSENT = "bulk", "delta", "absent"
GONE = "tobedeleted"
ORGS, USERS, ROLES = "orgs", "users", "roles"

NEEDED: Mapping[str, Sequence[str]] = {
    ORGS: ("sourcedId", "status", "name", "type", "identifier", "parentSourcedId"),
    USERS: ("sourcedId", "status", "username", "userIds", "givenName", "familyName", "email"),
    ROLES: ("status", "userSourcedId", "roleType", "role", "beginDate", "endDate", "orgSourcedId"),
}
"""The columns that are read of each file; the binding has all of them in every package."""

_MODES = (BULK, DELTA, ABSENT)
_LARGEST = 4 << 30


@dataclass(frozen=True, slots=True)
class Record:
    """A row of a file: its number, 1 being the header, and its cells by column."""

    number: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "").strip()


@dataclass(frozen=True, slots=True)
class Package:
    """An open package. `full`: users and roles are all there are (bulk), not what changed (delta)."""

    name: str
    folder: Path
    full: bool
    has_orgs: bool

    def records(self, file: str) -> Iterator[Record]:
        """The rows of "orgs", "users" or "roles". Raises ImportFileError."""
        with _text(self.folder, file, self.name) as lines:
            rows = csv.reader(lines)
            header = [title.strip() for title in next(rows, [])]
            for column in NEEDED[file]:
                if column not in header:
                    raise ImportFileError(f"{self.name}: {file}.csv lacks the column {column}")
            try:
                for number, cells in enumerate(rows, start=2):
                    yield Record(number, dict(zip(header, cells, strict=False)))
            except (csv.Error, UnicodeDecodeError) as error:
                raise ImportFileError(f"{self.name}: {file}.csv cannot be read: {error}") from error

    def columns(self, file: str) -> list[str]:
        """The header of a file."""
        with _text(self.folder, file, self.name) as lines:
            return [title.strip() for title in next(csv.reader(lines), [])]


@contextmanager
def open_package(path: Path) -> Iterator[Package]:
    """A folder as it lies there, or a .zip's files in a folder that is gone afterwards. Raises
    ImportFileError."""
    if path.is_dir():
        yield _package(path.name, path)
        return
    with tempfile.TemporaryDirectory(prefix="thaksa-") as folder:
        _unpack(path, Path(folder))
        yield _package(path.name, Path(folder))


def _package(name: str, folder: Path) -> Package:
    manifest = _manifest(name, folder)
    version = manifest.get("oneroster.version", "")
    if version != "1.2" and not version.startswith("1.2."):
        raise ImportFileError(
            f"{name}: manifest.csv: oneroster.version is {version or 'missing'}; packages of 1.2 are taken"
        )
    modes = {file: _mode(name, manifest, file) for file in NEEDED}
    if ABSENT in (modes[USERS], modes[ROLES]) or modes[USERS] != modes[ROLES]:
        raise ImportFileError(
            f"{name}: manifest.csv: file.users is {modes[USERS]} and file.roles is {modes[ROLES]}; "
            "both have to be there, in one mode"
        )
    return Package(name, folder, full=modes[USERS] == BULK, has_orgs=modes[ORGS] != ABSENT)


def _manifest(name: str, folder: Path) -> dict[str, str]:
    with _text(folder, "manifest", name) as lines:
        try:
            return {cells[0].strip(): cells[1].strip() for cells in csv.reader(lines) if len(cells) > 1}
        except (csv.Error, UnicodeDecodeError) as error:
            raise ImportFileError(f"{name}: manifest.csv cannot be read: {error}") from error


def _mode(name: str, manifest: Mapping[str, str], file: str) -> str:
    mode = manifest.get(f"file.{file}", ABSENT)
    if mode not in _MODES:
        raise ImportFileError(f"{name}: manifest.csv: file.{file} is {mode}; it must be {', '.join(_MODES)}")
    return mode


@contextmanager
def _text(folder: Path, file: str, name: str) -> Iterator[Iterator[str]]:
    try:
        with (folder / f"{file}.csv").open(encoding="utf-8-sig", newline="") as lines:
            yield lines
    except OSError as error:
        raise ImportFileError(f"{name}: {file}.csv cannot be opened: {error.strerror}") from error


def _unpack(path: Path, folder: Path) -> None:
    try:
        with ZipFile(path) as archive:
            for file in ("manifest", *NEEDED):
                _unpack_one(path, archive, f"{file}.csv", folder)
    except OSError as error:
        raise ImportFileError(f"{path.name}: cannot be opened: {error.strerror}") from error
    except BadZipFile as error:
        raise ImportFileError(
            f"{path.name}: is neither a folder nor a .zip of OneRoster's files: {error}"
        ) from error


def _unpack_one(path: Path, archive: ZipFile, name: str, folder: Path) -> None:
    """The binding has files at the root of the archive; people zip the folder around them."""
    found = [one for one in archive.infolist() if one.filename.rpartition("/")[2] == name]
    if not found:
        return
    if len(found) > 1:
        raise ImportFileError(f"{path.name}: has {name} more than once")
    if found[0].file_size > _LARGEST:
        raise ImportFileError(f"{path.name}: {name} is larger than {_LARGEST >> 30} GiB")
    with archive.open(found[0]) as source, (folder / name).open("wb") as target:
        shutil.copyfileobj(source, target)
