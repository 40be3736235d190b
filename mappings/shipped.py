"""The files that come with the product: the framework, course mappings, positions, a sample organisation."""

from importlib.resources import files
from pathlib import Path

FRAMEWORK = "otepc-w4-2563.yaml"
MAPPINGS = ("mappings-sample-moodle.yaml", "mappings-thaimooc.yaml")
POSITIONS = "positions.yaml"
SAMPLE_UNITS = "sample/units.csv"
SAMPLE_ROSTER = "sample/roster.csv"


def path(name: str) -> Path:
    """Where a shipped file lies, `name` as in the constants of this module."""
    return Path(str(files("mappings") / "data" / name))


def text(name: str) -> str:
    """A shipped file's text."""
    return path(name).read_text(encoding="utf-8")
