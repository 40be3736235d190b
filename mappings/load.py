"""Putting frameworks and course mappings into the database, so that nothing old is ever rewritten.

Loading a file again that has not changed writes nothing. A changed mapping ends its row and adds a new
one; whoever has evidence of its course is marked stale.
"""

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from lrs.clock import to_micros
from mappings import shipped
from mappings.changes import Change, log_changes
from mappings.errors import MappingError
from mappings.files import read_mappings
from mappings.framework import Framework, load_yaml
from mappings.framework_terms import add_term
from mappings.frameworks import read_framework
from mappings.load_courses import competency_ids, load_mappings
from mappings.mapping_lines import untouched
from mappings.stale import mark_everybody
from mappings.tables import (
    competency,
    competency_crosswalk,
    delivery_mode,
    framework,
    learning_category,
    requirement,
)

__all__ = ["load_framework", "load_mappings", "load_shipped"]


def load_shipped(conn: Connection, now: datetime, by: str) -> None:
    """Load the framework and the course mappings that come with the product.

    It runs at every upgrade: courses that anybody here has said something of are left to them.
    """
    text = shipped.text(shipped.FRAMEWORK)
    load_framework(conn, load_yaml(text, shipped.FRAMEWORK), now, by)
    for name in shipped.MAPPINGS:
        load_mappings(conn, untouched(conn, read_mappings(shipped.path(name)), by), now, by)


def load_framework(conn: Connection, loaded: Framework, now: datetime, by: str) -> bool:
    """Store a framework version; False if it is there already.

    Raises MappingError if this version is there with another content: a change wants a new version.
    """
    same = (framework.c.code == loaded.code) & (framework.c.version == loaded.version)
    held = conn.execute(
        select(framework.c.id, framework.c.digest, framework.c.text).where(same)
    ).one_or_none()
    if held is not None:
        _refuse_another(conn, loaded, held.digest, held.text)
        if held.text is None:
            conn.execute(update(framework).where(framework.c.id == held.id).values(text=loaded.text))
        return False
    framework_id = _insert_framework(conn, loaded, now, by)
    add_term(conn, framework_id, loaded.valid_from, loaded.valid_to, now, by)
    competencies = _insert_competencies(conn, framework_id, loaded)
    _insert_requirements(conn, framework_id, loaded, competencies)
    _insert_categories(conn, framework_id, loaded)
    _insert_crosswalks(conn, loaded, competencies)
    log_changes(conn, [Change("load", "framework", str(framework_id), loaded.name())], now, by)
    mark_everybody(conn)
    return True


def _refuse_another(conn: Connection, loaded: Framework, digest: str, text: str | None) -> None:
    """The same is the file that was loaded, or an export of the version, which may have been ended since."""
    if digest == loaded.digest:
        return
    if text is not None and loaded in (load_yaml(text), read_framework(conn, loaded.code, loaded.version)):
        return
    raise MappingError(
        f"{loaded.name()}: framework.version: loaded already with another content; give it a new version"
    )


def _insert_framework(conn: Connection, loaded: Framework, now: datetime, by: str) -> int:
    added = insert(framework).values(
        code=loaded.code,
        version=loaded.version,
        title_th=loaded.title_th,
        title_en=loaded.title_en,
        document_no=loaded.document_no,
        digest=loaded.digest,
        text=loaded.text,
        recorded_at=to_micros(now),
        recorded_by=by,
    )
    framework_id: int = conn.execute(added.returning(framework.c.id)).scalar_one()
    return framework_id


def _insert_competencies(conn: Connection, framework_id: int, loaded: Framework) -> dict[str, int]:
    rows = [
        {
            "framework_id": framework_id,
            "code": each.code,
            "dimension": each.dimension,
            "position": each.position,
            "name_th": each.name_th,
            "name_en": each.name_en,
        }
        for each in loaded.competencies
    ]
    conn.execute(insert(competency), rows)
    return competency_ids(conn, framework_id)


def _insert_requirements(
    conn: Connection, framework_id: int, loaded: Framework, competencies: dict[str, int]
) -> None:
    rows = [
        {
            "framework_id": framework_id,
            "stage": each.stage,
            "group_code": group,
            "competency_id": competencies[code],
        }
        for each in loaded.requirements
        for group in each.groups
        for code in each.competencies
    ]
    if rows:
        conn.execute(insert(requirement), rows)


def _insert_crosswalks(conn: Connection, loaded: Framework, competencies: dict[str, int]) -> None:
    for crosswalk in loaded.crosswalks:
        code, version = crosswalk.framework, crosswalk.version
        older = select(framework.c.id).where(framework.c.code == code, framework.c.version == version)
        older_id = conn.execute(older).scalar_one_or_none()
        if older_id is None:
            raise crosswalk.place.error(
                "framework", f"'{code}' version '{version}' is not loaded: load it first"
            )
        known = competency_ids(conn, older_id)
        for step in crosswalk.steps:
            if step.old not in known:
                raise step.place.error("from", f"'{step.old}' is not in {code} version {version}")
        rows = [{"old_id": known[pair.old], "new_id": competencies[pair.new]} for pair in crosswalk.pairs()]
        if rows:
            conn.execute(insert(competency_crosswalk), rows)


def _insert_categories(conn: Connection, framework_id: int, loaded: Framework) -> None:
    for each in loaded.categories:
        added = insert(learning_category).values(
            framework_id=framework_id,
            code=each.code,
            weight=each.weight,
            name_en=each.name_en,
            description_th=each.description_th,
        )
        category_id = conn.execute(added.returning(learning_category.c.id)).scalar_one()
        modes = [{"category_id": category_id, "code": mode} for mode in each.modes]
        if modes:
            conn.execute(insert(delivery_mode), modes)
