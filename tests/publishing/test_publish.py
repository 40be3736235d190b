"""Figures as statements: once, without what is hidden, and corrected where they changed."""

from datetime import date, timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine, select
from typer.testing import CliRunner

from connector.cli import app
from connector.publishing.authority import PUBLISHER
from connector.publishing.publish import Report, publish_statements
from lrs.tables import evidence, statement
from mappings import vocabulary as words
from mappings.errors import MappingError
from tests.connector.test_profile import check, follow
from tests.mappings.world import NOW
from tests.publishing.figures import APRIL, FIGURES, HIDDEN, MAY, Figures, organise, publish_table


@pytest.fixture
def published(engine: Engine) -> Engine:
    """The figures of May are published as tables."""
    organise(engine)
    publish_table(engine, MAY, FIGURES)
    return engine


def publish(engine: Engine, month: date | None = None) -> Report:
    return publish_statements(engine, month, lambda: NOW)


def stored(engine: Engine, voided: bool = False) -> list[dict[str, Any]]:
    """Bodies in order, of those that hold or of those that are voided."""
    holds = evidence.c.voided_at.is_not(None) if voided else evidence.c.voided_at.is_(None)
    query = select(statement.c.body).join(evidence, evidence.c.seq == statement.c.seq).where(holds)
    with engine.begin() as conn:
        bodies = conn.execute(query.order_by(statement.c.seq)).scalars().all()
    return [orjson.loads(one) for one in bodies]


def by_office(engine: Engine) -> dict[tuple[str, str], dict[str, Any]]:
    """The figures that hold."""
    return {
        (one["actor"]["account"]["name"], one["object"]["id"].rpartition("/")[2]): one
        for one in stored(engine)
        if one["verb"]["id"] == words.REPORTED
    }


def test_a_figure_of_an_office_is_a_statement(published: Engine) -> None:
    report = publish(published)
    assert (report.months, report.written, report.voided) == ([MAY], 3, 0)
    one = by_office(published)["area-1", "D1.1"]
    assert one["actor"] == {
        "objectType": "Group",
        "name": "สพป.หนึ่ง",
        "account": {"homePage": "https://w3id.org/thaksa/units", "name": "area-1"},
    }
    assert one["object"]["id"] == "https://w3id.org/thaksa/competencies/otepc-w4-2563/1/D1.1"
    assert one["result"] == {
        "score": {"scaled": 0.75},
        "extensions": {
            words.PERSONS_EXTENSION: 40,
            words.COMPLETE_EXTENSION: 30,
            words.BEGUN_EXTENSION: 6,
        },
    }
    assert one["context"]["extensions"] == {
        words.MONTH_EXTENSION: "2026-05",
        words.KNOWN_AT_EXTENSION: "2026-06-01T02:59:00.000000Z",
        words.FRAMEWORK_EXTENSION: "otepc-w4-2563 1",
        words.THRESHOLD_EXTENSION: 5,
    }
    # The end of the month in Bangkok.
    assert one["timestamp"] == "2026-05-31T16:59:59.999999Z"
    assert one["authority"] == PUBLISHER.agent


def test_what_is_hidden_is_left_out(published: Engine) -> None:
    publish(published)
    found = by_office(published)
    assert found.keys() == {("area-1", "D1.1"), ("area-1", "D1.2"), ("area-2", "D1.1")}
    # Where one count is hidden there is no share to work it out from.
    assert found["area-1", "D1.2"]["result"] == {
        "extensions": {words.PERSONS_EXTENSION: 40, words.BEGUN_EXTENSION: 7}
    }
    assert "result" not in found["area-2", "D1.1"]


def test_publishing_twice_writes_nothing(published: Engine) -> None:
    publish(published)
    before = stored(published)
    again = publish(published, MAY)
    assert (again.written, again.voided) == (0, 0)
    assert stored(published) == before


def test_all_words_are_in_the_profile(published: Engine) -> None:
    publish(published)
    publish_table(published, MAY, FIGURES | CHANGED)
    publish(published)
    statements = stored(published)
    assert len(check(statements)) > 5
    for one in statements:
        follow(one)


CHANGED: Figures = {("area-1", "D1.1"): FIGURES["area-1", "D1.2"]}


def test_a_changed_figure_is_voided_and_issued_anew(published: Engine) -> None:
    publish(published)
    first = by_office(published)
    # Known later, and the same but for one.
    publish_table(published, MAY, FIGURES | CHANGED, NOW + timedelta(days=1))
    report = publish(published)
    assert (report.written, report.voided) == (1, 1)
    second = by_office(published)
    assert second["area-1", "D1.1"]["result"] == first["area-1", "D1.2"]["result"]
    assert second["area-1", "D1.2"] == first["area-1", "D1.2"]
    assert [one["id"] for one in stored(published, voided=True)] == [first["area-1", "D1.1"]["id"]]
    # Back to what it was: the third statement, for a voided one never comes back.
    publish_table(published, MAY, FIGURES)
    publish(published)
    third = by_office(published)
    assert third["area-1", "D1.1"]["result"] == first["area-1", "D1.1"]["result"]
    assert len({one["area-1", "D1.1"]["id"] for one in (first, second, third)}) == 3


def test_figures_that_are_withdrawn_are_voided(published: Engine) -> None:
    publish(published)
    publish_table(published, MAY, {key: one for key, one in FIGURES.items() if one is not HIDDEN})
    assert publish(published).voided == 1
    assert by_office(published).keys() == {("area-1", "D1.1"), ("area-1", "D1.2")}


def test_months_are_apart(published: Engine) -> None:
    publish_table(published, APRIL, CHANGED)
    assert publish(published, APRIL).written == 1
    report = publish(published)
    assert (report.months, report.written, report.voided) == ([APRIL, MAY], 3, 0)
    with pytest.raises(MappingError, match="month '2026-03': no tables are published of it"):
        publish(published, date(2026, 3, 31))


def test_the_command(published: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("THAKSA_DATA", str(tmp_path))
    monkeypatch.setenv("THAKSA_DATABASE_URL", published.url.render_as_string(hide_password=False))

    def said(*arguments: str) -> str:
        ran = CliRunner().invoke(app, ["publish", *arguments])
        assert ran.exit_code == 0, ran.output
        return ran.output

    assert said("--month", "2026-05") == "1 month-ends: 3 statements written, 0 voided.\n"
    assert said() == "1 month-ends: 0 statements written, 0 voided.\n"
