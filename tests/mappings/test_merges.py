"""Merging persons and taking it back: what was known before stays, and what was theirs comes back."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, delete, insert, select, text, update

from lrs.clock import to_micros
from mappings.days import bangkok_day
from mappings.errors import DecisionError
from mappings.link_decisions import link, unlink
from mappings.links import link_accounts
from mappings.merged import merged_into
from mappings.merges import merge, split
from mappings.progress import rebuild, refresh
from mappings.tables import (
    account_conflict,
    batch_learner,
    change_log,
    competency_state,
    group_assignment,
    identifier,
    membership,
    parameter,
    person,
    person_merge,
)
from tests.mappings.linking import known_by, links, marked, shown, with_people
from tests.mappings.world import BEGIN, NOW, minutes, people_with_accounts, send

LATER = NOW + timedelta(days=3)


def theirs(conn: Connection) -> dict[str, Any]:
    """Whose what is now: accounts, identifiers, posts and groups that last."""

    def lasting(table: Any, *columns: str) -> list[tuple[Any, ...]]:
        wanted = [table.c.person_id, *(table.c[name] for name in columns)]
        return sorted(tuple(row) for row in conn.execute(select(*wanted).where(table.c.valid_to.is_(None))))

    held = select(identifier.c.person_id, identifier.c.kind, identifier.c.value)
    held = held.where(identifier.c.ended_at.is_(None))
    return {
        "links": links(conn),
        "identifiers": sorted(tuple(row) for row in conn.execute(held)),
        "memberships": lasting(membership, "unit_id", "position_th", "valid_from"),
        "groups": lasting(group_assignment, "group_code", "basis", "valid_from"),
        "conflicts": sorted(conn.execute(select(account_conflict.c.account_id)).scalars()),
    }


def complete(conn: Connection) -> set[int]:
    """Who has completed something, as the last computation found."""
    query = select(competency_state.c.person_id).where(competency_state.c.state == 2)
    return set(conn.execute(query).scalars())


def test_a_merge_gives_everything_to_the_other_and_a_split_gives_it_back(engine: Engine) -> None:
    with engine.begin() as conn:
        people = with_people(conn, {"ก": "hash of kor", "ข": None, "ค": None})
        first, second = people["ก"], people["ข"]
        known_by(conn, second, "email", "kor@school.example")
        shown(conn, "1", "ก ใจดี", "hash of kor")
        shown(conn, "2", "ก ใจดี", email="kor@school.example")
        link_accounts(conn, BEGIN, "test")
        before = theirs(conn)
        marked(conn)
        merged = merge(conn, second, first, "the same teacher", NOW, "page")
        assert links(conn) == {"1": (first, "id_hmac"), "2": (first, "email")}
        assert {one[0] for one in theirs(conn)["memberships"]} == {first, people["ค"]}
        assert {one[0] for one in theirs(conn)["identifiers"]} == {first}
        assert merged_into(conn) == {second: first}
        assert marked(conn) == {first, second}
        split(conn, merged, "two sisters", LATER, "page")
        assert theirs(conn) == before
        assert merged_into(conn) == {}
        assert marked(conn) == {first, second}
        logged = conn.execute(select(change_log).where(change_log.c.action.in_(("merge", "split")))).all()
        assert [row.detail.partition(": ")[2] for row in logged] == ["the same teacher", "two sisters"]


def test_a_report_of_what_was_known_before_stays_as_it_was(engine: Engine) -> None:
    with engine.begin() as conn:
        people = people_with_accounts(conn, {"1": "ก", "2": "ข"})
        send(conn, "2", 2)
        rebuild(conn, BEGIN)
        assert complete(conn) == {people["ข"]}
        merged = merge(conn, people["ข"], people["ก"], "one", NOW, "page")
        assert refresh(conn, NOW) == 2
        assert complete(conn) == {people["ก"]}
        split(conn, merged, "two", LATER, "page")
        assert refresh(conn, LATER) == 2
        assert complete(conn) == {people["ข"]}
        for moment, owner in ((NOW - minutes(1), "ข"), (NOW + minutes(1), "ก"), (LATER + minutes(1), "ข")):
            assert whose(conn, moment) == {people[owner]}


def whose(conn: Connection, known_at: Any) -> set[int]:
    """Whose the completion was, as was known at a moment."""
    at = to_micros(known_at)
    times = {"as_of_day": bangkok_day(known_at), "as_of_end": at, "known_at": at}
    conn.execute(insert(parameter).values(batch="b", **times))
    everybody = conn.execute(select(person.c.id)).scalars().all()
    conn.execute(insert(batch_learner), [{"batch": "b", "person_id": one} for one in everybody])
    found = set(conn.execute(text("select person_id from learner_agent where batch = 'b'")).scalars())
    for table in (batch_learner, parameter):
        conn.execute(delete(table))
    return found


def test_two_accounts_of_one_person_count_once(engine: Engine) -> None:
    with engine.begin() as conn:
        people = people_with_accounts(conn, {"1": "ก", "2": "ข"})
        send(conn, "1", 2)
        send(conn, "2", 2)
        merge(conn, people["ข"], people["ก"], "one", NOW, "page")
        refresh(conn, NOW)
        done = select(competency_state.c.competency_id).where(competency_state.c.state == 2)
        found = conn.execute(done).scalars().all()
        assert len(found) == len(set(found)) > 0


def test_posts_go_over_where_the_other_has_none(engine: Engine) -> None:
    with engine.begin() as conn:
        people = with_people(conn, {"ก": None, "ข": None})
        left = update(membership).where(membership.c.person_id == people["ก"])
        conn.execute(left.values(valid_to=date(2026, 4, 30)))
        before = theirs(conn)
        merged = merge(conn, people["ข"], people["ก"], "moved", NOW, "page")
        (post,) = theirs(conn)["memberships"]
        assert (post[0], post[3]) == (people["ก"], bangkok_day(NOW))
        split(conn, merged, "not so", LATER, "page")
        assert theirs(conn) == before


def test_a_merge_settles_a_conflict_and_a_split_brings_it_back(engine: Engine) -> None:
    with engine.begin() as conn:
        people = with_people(conn, {"ก": "hash of kor", "ข": None})
        known_by(conn, people["ข"], "email", "kor@school.example")
        shown(conn, "1", "ก ใจดี", "hash of kor", email="kor@school.example")
        link_accounts(conn, BEGIN, "test")
        assert links(conn) == {}
        merged = merge(conn, people["ข"], people["ก"], "one", NOW, "page")
        assert links(conn) == {"1": (people["ก"], "id_hmac")}
        split(conn, merged, "two", LATER, "page")
        assert theirs(conn)["conflicts"] != []


def test_what_somebody_decided_meanwhile_is_not_undone(engine: Engine) -> None:
    with engine.begin() as conn:
        people = with_people(conn, {"ก": None, "ข": None, "ค": None})
        first, second = shown(conn, "1"), shown(conn, "2")
        for one in (first, second):
            link(conn, one, people["ก"], BEGIN, "page")
        merged = merge(conn, people["ก"], people["ข"], "one", NOW, "page")
        link(conn, first, people["ค"], NOW + minutes(1), "page")
        unlink(conn, second, NOW + minutes(1), "page", "nobody's")
        split(conn, merged, "two", LATER, "page")
        assert links(conn) == {"1": (people["ค"], "decision")}


def test_chains_are_undone_from_their_end(engine: Engine) -> None:
    with engine.begin() as conn:
        people = with_people(conn, {"ก": "hash of kor", "ข": None, "ค": None})
        first, second, third = people.values()
        shown(conn, "1", "ก ใจดี", "hash of kor")
        link_accounts(conn, BEGIN, "test")
        before = theirs(conn)
        one = merge(conn, first, second, "one", NOW, "page")
        other = merge(conn, second, third, "one", NOW + minutes(1), "page")
        assert links(conn) == {"1": (third, "id_hmac")}
        assert merged_into(conn) == {first: third, second: third}
        link_accounts(conn, NOW + minutes(2), "test")
        assert links(conn) == {"1": (third, "id_hmac")}
        with pytest.raises(DecisionError, match="undo the later merge"):
            split(conn, one, "no", LATER, "page")
        split(conn, other, "no", LATER, "page")
        assert links(conn) == {"1": (second, "id_hmac")}
        split(conn, one, "no", LATER, "page")
        assert theirs(conn) == before
        with pytest.raises(DecisionError, match="undone"):
            split(conn, one, "no", LATER, "page")


def test_what_cannot_be_merged_is_refused(engine: Engine) -> None:
    with engine.begin() as conn:
        people = with_people(conn, {"ก": None, "ข": None, "ค": None})
        first, second, third = people.values()
        merge(conn, first, second, "one", NOW, "page")
        with pytest.raises(DecisionError, match="themselves"):
            merge(conn, third, third, "one", NOW, "page")
        for pair in ((first, third), (third, first), (second, first)):
            with pytest.raises(DecisionError, match="already"):
                merge(conn, *pair, "one", NOW, "page")
        conn.execute(update(person).where(person.c.id == third).values(erased_at=1))
        with pytest.raises(DecisionError, match="erased"):
            merge(conn, third, second, "one", NOW, "page")


def test_an_account_decided_for_one_merged_away_is_the_others(engine: Engine) -> None:
    with engine.begin() as conn:
        people = with_people(conn, {"ก": None, "ข": None})
        merge(conn, people["ก"], people["ข"], "one", NOW, "page")
        link(conn, shown(conn, "1"), people["ก"], NOW, "page")
        assert links(conn) == {"1": (people["ข"], "decision")}


STEPS = st.lists(
    st.tuples(st.sampled_from(["link", "unlink", "merge"]), st.integers(0, 3), st.integers(0, 3)), max_size=8
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=STEPS, after=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=5))
def test_undoing_merges_gives_the_state_before(
    engine: Engine, before: list[tuple[str, int, int]], after: list[tuple[int, int]]
) -> None:
    with engine.connect() as conn:
        hashes = {"ก": "hash of kor", "ข": "hash of khor", "ค": None, "ง": None}
        people = list(with_people(conn, hashes).values())
        known_by(conn, people[2], "email", "khor@school.example")
        accounts = [
            shown(conn, "1", "ก ใจดี", "hash of kor"),
            shown(conn, "2", "ข ใจดี", "hash of khor"),
            shown(conn, "3", "ค ใจดี", email="khor@school.example"),
            shown(conn, "4", "ง ใจดี"),
        ]
        link_accounts(conn, BEGIN, "test")
        at = NOW
        for step, one, other in before:
            at += minutes(1)
            attempt(conn, step, accounts[one], people[one], people[other], at)
        state, open_before = theirs(conn), open_merges(conn)
        done = []
        for one, other in after:
            at += minutes(1)
            done += attempt(conn, "merge", accounts[one], people[one], people[other], at)
        for merged in reversed(done):
            at += minutes(1)
            split(conn, merged, "undo", at, "page")
        assert theirs(conn) == state
        assert open_merges(conn) == open_before
        conn.rollback()


def attempt(conn: Connection, step: str, account: int, one: int, other: int, at: Any) -> list[int]:
    """Do a step unless it is refused; the merge's id if it was one."""
    try:
        if step == "merge":
            return [merge(conn, one, other, "one", at, "page")]
        if step == "link":
            link(conn, account, other, at, "page")
        else:
            unlink(conn, account, at, "page", "not theirs")
    except DecisionError:
        pass
    return []


def open_merges(conn: Connection) -> set[tuple[int, int]]:
    rows = conn.execute(select(person_merge).where(person_merge.c.undone_at.is_(None)))
    return {(row.from_id, row.into_id) for row in rows}
