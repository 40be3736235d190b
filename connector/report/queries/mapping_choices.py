"""What a form about mappings offers: frameworks with their competencies and modes, courses, platforms."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, exists, select

from connector.report.queries.heads import Category, Item, read_categories, read_items
from connector.tables import platform_course
from mappings.files import MappingFile
from mappings.frameworks import Held, asked_for, list_frameworks
from mappings.load_courses import Words, read_words
from mappings.tables import course, course_alias, delivery_mode

MOST_COURSES = 1000
"""More are no help in a list: the field takes what is typed."""


@dataclass(frozen=True, slots=True)
class Choices:
    """A framework version and its words; `modes`: delivery mode -> the category that it implies."""

    framework: Held
    versions: tuple[Held, ...]
    items: tuple[Item, ...]
    categories: tuple[Category, ...]
    modes: Mapping[str, str]


def read_choices(conn: Connection, day: date, framework_id: int | None = None) -> Choices | None:
    """Of the framework asked for, else of the one that reports of the day ask for; None: there is none."""
    versions = list_frameworks(conn)
    meant = next((one for one in versions if one.id == framework_id), None)
    chosen = meant or asked_for(versions, day)
    if chosen is None:
        return None
    categories = read_categories(conn, chosen.id)
    codes = {one.id: one.code for one in categories}
    modes = conn.execute(select(delivery_mode).where(delivery_mode.c.category_id.in_(codes)))
    return Choices(
        chosen,
        versions,
        read_items(conn, chosen.id),
        categories,
        {row.code: codes[row.category_id] for row in modes},
    )


def words_of(conn: Connection, held: Held) -> Words:
    """What a mapping may refer to in this version."""
    return read_words(conn, MappingFile("form", held.code, held.version, ()))


def read_known_courses(conn: Connection) -> list[tuple[str, str]]:
    """Code and title of the courses of the mappings, but events."""
    c = course.c
    query = select(c.code, c.title_th).where(c.code.not_like("event-%")).order_by(c.code)
    return [(row.code, row.title_th) for row in conn.execute(query.limit(MOST_COURSES))]


def read_unmapped_courses(conn: Connection) -> list[tuple[str, str]]:
    """Activity and title of the courses seen on platforms that are no course of the mappings yet."""
    p = platform_course.c
    stands = exists().where(course_alias.c.activity_iri == p.activity_iri, course_alias.c.ended_at.is_(None))
    rows = conn.execute(select(p.activity_iri, p.title).where(~stands).order_by(p.title).limit(MOST_COURSES))
    return [(row.activity_iri, row.title) for row in rows]


def read_platforms(conn: Connection) -> list[str]:
    """Home pages of the platforms whose courses were seen."""
    pages = select(platform_course.c.home_page).distinct().order_by(platform_course.c.home_page)
    return list(conn.execute(pages).scalars())
