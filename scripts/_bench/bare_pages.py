"""The least that a page of the same size can cost here: `python -m scripts._bench.bare_pages PORT FILE...`.

FastAPI and Jinja2, nobody asked who they are and no database: each file is a page, kept in memory in the
pieces of its table, and a template writes them cell by cell.
"""

import re
import sys
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from jinja2 import Environment
from markupsafe import Markup

from scripts._bench.bare import serve

_TEMPLATE = "{% for row in rows %}{% for cell in row %}{{ cell }}{% endfor %}{% endfor %}"


def bare_pages(files: list[Path]) -> FastAPI:
    """Each page at /0, /1 and so on."""
    app = FastAPI()
    template = Environment(autoescape=True).from_string(_TEMPLATE)
    pages = [_pieces(file.read_text(encoding="utf-8")) for file in files]

    @app.get("/{number}", response_class=HTMLResponse)
    def page(number: int) -> str:
        return template.render(rows=pages[number])

    return app


def _pieces(page: str) -> list[list[Markup]]:
    """Its rows, each in cells; together they are the page."""
    return [
        [Markup(cell) for cell in re.split(r"(?=<t[dh][ >])", row)]  # noqa: S704 - a page of our own
        for row in re.split(r"(?=<tr[ >])", page)
    ]


if __name__ == "__main__":
    serve(bare_pages([Path(name) for name in sys.argv[2:]]), int(sys.argv[1]))
