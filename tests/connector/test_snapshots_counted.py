"""The site that was recorded three times: after each of the syncs the counts are those of the recorded
answers, read here without the product's own reading, and they can still be asked for after the last one.
"""

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, literal, select, text

from lrs.clock import to_micros
from mappings.days import bangkok_day, end_of_bangkok_day
from mappings.files import parse_mappings
from mappings.load import load_mappings, load_shipped
from mappings.people import import_roster, import_units, link_accounts
from mappings.progress import refresh
from mappings.tables import account_link, batch_learner, competency, competency_state, parameter
from tests.connector.conftest import FIXTURES, HASH_KEYS
from tests.connector.syncing import NOW, run
from tests.connector.test_sync_snapshots import site
from tests.mappings.world import UNITS, a_person

PROVES = {2: "D1.1", 3: "D1.2", 4: "D1.3", 5: "D1.4", 6: "D1.5", 7: "D1.8"}
"""Moodle's number of a course -> what the shipped sample says it proves."""
BOTH, PARTS = "D1.9", {4, 5}
WHOLE = """\
framework: {id: otepc-w4-2563, version: "1"}
courses:
  - id: both
    title_th: ทั้งสองหลักสูตร
    aliases: []
    mappings:
      - {status: approved, approved_by: ก, reference: ข, delivery: online_self_paced, valid_from: 2020-03-24,
         competencies: [D1.9], parts: [{course: sample-dl103}, {course: sample-dl104}],
         criteria: {level_at_most: 2, verbs: [completed], progress_verbs: [registered]}}
"""

Counts = Counter[tuple[str, int]]
"""(competency, state 1 or 2) -> people."""


def test_counts_after_each_snapshot_can_be_asked_for_later(engine: Engine) -> None:
    users = ids()
    told, recorded = dict[tuple[int, int], bool](), list[tuple[datetime, Counts]]()
    with engine.begin() as conn:
        load_shipped(conn, NOW, "test")
        load_mappings(conn, parse_mappings(WHOLE, "both.yaml"), NOW, "test")
        import_units(conn, UNITS, NOW, "test")
        import_roster(conn, [a_person(f"ครู{id_}", id_hmac=hashed(id_)) for id_ in users], NOW, "test")
    for number in (1, 2, 3):
        moment = NOW + timedelta(hours=number)
        with site(number) as moodle:
            run(engine, moodle, moment)
        with engine.begin() as conn:
            link_accounts(conn, moment, "test")
            refresh(conn, moment)
            told |= courses_of(number)
            expected = fold(told, set(users.values()))
            assert kept(conn) == expected
        recorded.append((moment, expected))
    # Two of the fifteen who lost it and got it back have an id number that is not theirs alone.
    assert [counts["D1.3", 2] for _, counts in recorded] == [13, 0, 13]
    assert recorded[0][1][BOTH, 2] > 0
    with engine.begin() as conn:
        for place, (moment, expected) in enumerate(recorded):
            assert asked(conn, str(place), moment) == expected


# ---- the recorded answers -------------------------------------------------------------------------


def answers(number: int, function: str) -> Iterator[tuple[dict[str, Any], Any]]:
    """Parameters and body of each recorded answer."""
    with gzip.open(FIXTURES / f"site-{number}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for one in map(json.loads, lines):
            if one["function"] == function:
                yield one["params"], one["body"]


def ids() -> dict[str, int]:
    """Id number -> Moodle's number of the account, of those whose id number is theirs alone."""
    users = [one for _, body in answers(1, "core_user_get_users_by_field") for one in body]
    often = Counter(one.get("idnumber") for one in users)
    return {
        one["idnumber"]: one["id"] for one in users if one.get("idnumber") and often[one["idnumber"]] == 1
    }


def hashed(id_: str) -> str:
    return HASH_KEYS.hash(id_).hmac


def courses_of(number: int) -> dict[tuple[int, int], bool]:
    """(account, course) -> whether it is completed, where a snapshot says so."""
    return {
        (params["userid"], one["id"]): one["completed"]
        for params, body in answers(number, "core_enrol_get_users_courses")
        for one in body
        if one["completed"] is not None
    }


def fold(told: dict[tuple[int, int], bool], people: set[int]) -> Counts:
    done, begun = defaultdict[int, set[int]](set), defaultdict[int, set[int]](set)
    for (user, course), completed in told.items():
        if user in people and course in PROVES:
            (done if completed else begun)[user].add(course)
    found: Counts = Counter()
    for user in people:
        found.update((PROVES[course], 2) for course in done[user])
        found.update((PROVES[course], 1) for course in begun[user])
        if done[user] >= PARTS:
            found[BOTH, 2] += 1
        elif (done[user] | begun[user]) & PARTS:
            found[BOTH, 1] += 1
    return found


# ---- what the product says ------------------------------------------------------------------------


def kept(conn: Connection) -> Counts:
    state = competency_state.c
    rows = conn.execute(
        select(competency.c.code, state.state, func.count())
        .join(competency, competency.c.id == state.competency_id)
        .where(state.state > 0)
        .group_by(competency.c.code, state.state)
    )
    return Counter({(row[0], row[1]): row[2] for row in rows})


def asked(conn: Connection, batch: str, known_at: datetime) -> Counts:
    """The views, for everybody, with what the store knew then."""
    day = bangkok_day(NOW)
    times = {
        "as_of_day": day,
        "as_of_end": to_micros(end_of_bangkok_day(day)),
        "known_at": to_micros(known_at),
    }
    conn.execute(insert(parameter).values(batch=batch, **times))
    everybody = select(literal(batch), account_link.c.person_id).distinct()
    conn.execute(insert(batch_learner).from_select(["batch", "person_id"], everybody))
    conn.execute(text("analyze batch_learner"))
    rows = conn.execute(
        text(
            "select c.code, s.state, count(*) from competency_progress s"
            " inner join competency c on c.id = s.competency_id"
            " where s.batch = :batch and s.state > 0 group by c.code, s.state"
        ),
        {"batch": batch},
    )
    return Counter({(row[0], row[1]): row[2] for row in rows})
