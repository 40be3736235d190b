"""What applying a staged roster changes: groups that its posts lead to, each row's changes, who leaves."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    delete,
    func,
    literal,
    or_,
    select,
    update,
)

from lrs.bulk import bulk_insert
from mappings.group_assignments import ASSIGNMENT, ROSTER
from mappings.post_decisions import classifier
from mappings.roster_faults import HARMLESS
from mappings.roster_row import OUTSIDE
from mappings.tables import (
    group_assignment,
    identifier,
    membership,
    person,
    staged_person,
    staged_post,
    staged_username,
    unit,
)

s = staged_person.c
NEW = "new"
"""In `changes`: the row brings a new person."""

_POST = ("unit_id", "position_th", "rank_th", "line")
_DETAILS = ("prefix_th", "given_name", "family_name", "sort_key")


class Counts(NamedTuple):
    """Rows of a file by what applying it does, and how many people leave."""

    added: int
    changed: int
    unchanged: int
    departed: int = 0


class Departing(NamedTuple):
    """Somebody whom a full list leaves out."""

    person_id: int
    uuid: str
    prefix_th: str
    given_name: str
    family_name: str
    unit_id: int
    unit_name: str


def taken(import_id: int) -> ColumnElement[bool]:
    """The rows that can be taken."""
    return and_(s.import_id == import_id, s.fault.is_(None))


def find_changes(conn: Connection, import_id: int, unsaid: Collection[str] = ()) -> Counts:
    """Note what each row changes. `unsaid`: columns of `staged_person` that the file does not have at all;
    what is known of them stays.
    """
    _keep(conn, import_id, unsaid)
    _doubt_days(conn, import_id)
    _classify(conn, import_id)
    of_known = func.trim(
        _details()
        + _post()
        + _group()
        + _known_by("email", s.email)
        + _known_by("roster", s.roster_id)
        + _usernames()
    )
    changes = case((s.person_id.is_(None), NEW), else_=of_known)
    conn.execute(update(staged_person).where(taken(import_id)).values(changes=changes))
    kind = case((s.changes == NEW, "added"), (s.changes == "", "unchanged"), else_="changed")
    rows = conn.execute(select(kind, func.count()).where(taken(import_id)).group_by(kind))
    found: dict[str, int] = {row[0]: row[1] for row in rows}
    return Counts(found.get("added", 0), found.get("changed", 0), found.get("unchanged", 0))


def _keep(conn: Connection, import_id: int, unsaid: Collection[str]) -> None:
    """Let the rows of known persons say what is known, where the file says nothing."""
    m, g = membership.c, group_assignment.c
    known = and_(taken(import_id), s.person_id.is_not(None))
    lasting = select(m.id).where(m.person_id == s.person_id, m.valid_to.is_(None)).order_by(m.id.desc())
    held: dict[str, Select[Any]] = {name: lasting.with_only_columns(m[name]) for name in _POST}
    values = {
        name: func.coalesce(held[name].limit(1).scalar_subquery(), s[name])
        for name in sorted(set(unsaid) & held.keys())
    }
    if values:
        conn.execute(update(staged_person).where(known).values(values))
    titled = select(person.c.prefix_th).where(person.c.id == s.person_id, person.c.prefix_th != "")
    # Many write no honorific: that takes none away.
    bare = and_(known, s.prefix_th == "", titled.exists())
    conn.execute(update(staged_person).where(bare).values(prefix_th=titled.scalar_subquery()))
    if "group_code" in unsaid:
        given = select(func.coalesce(g.group_code, OUTSIDE)).where(
            g.person_id == s.person_id, g.valid_to.is_(None), g.basis == ROSTER
        )
        kept = given.limit(1).scalar_subquery()
        conn.execute(update(staged_person).where(known, given.exists()).values(group_code=kept))


def _doubt_days(conn: Connection, import_id: int) -> None:
    """A first day that is not after that of the post which the row replaces is that of another one, such as
    of a first appointment: it would change reports of the past."""
    m = membership.c
    later = select(m.id).where(m.person_id == s.person_id, m.valid_to.is_(None), m.valid_from >= s.valid_from)
    doubtful = and_(taken(import_id), s.valid_from.is_not(None), later.exists())
    conn.execute(update(staged_person).where(doubtful).values(valid_from=None))


def _classify(conn: Connection, import_id: int) -> None:
    """Each distinct post once."""
    conn.execute(delete(staged_post).where(staged_post.c.import_id == import_id))
    classify = classifier(conn)
    posts = conn.execute(
        select(s.line, s.position_th).where(taken(import_id), s.group_code == "").distinct()
    ).all()
    found = [(post, classify(post.line, post.position_th)) for post in posts]
    bulk_insert(
        conn,
        (staged_post, [(import_id, *post, *group) for post, group in found if group is not None]),
    )


def _details() -> ColumnElement[str]:
    """The fields of the person's own row that differ."""
    told = [_named(name, person.c[name] != s[name]) for name in _DETAILS]
    hashed = and_(person.c.id_hmac.is_(None), s.id_hmac.is_not(None))
    return _text(select(_joined(*told, _named("national_id", hashed))).where(person.c.id == s.person_id))


def same_post() -> ColumnElement[bool]:
    """Whether a membership is what the row says."""
    return and_(*(membership.c[name] == s[name] for name in _POST))


def _post() -> ColumnElement[str]:
    m = membership.c
    lasting = select(m.id).where(m.person_id == s.person_id, m.valid_to.is_(None))
    told = _joined(*(_named(name, m[name] != s[name]) for name in _POST))
    last = lasting.with_only_columns(told).order_by(m.id.desc()).limit(1)
    return case(
        (lasting.where(same_post()).exists(), ""), else_=func.coalesce(last.scalar_subquery(), " unit_id")
    )


def wanted_group() -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Group and basis that the row leads to; no basis: unclassified."""
    p = staged_post.c
    post = (p.import_id == s.import_id, p.line == s.line, p.position_th == s.position_th)
    said = s.group_code != ""
    by_post, basis = (
        select(column).where(*post).correlate(staged_person).scalar_subquery()
        for column in (p.group_code, p.basis)
    )
    group = case((said, func.nullif(s.group_code, OUTSIDE)), else_=by_post)
    return group, case((said, ROSTER), else_=basis)


def same_group() -> ColumnElement[bool]:
    """Whether a group is what the row leads to."""
    group, basis = wanted_group()
    g = group_assignment.c
    return and_(g.group_code.is_not_distinct_from(group), g.basis == basis)


def _group() -> ColumnElement[str]:
    """What somebody assigned by name is another layer, and stays."""
    g = group_assignment.c
    held = select(g.id).where(g.person_id == s.person_id, g.valid_to.is_(None), g.basis != ASSIGNMENT)
    none = and_(wanted_group()[1].is_(None), ~held.exists())
    return case((or_(none, held.where(same_group()).exists()), ""), else_=" group")


def _known_by(kind: str, value: ColumnElement[str]) -> ColumnElement[str]:
    i = identifier.c
    held = select(i.id).where(
        i.person_id == s.person_id, i.kind == kind, i.value == value, i.ended_at.is_(None)
    )
    return case((or_(value == "", held.exists()), ""), else_=f" {value.key}")


def _usernames() -> ColumnElement[str]:
    i, u = identifier.c, staged_username.c
    held = select(i.id).where(
        i.person_id == s.person_id,
        i.kind == "username",
        i.home_page == u.home_page,
        i.value == u.value,
        i.ended_at.is_(None),
    )
    new = select(u.row).where(
        u.import_id == s.import_id, u.row == s.row, ~held.correlate(staged_person, staged_username).exists()
    )
    return case((new.exists(), " username"), else_="")


def _named(name: str, differs: ColumnElement[bool]) -> ColumnElement[str]:
    return case((differs, literal(f" {name}")), else_=literal(""))


def _joined(*texts: ColumnElement[str]) -> ColumnElement[str]:
    first, *others = texts
    for each in others:
        first = first + each
    return first


def _text(query: Select[Any]) -> ColumnElement[str]:
    return func.coalesce(query.scalar_subquery(), "")


def holds_departures(conn: Connection, import_id: int) -> bool:
    """Whether a row that cannot be taken may mean somebody who would seem to have left."""
    faulty = select(s.row).where(s.import_id == import_id, s.fault.is_not(None), s.fault.not_in(HARMLESS))
    return conn.execute(faulty.limit(1)).first() is not None


def leaving(import_id: int) -> Select[Any]:
    """Ids of the lasting memberships, in the units that the rows name, of people whom no row means."""
    t = staged_person.alias("meant")
    meant = (
        select(t.c.person_id)
        .where(t.c.import_id == import_id, t.c.person_id.is_not(None))
        .distinct()
        .subquery("staying")
    )
    m = membership.c
    return (
        select(m.id, m.person_id, m.unit_id)
        .outerjoin(meant, meant.c.person_id == m.person_id)
        .where(m.valid_to.is_(None), m.unit_id.in_(_named_units(import_id)), meant.c.person_id.is_(None))
    )


def _named_units(import_id: int) -> Select[Any]:
    t = staged_person.alias("naming")
    return select(t.c.unit_id).where(t.c.import_id == import_id, t.c.fault.is_(None)).distinct()


def departing(conn: Connection, import_id: int, limit: int | None = None) -> Sequence[Departing]:
    """Who would leave if the file is the full list of the units that it names; by unit and name."""
    gone = leaving(import_id).subquery("leaving")
    p = person.c
    rows = conn.execute(
        select(p.id, p.uuid, p.prefix_th, p.given_name, p.family_name, unit.c.id, unit.c.name_th)
        .select_from(gone)
        .join(person, p.id == gone.c.person_id)
        .join(unit, unit.c.id == gone.c.unit_id)
        .order_by(unit.c.sort_key, unit.c.id, p.sort_key, p.id)
        .limit(limit)
    )
    return [Departing(*row) for row in rows]


def count_leaving(conn: Connection, import_id: int) -> tuple[int, int]:
    """How many people would leave, and how many are in the units that the rows name now."""
    gone = leaving(import_id).subquery("leaving")
    m = membership.c
    inside = and_(m.valid_to.is_(None), m.unit_id.in_(_named_units(import_id)))
    now = select(func.count(m.person_id.distinct())).where(inside)
    number = conn.execute(select(func.count(gone.c.person_id.distinct()))).scalar_one()
    return number, conn.execute(now).scalar_one()


def group_counts(conn: Connection, import_id: int) -> dict[str, int]:
    """How many rows lead to which group: M, A, S, T, "-" (outside the framework), "" (unclassified)."""
    group, basis = wanted_group()
    code = case((basis.is_(None), ""), else_=func.coalesce(group, OUTSIDE)).label("code")
    each = select(code).where(taken(import_id)).subquery("each_row")
    rows = conn.execute(select(each.c.code, func.count()).group_by(each.c.code))
    return {row[0]: row[1] for row in rows}
