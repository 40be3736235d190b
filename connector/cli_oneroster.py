"""`thaksa import oneroster`: the units and the staff of a package of OneRoster 1.2."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from sqlalchemy import Connection, Engine

from connector import console
from connector.cli_import import (
    BY,
    AcceptShrink,
    DryRun,
    RefusedFile,
    Yes,
    agreed,
    apply_staged,
    check_out,
    drop,
    end,
    show,
    show_leaving,
    show_people,
    tell_refused,
)
from connector.command import ERR, OUT, Data, ready_engine
from connector.imports.errors import ImportFileError
from connector.imports.import_files import FULL, PART, Brought, ImportFile, find
from connector.imports.oneroster import ORGS, USERS, Package, open_package
from connector.imports.oneroster_tables import org_codes, write_orgs, write_users
from connector.imports.roster_import import ROSTER_KIND, roster_terms, stage_roster
from connector.imports.staging import discard
from connector.imports.unit_import import UNITS_KIND, apply_units, stage_units
from connector.settings import Settings, load
from lrs.clock import utc_now
from mappings.days import bangkok_day
from mappings.progress import refresh
from mappings.roster_changes import Departing
from mappings.roster_leavers import leavers, let_leave
from mappings.units import known_units

PackagePath = Annotated[Path, typer.Argument(metavar="FOLDER|ZIP", help="With manifest.csv at its root.")]
PlatformName = Annotated[
    str, typer.Option(help="The platform of the settings that the column username is about.")
]


def import_oneroster(
    package: PackagePath,
    refused: RefusedFile = None,
    platform: PlatformName = "",
    dry_run: DryRun = False,
    accept_shrink: AcceptShrink = False,
    yes: Yes = False,
    data: Data = None,
) -> None:
    """Import orgs.csv as units, and the staff of users.csv and roles.csv as a roster."""
    settings = load(data=data)
    name = _platform(settings, platform)
    check_out(package, refused)
    engine = ready_engine(settings)
    try:
        with open_package(package) as opened, TemporaryDirectory(prefix="thaksa-") as folder:
            if opened.has_orgs and not _bring_orgs(engine, opened, Path(folder), dry_run=dry_run):
                OUT.print("People can be checked once these units are there.")
                return
            gone, staged = _stage_users(settings, engine, opened, Path(folder), name)
        leaving, departed = _show_all(engine, staged, gone)
        if dry_run or not agreed(departed, yes):
            drop(engine, staged, refused)
            return
        _apply(engine, staged, leaving, accept_shrink=accept_shrink)
        end(engine, staged, refused)
    finally:
        engine.dispose()


def _show_all(engine: Engine, staged: ImportFile, gone: Sequence[str]) -> tuple[list[Departing], int]:
    """Whom the package says to have left, and how many people leave in all."""
    with engine.connect() as conn:
        leaving = leavers(conn, gone)
    number = len({one.person_id for one in leaving})
    show_people(engine, staged)
    show_leaving(leaving, number)
    return leaving, staged.departed + number


def _apply(engine: Engine, staged: ImportFile, leaving: list[Departing], *, accept_shrink: bool) -> None:
    def let_them_leave(conn: Connection, now: datetime) -> None:
        let_leave(conn, leaving, now, BY)

    linked = apply_staged(engine, staged, accept_shrink, let_them_leave)
    with engine.begin() as conn:
        refresh(conn, utc_now())
    OUT.print(f"{linked} accounts newly linked.")


def _platform(settings: Settings, name: str) -> str | None:
    """The one named, else the only one there is."""
    if name and name not in settings.platforms:
        known = ", ".join(settings.platforms) or "none"
        raise ImportFileError(f"--platform {name}: is no platform of the settings; they have: {known}")
    return name or (next(iter(settings.platforms)) if len(settings.platforms) == 1 else None)


def _bring_orgs(engine: Engine, package: Package, folder: Path, *, dry_run: bool) -> bool:
    """Import the units; whether all of the package's are there now, so that people can be looked up."""
    path = folder / f"{ORGS}.csv"
    with engine.connect() as conn:
        write_orgs(package, path, *known_units(conn, bangkok_day(utc_now())))
    OUT.print(f"{ORGS}.csv:")
    with console.progress(ERR) as progress:
        brought = Brought(UNITS_KIND, path, BY, f"{package.name}/{ORGS}.csv")
        import_id = stage_units(engine, brought, utc_now(), partial(progress, "rows read"))
    staged = show(engine, import_id)
    tell_refused(engine, staged, None)
    with engine.begin() as conn:
        if dry_run:
            discard(conn, import_id, utc_now(), BY, "not applied")
        else:
            apply_units(conn, import_id, utc_now(), BY)
    return not (dry_run and staged.added)


def _stage_users(
    settings: Settings, engine: Engine, package: Package, folder: Path, platform: str | None
) -> tuple[list[str], ImportFile]:
    """The ids of people who are to be deleted, and the staged roster of the others."""
    path, now = folder / f"{USERS}.csv", utc_now()
    with engine.connect() as conn:
        codes = org_codes(package, *known_units(conn, bangkok_day(now)))
        terms = roster_terms(settings, conn)
    if platform:
        terms = replace(terms, home_pages={platform: terms.home_pages[platform]})
    gone = write_users(package, path, codes, platform, bangkok_day(now))
    coverage = FULL if package.full else PART
    OUT.print(f"{USERS}.csv:")
    with console.progress(ERR) as progress:
        brought = Brought(ROSTER_KIND, path, BY, f"{package.name}/{USERS}.csv", coverage)
        import_id = stage_roster(engine, brought, terms, now, partial(progress, "rows read"))
    show(engine, import_id)
    with engine.connect() as conn:
        return gone if not package.full else [], find(conn, import_id)
