"""The kinds of files that can be brought to the page of imports: a line each in `import_kinds`."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import Connection, Engine

from connector.imports.import_files import Brought
from connector.imports.learning import apply, rehearse, withdraw
from connector.imports.learning_files import stage_attendance, stage_claims, stage_completions
from connector.imports.roster_import import (
    ROSTER_KIND,
    apply_roster,
    check_roster,
    roster_terms,
    stage_roster,
)
from connector.imports.settle import ATTENDANCE, CLAIMS, COMPLETIONS, Setting
from connector.imports.staging import Progress
from connector.imports.unit_import import UNITS_KIND, apply_units, check_staged_units, stage_units
from connector.key_file import read_keys
from connector.settings import Settings
from mappings.roster_changes import departing

Stage = Callable[[Engine, Brought, datetime, Progress], int]
"""Reads a file and checks it; its import id. Raises ImportFileError."""

Check = Callable[[Connection, int, datetime], object]
"""Finds anew what a staged file does."""

Apply = Callable[[Connection, int, datetime, str], object]
"""Applies a staged file, for somebody who has seen what it does. Raises ImportStateError where it is not
staged any more, or does something else by now."""

Withdraw = Callable[[Connection, str, Sequence[int] | None, str, datetime, str], object]
"""Takes an applied file (UUID) back, or some rows of it, for a reason. Raises ImportStateError."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """Somebody whom a full list leaves out: the person's UUID, and both names as pages show them."""

    uuid: str
    person: str
    unit: str


@dataclass(frozen=True, slots=True)
class ImportKind:
    """What the pages know of a kind. `name`: as in `import_file.kind`; `title`: in Thai; `counted`: what is
    counted, a Thai classifier.

    `leaving`: who would leave, at most so many; None: a file of the kind is never a full list.
    `withdraw` None: an applied file of the kind is not taken back, but corrected by another one.
    """

    name: str
    title: str
    counted: str
    stage: Stage
    check: Check
    apply: Apply
    leaving: Callable[[Connection, int, int], Sequence[Leaving]] | None = None
    withdraw: Withdraw | None = None


def import_kinds(settings: Settings) -> dict[str, ImportKind]:
    """By name, in the order in which the page offers them."""
    kinds = (_roster(settings), _units(), *_learning(settings))
    return {kind.name: kind for kind in kinds}


def _roster(settings: Settings) -> ImportKind:
    def stage(engine: Engine, brought: Brought, now: datetime, progress: Progress) -> int:
        with engine.connect() as conn:
            terms = roster_terms(settings, conn)
        return stage_roster(engine, brought, terms, now, progress)

    return ImportKind(
        ROSTER_KIND,
        "รายชื่อบุคลากร",
        "คน",
        stage,
        check_roster,
        # Who leaves was shown, and confirmed, however many.
        partial(apply_roster, accept_shrink=True),
        _leaving,
    )


def _leaving(conn: Connection, import_id: int, limit: int) -> list[Leaving]:
    return [
        Leaving(one.uuid, f"{one.prefix_th}{one.given_name} {one.family_name}", one.unit_name)
        for one in departing(conn, import_id, limit)
    ]


def _learning(settings: Settings) -> Iterator[ImportKind]:
    """Files whose rows become statements; what a page cannot ask for stands in the file."""

    def setting(now: datetime, by: str) -> Setting:
        return Setting(settings.home_page, now, by, lambda: now)

    def kind(name: str, title: str, stage_file: Callable[..., int]) -> ImportKind:
        def stage(engine: Engine, brought: Brought, now: datetime, progress: Progress) -> int:
            # Read each time: a key may have been rotated since the service started.
            keys = read_keys(settings)
            return stage_file(engine, brought, setting(now, brought.by), keys, progress=progress)

        def check(conn: Connection, import_id: int, now: datetime) -> None:
            rehearse(conn, import_id, setting(now, "check"))

        def apply_file(conn: Connection, import_id: int, now: datetime, by: str) -> None:
            apply(conn, import_id, setting(now, by))

        def take_back(
            conn: Connection, uuid: str, rows: Sequence[int] | None, reason: str, now: datetime, by: str
        ) -> None:
            withdraw(conn, uuid, rows, reason, setting(now, by))

        return ImportKind(name, title, "แถว", stage, check, apply_file, withdraw=take_back)

    yield kind(COMPLETIONS, "รายชื่อผู้ผ่านหลักสูตร", partial(stage_completions, headers={}))
    yield kind(ATTENDANCE, "ผู้เข้าร่วมอบรม ประชุม หรือสอนงาน", partial(stage_attendance, event={}))
    yield kind(CLAIMS, "หลักฐานที่ยื่น (เกียรติบัตร)", stage_claims)


def _units() -> ImportKind:
    title, counted = "หน่วยงานและโรงเรียน", "แห่ง"
    return ImportKind(UNITS_KIND, title, counted, stage_units, check_staged_units, apply_units)
