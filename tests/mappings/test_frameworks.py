"""Several versions of a framework side by side, and the crosswalk between them."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, delete, insert, literal, select, text, update

from connector.report.queries.basis import read_basis, root_scope
from lrs.clock import from_micros, to_micros
from mappings import shipped
from mappings.crosswalk import Pair
from mappings.days import bangkok_day, end_of_bangkok_day
from mappings.errors import MappingError
from mappings.files import parse_mappings
from mappings.framework import load_yaml
from mappings.framework_diff import Difference, compare
from mappings.frameworks import asked_for, list_frameworks, read_all_frameworks, read_framework
from mappings.load import load_framework, load_mappings, load_shipped
from mappings.progress import refresh
from mappings.tables import (
    account_link,
    batch_learner,
    competency,
    competency_crosswalk,
    framework,
    parameter,
    refresh_state,
)
from tests.mappings.world import BEGIN, NOW, people_with_accounts, send

FIRST = shipped.text(shipped.FRAMEWORK)
SECOND = (Path(__file__).parents[1] / "fixtures/frameworks/seven-areas.yaml").read_text(encoding="utf-8")
CODE = "otepc-w4-2563"
APRIL = BEGIN + timedelta(days=40)


def load(conn: Connection, text: str, name: str = "mine.yaml") -> bool:
    return load_framework(conn, load_yaml(text, name), APRIL, "test")


def load_both(conn: Connection) -> None:
    load(conn, FIRST)
    load(conn, SECOND)


def test_what_is_read_back_is_what_the_files_say(engine: Engine) -> None:
    with engine.begin() as conn:
        load_both(conn)
        assert read_framework(conn, CODE, "1") == load_yaml(FIRST)
        assert read_framework(conn, CODE, "2") == load_yaml(SECOND)
        assert read_framework(conn, CODE, "1").text == FIRST
        assert [(one.version, at) for one, at in read_all_frameworks(conn)] == [("1", APRIL), ("2", APRIL)]
        with pytest.raises(MappingError, match=r"version '3' is not loaded \(loaded: \S+ 1, \S+ 2\)"):
            read_framework(conn, CODE, "3")


def test_a_file_that_says_the_same_in_other_words_is_the_same_version(engine: Engine) -> None:
    with engine.begin() as conn:
        load_both(conn)
        assert load(conn, f"# read again\n{SECOND}") is False
        with pytest.raises(MappingError, match="give it a new version"):
            load(conn, SECOND.replace("Safe use", "Use it safely"))


def test_a_version_from_before_files_were_kept_gets_its_text(engine: Engine) -> None:
    with engine.begin() as conn:
        load_both(conn)
        conn.execute(update(framework).values(text=None))
        with pytest.raises(MappingError, match="load its file again"):
            read_framework(conn, CODE, "1")
        assert read_all_frameworks(conn) == ()
        assert load(conn, FIRST) is False
        assert read_framework(conn, CODE, "1").text == FIRST


def test_the_list_says_from_when_to_when(engine: Engine) -> None:
    with engine.begin() as conn:
        load_shipped(conn, APRIL, "test")
        load(conn, SECOND)
        first, second = list_frameworks(conn)
        recorded = conn.execute(select(framework.c.recorded_at)).scalars().first()
    assert (first.version, first.competencies, first.mappings) == ("1", 10, 6)
    assert (second.version, second.competencies, second.mappings) == ("2", 8, 0)
    assert second.recorded_at == from_micros(recorded or 0)


def test_reports_ask_for_the_valid_version_that_began_last(engine: Engine) -> None:
    third = SECOND.replace('version: "2"', 'version: "3"').replace(
        "valid_from: 2026-05-01", "valid_to: 2026-05-20"
    )
    asked = []
    with engine.begin() as conn:
        people_with_accounts(conn, {"11": "สมชาย"})
        load(conn, SECOND)
        load(conn, third)
        held = list_frameworks(conn)
        for day in (BEGIN + timedelta(days=41), APRIL + timedelta(days=30), NOW):
            refresh(conn, day)
            basis = read_basis(conn, root_scope(conn), day)
            asked.append((day, basis, asked_for(held, bangkok_day(day))))
    assert [basis.framework_id for _, basis, _ in asked] == [one and one.id for _, _, one in asked]
    states = [[one.state(bangkok_day(day), current) for one in held] for day, _, current in asked]
    assert states == [
        ["in force", "not yet", "not yet"],
        ["beside it", "beside it", "in force"],
        ["beside it", "in force", "ended"],
    ]


def test_the_crosswalk_is_kept_by_rows(engine: Engine) -> None:
    with engine.begin() as conn:
        load_both(conn)
        older, newer = competency.alias(), competency.alias()
        rows = conn.execute(
            select(older.c.code, newer.c.code)
            .join(competency_crosswalk, competency_crosswalk.c.old_id == older.c.id)
            .join(newer, newer.c.id == competency_crosswalk.c.new_id)
        ).all()
    pairs = {(old, new) for old, new in rows}
    assert len(pairs) == 10
    assert {("D1.3", "C2"), ("D1.9", "C7"), ("D1.7", "C4"), ("D1.7", "C5")} < pairs
    assert not {("D1.3", "C7"), ("D1.9", "C2")} & pairs


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (
            "{from: D1.9,",
            "{from: D9.9,",
            "crosswalk[0].becomes[7]: from: 'D9.9' is not in otepc-w4-2563 version 1",
        ),
        (
            '2563, version: "1"}',
            '2563, version: "0"}',
            "crosswalk[0]: framework: 'otepc-w4-2563' version '0' is not",
        ),
    ],
)
def test_a_crosswalk_from_what_is_not_there_is_refused(
    engine: Engine, old: str, new: str, complaint: str
) -> None:
    line = SECOND[: SECOND.index(old)].count("\n") + 1
    with engine.begin() as conn:
        load(conn, FIRST)
        with pytest.raises(MappingError) as caught:
            load(conn, SECOND.replace(old, new))
    assert str(caught.value).startswith(f"mine.yaml: {complaint}")
    assert str(caught.value).endswith(f"(line {line})")


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("to: [C7]", "to: [C9]", "crosswalk[0].becomes[7]: to: 'C9' is not defined in this file"),
        ("to: [C7]", "to: []", "crosswalk[0].becomes[7]: to: names none"),
        ("{from: D1.9,", "{from: D1.3,", "crosswalk[0]: becomes: 'D1.3' is there twice"),
        ("{from: D1.9,", "{form: D1.9,", "crosswalk[0].becomes[7]: form: unknown field"),
        ("groups:\n", "goups: []\ngroups:\n", "top: goups: unknown field"),
        ("valid_from: 2026-05-01", "valid_to: 2026-04-30", "framework: valid_to: lies before"),
        (
            "{id: C7,",
            "{id: C7-and-a-long-tail,",
            "dimensions[0] (D1).competencies[6] (C7-and-a-long-tail): id: must",
        ),
        (
            "{id: D2.0,",
            "{id: D2.0, nick: x,",
            "dimensions[1] (D2).competencies[0] (D2.0): nick: unknown field",
        ),
        ("weight: 60", "weight: 160", "learning_categories[0] (LC70): weight: must be between 0 and 100"),
    ],
)
def test_a_fault_is_named(old: str, new: str, complaint: str) -> None:
    assert SECOND.count(old) == 1
    with pytest.raises(MappingError) as caught:
        load_yaml(SECOND.replace(old, new), "mine.yaml")
    assert str(caught.value).startswith(f"mine.yaml: {complaint}")
    assert " (line " in str(caught.value)


def test_versions_are_compared_by_code() -> None:
    found = compare(load_yaml(FIRST), load_yaml(SECOND))
    by_name = {(one.kind, one.name): one for one in found.differences}
    assert by_name["competency", "D1.3"].change == "removed"
    assert by_name["competency", "C2"].change == "added"
    assert by_name["competency", "D2.0"].change == "changed"
    gone = "D1.1, D1.2, D1.3, D1.4, D1.5, D1.6, D1.7, D1.8, D1.9"
    assert by_name["requirement", "early T"] == Difference(
        "requirement", "removed", "early T", f"{gone}, D2.0", ""
    )
    assert by_name["requirement", "early S"] == Difference(
        "requirement", "changed", "early S", gone, "C1, C2, C3, C4, C5, C6, C7"
    )
    assert by_name["category", "LC70"] == Difference(
        "category",
        "changed",
        "LC70",
        "70: online_self_paced, self_study, on_the_job",
        "60: online_self_paced, self_study",
    )
    assert [by_name["category", code].change for code in ("LC10", "LC11")] == ["removed", "added"]
    assert found.unmapped == ("D1.6",)
    relations = {(pair.old, pair.new): pair.relation for pair in found.crosswalk}
    assert relations["D1.3", "C2"] == relations["D1.9", "C7"] == "same"
    assert relations["D1.1", "C1"] == relations["D1.2", "C1"] == "merged"
    assert relations["D1.7", "C4"] == relations["D1.7", "C5"] == "split"


def test_old_ones_that_are_split_and_merged_at_once_are_regrouped() -> None:
    text = SECOND.replace("{from: D1.1, to: [C1]}", "{from: D1.1, to: [C1, C2]}")
    (crosswalk,) = load_yaml(text).crosswalks
    assert Pair("D1.1", "C1", "regrouped") in crosswalk.pairs()
    assert Pair("D1.3", "C2", "merged") in crosswalk.pairs()


def test_the_same_version_differs_in_nothing() -> None:
    found = compare(load_yaml(SECOND), load_yaml(SECOND))
    assert (found.differences, found.crosswalk, found.unmapped) == ((), (), ())


def test_a_completion_stays_with_the_version_that_its_mapping_names(engine: Engine) -> None:
    mine = shipped.text(shipped.MAPPINGS[0]).replace('version: "1"', 'version: "2"')
    for old, new in (
        ("D1.1]", "C1]"),
        ("D1.2]", "C1]"),
        ("D1.3]", "C2]"),
        ("D1.4]", "C3]"),
        ("D1.5]", "C3]"),
    ):
        mine = mine.replace(old, new)
    mine = mine[: mine.index("  - id: sample-dl105")]
    with engine.begin() as conn:
        people_with_accounts(conn, {"11": "สมชาย"})
        send(conn, "11", 4)
        refresh(conn, NOW)
        before = states(conn)
        assert {key for key, state in before.items() if state == 2} == {("1", "D1.3")}

        load(conn, SECOND)
        refresh(conn, NOW)
        after = states(conn)
        assert {key: after[key] for key in before} == before
        assert {state for (version, _), state in after.items() if version == "2"} == {0}

        load_mappings(conn, parse_mappings(mine, "mine.yaml"), NOW, "test")
        refresh(conn, NOW)
        mapped = states(conn)
    assert {key for key, state in mapped.items() if state == 2} == {("1", "D1.3"), ("2", "C2")}
    assert mapped["1", "D1.9"] == mapped["2", "C7"] == 0


def test_a_version_counts_from_its_first_day(engine: Engine) -> None:
    with engine.begin() as conn:
        people_with_accounts(conn, {"11": "สมชาย"})
        load(conn, SECOND)
        refresh(conn, APRIL + timedelta(days=1))
        assert {version for version, _ in states(conn)} == {"1"}
        refresh(conn, NOW)
        assert {version for version, _ in states(conn)} == {"1", "2"}


def test_a_version_that_has_ended_counts_no_more(engine: Engine) -> None:
    with engine.begin() as conn:
        people_with_accounts(conn, {"11": "สมชาย"})
        load(conn, SECOND.replace("  valid_from: 2026-05-01", "  valid_to: 2026-05-20"))
        refresh(conn, APRIL + timedelta(days=30))
        assert {version for version, _ in states(conn)} == {"1", "2"}
        refresh(conn, NOW)
        assert {version for version, _ in states(conn)} == {"1"}


def states(conn: Connection) -> dict[tuple[str, str], int]:
    """(version, competency) -> the one person's state, as of the last refresh; of those not started too."""
    day, known_at = conn.execute(select(refresh_state.c.as_of_day, refresh_state.c.known_at)).one()
    end = to_micros(end_of_bangkok_day(day))
    conn.execute(insert(parameter).values(batch="s", as_of_day=day, as_of_end=end, known_at=known_at))
    everybody = select(literal("s"), account_link.c.person_id).distinct()
    conn.execute(insert(batch_learner).from_select(["batch", "person_id"], everybody))
    found = conn.execute(text("select competency_id, state from competency_progress"))
    progress = {row.competency_id: row.state for row in found}
    for table in (batch_learner, parameter):
        conn.execute(delete(table))
    names = select(competency.c.id, framework.c.version, competency.c.code)
    rows = conn.execute(names.join(framework, framework.c.id == competency.c.framework_id))
    return {(row.version, row.code): progress[row.id] for row in rows if row.id in progress}


def test_the_example_in_the_documentation_is_read_as_it_says() -> None:
    page = (Path(__file__).parents[2] / "docs/framework.md").read_text(encoding="utf-8")
    example = page.split("```yaml\n")[1].split("```")[0]
    (crosswalk,) = load_yaml(SECOND[: SECOND.index("crosswalk:")] + example).crosswalks
    relations = {(pair.old, pair.new): pair.relation for pair in crosswalk.pairs()}
    assert relations == {
        ("D1.1", "C1"): "merged",
        ("D1.2", "C1"): "merged",
        ("D1.3", "C2"): "same",
        ("D1.7", "C4"): "split",
        ("D1.7", "C5"): "split",
    }
