"""Every text of the pages is told in English, and none goes around the table of languages."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po

import connector

ROOT = Path(connector.__file__).parent
TEMPLATES = sorted((ROOT / "report" / "templates").glob("*.html"))
THAI = re.compile("[\u0e00-\u0e7f]")
PLACES = re.compile(r"%\(\w+\)s|\{[^}]*\}")
# Words that files are read by, reasons that have English of their own, months, examples, and sheets and
# mails, which are Thai.
OTHERS = {
    "words.py",
    "published_api.py",
    "letter.py",
    "import_users.py",
    "reasons.py",
    "thai.py",
    "sheets.py",
    "sheets_page.py",
    "excel.py",
    "csv_sheet.py",
}
CODE = sorted(
    path
    for folder in ("report", "access", "reminders", "forwarding", "imports/kinds.py")
    for path in ([ROOT / folder] if folder.endswith(".py") else (ROOT / folder).rglob("*.py"))
    if path.name not in OTHERS
)


@pytest.fixture(scope="module")
def english() -> dict[tuple[str, str], str]:
    """Context and Thai -> English of one."""
    said = {}
    with (ROOT / "report" / "translations" / "en.po").open("rb") as file:
        for message in read_po(file, locale="en"):
            ids = message.id if isinstance(message.id, (tuple, list)) else (message.id,)
            texts = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
            if all(texts):
                said[message.context or "", ids[0]] = str(texts[0])
    return said


def messages(path: Path) -> Iterator[tuple[str, str]]:
    """Context and text of each message of a template."""
    options = {"extensions": "jinja2.ext.i18n", "trimmed": "true", "silent": "false"}
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
    with path.open("rb") as file:
        for _, said, _, context in extract("jinja2.ext:babel_extract", file, keywords, (), options):
            yield context or "", said[0] if isinstance(said, tuple) else said


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_text_of_a_template_has_its_english(path: Path, english: dict[tuple[str, str], str]) -> None:
    for context, text in messages(path):
        if THAI.search(text):
            assert (context, text) in english, f"translations/en.po lacks {text!r} ({context!r})"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_says_thai_by_itself(path: Path) -> None:
    source = re.sub(
        r"\{% trans.*?endtrans %\}|\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL
    )
    called = re.sub(r'\b(?:_|gettext|ngettext|pgettext)\((?:"(?:[^"\\]|\\.)*"(?:,\s*)?)+', "", source)
    assert [line.strip() for line in called.splitlines() if THAI.search(line)] == []


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.name)
def test_every_text_of_the_code_has_its_english(path: Path, english: dict[tuple[str, str], str]) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    known = {text for _, text in english}
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value.value = ""  # A docstring.
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and THAI.search(node.value):
            assert node.value in known, f"{path.name}:{node.lineno}: en.po lacks {node.value!r}"


def test_english_has_the_places_of_its_thai(english: dict[tuple[str, str], str]) -> None:
    for (_, thai), text in english.items():
        assert sorted(set(PLACES.findall(text))) == sorted(set(PLACES.findall(thai))), thai


def test_english_holds_no_thai(english: dict[tuple[str, str], str]) -> None:
    assert [text for (_, thai), text in english.items() if thai and THAI.search(text)] == []
