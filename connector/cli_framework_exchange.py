"""`thaksa framework export | import`: versions as files of other systems."""

import json
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection

from connector.cli_framework import BY, Code
from connector.command import OUT, Data, opened
from connector.settings import load
from lrs.clock import utc_now
from lrs.database import read_only
from mappings.case import CasePackage, crosswalks_from_case, from_case
from mappings.errors import MappingError
from mappings.framework import Framework
from mappings.frameworks import read_all_frameworks, read_framework
from mappings.load import load_framework
from mappings.moodle_csv import from_moodle_csv, to_moodle_csv
from mappings.vocabulary import OURS
from mappings.yaml_entry import read_text


class Format(StrEnum):
    """What `export` writes."""

    YAML = "yaml"
    MOODLE = "moodle-csv"
    CASE = "case"


class Foreign(StrEnum):
    """What `import` reads; our own YAML is loaded, not imported."""

    MOODLE = "moodle-csv"
    CASE = "case"


def add_commands(app: typer.Typer) -> None:
    """Add these commands to `thaksa framework`."""
    app.command("export")(export)
    app.command("import")(import_)


def export(
    code: Code,
    version: Annotated[str, typer.Argument(metavar="VERSION", help="Its version.")],
    format_: Annotated[Format, typer.Option("--format", help="Of which kind.")] = Format.YAML,
    out: Annotated[Path | None, typer.Option(help="Write it here; else to the terminal.")] = None,
    base: Annotated[str, typer.Option("--base-url", help="Address that CASE names its parts under.")] = OURS,
    data: Data = None,
) -> None:
    """Write a version as its own YAML, as Moodle's competency CSV, or as a CFPackage of CASE 1.1."""
    with opened(load(data=data)) as engine, read_only(engine).begin() as conn:
        text = _exported(conn, read_framework(conn, code, version), format_, base)
    if out is None:
        typer.echo(text, nl=False)
    else:
        _write(out, text)


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An export of Moodle, or a CFPackage.")],
    format_: Annotated[Foreign, typer.Option("--format", help="Of which kind it is.")],
    like: Annotated[
        tuple[str, str],
        typer.Option(
            metavar="CODE VERSION",
            help="A version that is loaded: its groups, stages, requirements and categories are taken over.",
        ),
    ],
    version: Annotated[str, typer.Option(help="The new version; else as the file says.")] = "",
    valid_from: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Its first day; else as the file it is like."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write YAML to be completed, and load nothing.")] = None,
    data: Data = None,
) -> None:
    """Take the competencies of a framework from another system's file, matched by their ids alone."""
    text = read_text(file)
    with opened(load(data=data)) as engine, engine.begin() as conn:
        model = read_framework(conn, *like)
        found = _imported(conn, text, file.name, format_, model, version, valid_from)
        new = load_framework(conn, found, utc_now(), BY) if out is None else False
    if out is not None:
        _write(out, found.text)
    said = "is loaded" if new else "is there already: nothing changed" if out is None else f"is in {out.name}"
    OUT.print(f"{found.name()} {said}.", markup=False, highlight=False)


def _imported(
    conn: Connection,
    text: str,
    source: str,
    format_: Foreign,
    like: Framework,
    version: str,
    valid_from: datetime | None,
) -> Framework:
    crosswalks = None
    if format_ is Foreign.CASE:
        outline = from_case(text, source, like.code)
        crosswalks = crosswalks_from_case(text, source, [one for one, _ in read_all_frameworks(conn)])
    else:
        outline = from_moodle_csv(text, source)
    said = version or outline.version
    if not said:
        raise MappingError(f"{source}: says no version: give it with --version")
    day = like.valid_from if valid_from is None else valid_from.date()
    return outline.completed(like, version=said, valid_from=day, crosswalks=crosswalks)


def _exported(conn: Connection, framework: Framework, format_: Format, base: str) -> str:
    if format_ is Format.YAML:
        return framework.text
    if format_ is Format.MOODLE:
        return to_moodle_csv(framework)
    held = read_all_frameworks(conn)
    changed = next(at for one, at in held if one.name() == framework.name())
    base = base if base.endswith("/") else f"{base}/"
    package = CasePackage(framework, changed, base, [one for one, _ in held]).package()
    return json.dumps(package, ensure_ascii=False, indent=2) + "\n"


def _write(out: Path, text: str) -> None:
    try:
        out.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise MappingError(f"{out.name}: cannot be written: {error.strerror}") from error
