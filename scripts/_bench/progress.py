"""Progress, and where the repository is."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def say(text: str) -> None:
    """A line on the error output; the standard output is the JSON's."""
    sys.stderr.write(f"bench: {text}\n")
    sys.stderr.flush()
