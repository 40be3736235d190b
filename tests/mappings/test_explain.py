"""An explanation says what the views say, and why: held against the oracle on generated histories."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import Connection, Engine, update

from lrs.clock import to_micros
from mappings import vocabulary
from mappings.days import bangkok_day
from mappings.errors import MappingError
from mappings.explain import Explanation, Why, explain
from mappings.explain_rows import read_competency, read_facts, read_person
from mappings.tables import account_link, mapping
from mappings.times import Times
from tests.mappings.histories import PEOPLE, History
from tests.mappings.oracle import Asked, fold
from tests.mappings.test_oracle import COMPETENCIES, checked
from tests.mappings.told import tell
from tests.mappings.world import BEGIN, NOW, minutes, people_with_accounts, send, void

DAY = timedelta(days=1)


def test_explanations_agree_with_the_oracle(engine: Engine, long: bool) -> None:
    checked(partial(agree, engine), 1000 if long else 40)


def agree(engine: Engine, history: History, questions: tuple[Asked, Asked]) -> None:
    with engine.connect() as conn, conn.begin() as transaction:
        sequence = tell(conn, history)
        for asked in questions:
            expected = fold(history, asked)
            times = Times(asked.as_of, to_micros(asked.known_at))
            for person in PEOPLE:
                facts = read_facts(conn, person, COMPETENCIES)
                for id_, key in COMPETENCIES.items():
                    found = explain(facts[id_], times)
                    assert found.state == expected.states.get((person, key), 0)
                    proof = expected.complete.get((person, key))
                    assert (found.proof is None) == (proof is None)
                    if found.proof and proof:
                        told = sequence.index(found.proof.said.seq), found.proof.source.id - 1
                        assert told == (proof.statement, proof.mapping)
        transaction.rollback()


def why(conn: Connection, person_id: int, code: str = "D1.1", **changes: object) -> Explanation:
    times = Times(bangkok_day(NOW), to_micros(NOW))
    asked = Times(**({"as_of": times.as_of, "known_at": times.known_at} | changes))  # type: ignore[arg-type]
    competency_id = read_competency(conn, code, times)
    return explain(read_facts(conn, person_id, [competency_id])[competency_id], asked)


def test_the_chain_of_what_is_complete(engine: Engine) -> None:
    with engine.begin() as conn:
        people = people_with_accounts(conn, {"11": "สมชาย"})
        sent = send(conn, "11", 2, level=2)
        found = why(conn, people["สมชาย"])
    assert (found.state, found.asking.framework, found.asking.groups) == (2, "otepc-w4-2563", tuple("AMST"))
    assert found.proof is not None
    assert (found.proof.said.statement_id, found.proof.said.level) == (sent, 2)
    assert found.proof.source.approved_by
    assert found.proof.source.course_code == "sample-dl101"


def test_what_is_refused_says_why(engine: Engine) -> None:
    with engine.begin() as conn:
        people = people_with_accounts(conn, {"11": "สมชาย", "21": "สมหญิง", "31": "สมศรี"})
        send(conn, "11", 2, level=9)
        send(conn, "21", 2, result={"success": False})
        void(conn, send(conn, "31", 2), stored=BEGIN + minutes(1))
        unproven, failed, voided = (why(conn, people[name]) for name in ("สมชาย", "สมหญิง", "สมศรี"))
        assert whys(unproven) == [Why.LEVEL]
        assert whys(failed) == [Why.NOT_PASSED]
        assert whys(voided) == [Why.VOIDED]
        assert {one.state for one in (unproven, failed, voided)} == {0}
        assert unproven.would
        before = why(conn, people["สมศรี"], known_at=to_micros(BEGIN))
        assert before.state == 2
        early = why(conn, people["สมศรี"], as_of=bangkok_day(BEGIN) - DAY)
        assert Why.LATER in whys(early)


def test_links_and_drafts_say_why(engine: Engine) -> None:
    with engine.begin() as conn:
        people = people_with_accounts(conn, {"11": "สมชาย"})
        send(conn, "11", 2)
        conn.execute(update(mapping).values(status="draft"))
        assert whys(why(conn, people["สมชาย"])) == [Why.DRAFT]
        assert why(conn, people["สมชาย"]).would == ()
        conn.execute(update(mapping).values(status="approved", score_at_least=0.8))
        conn.execute(update(account_link).values(unlinked_at=to_micros(NOW)))
        assert whys(why(conn, people["สมชาย"])) == [Why.ACCOUNT, Why.SCORE]


def whys(found: Explanation) -> list[Why]:
    """Of the nearest."""
    return list(found.tried[0].whys)


def test_a_start_is_work_under_way(engine: Engine) -> None:
    with engine.begin() as conn:
        people = people_with_accounts(conn, {"11": "สมชาย"})
        send(conn, "11", 2, verb=vocabulary.REGISTERED)
        found = why(conn, people["สมชาย"])
    assert (found.state, whys(found)) == (1, [Why.VERB])


def test_what_is_not_there_is_named(engine: Engine) -> None:
    with engine.begin() as conn:
        people_with_accounts(conn, {"11": "สมชาย"})
        with pytest.raises(MappingError, match="person nobody: not found"):
            read_person(conn, "nobody")
        with pytest.raises(MappingError, match=r"competency D9\.9: in no framework"):
            read_competency(conn, "D9.9", Times(bangkok_day(NOW), to_micros(NOW)))
