"""CSV files as people save them: UTF-8 with or without a byte order mark, or Thai cp874; , ; or tab."""

import codecs
import csv
from collections.abc import Iterator
from pathlib import Path

from connector.imports.errors import ImportFileError
from connector.imports.header import Line

DELIMITERS = (",", ";", "\t")

_AT_ONCE = 1 << 20
_ENCODINGS = ("utf-8", "cp874")


def encoding_of(path: Path) -> str:
    """How the file is written: "utf-8-sig" (also without the mark) or "cp874". Raises ImportFileError."""
    for encoding in _ENCODINGS:
        if _decodes(path, encoding):
            return "utf-8-sig" if encoding == "utf-8" else encoding
    raise ImportFileError(
        f"{path.name}: is not UTF-8 text, nor Thai text of Windows (cp874, TIS-620); "
        "in Excel, save as 'CSV UTF-8 (comma delimited)' or as .xlsx"
    )


def read_csv(path: Path, encoding: str, delimiter: str) -> Iterator[Line]:
    """The file's rows; one at a time is held. A row with line breaks within quotes is one."""
    with path.open(encoding=encoding, newline="") as file:
        lines = csv.reader(file, delimiter=delimiter)
        try:
            yield from enumerate(lines, start=1)
        except csv.Error as error:
            raise ImportFileError(f"{path.name}: line {lines.line_num} is not CSV: {error}") from error


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while some := file.read(_AT_ONCE):
                decoder.decode(some)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
