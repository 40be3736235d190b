"""Frameworks as files of other systems: there and back again, exactly."""

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings import shipped
from mappings.case import CasePackage, crosswalks_from_case, document_id, from_case, item_id
from mappings.errors import MappingError
from mappings.framework import Competency, Framework, Named, load_yaml
from mappings.framework_yaml import dump_yaml
from mappings.moodle_csv import HEADERS, from_moodle_csv, to_moodle_csv
from mappings.outline import Outline
from tests.mappings.case_rules import PACKAGE

FIXTURES = Path(__file__).parents[1] / "fixtures"
FIRST = load_yaml(shipped.text(shipped.FRAMEWORK))
SECOND = load_yaml((FIXTURES / "frameworks/seven-areas.yaml").read_text(encoding="utf-8"))
CHANGED = datetime(2026, 6, 1, 3, 0, tzinfo=UTC)
BASE = "https://thaksa.example/"
THREE, NINE = "การใช้งานเพื่อความมั่นคงปลอดภัย", "การใช้ดิจิทัลเพื่อความมั่นคงปลอดภัย"

# Words with all that files stumble over: quotes, commas, both sara am, line ends never.
WORDS = st.text(st.sampled_from("aก ็่,;\"'ําำ%&\\=+-@/."), min_size=1, max_size=20).map(
    lambda word: (word.replace("\\", "/") if '\\"' in word else word).strip() or "x"
)


def named(framework: Framework, words: list[str]) -> Framework:
    """The framework with other names."""
    pairs = iter(words * 4)
    return replace(
        framework,
        title_th=next(pairs),
        title_en=next(pairs),
        dimensions=tuple(Named(each.code, next(pairs), next(pairs)) for each in framework.dimensions),
        competencies=tuple(
            replace(each, name_th=next(pairs), name_en=next(pairs)) for each in framework.competencies
        ),
    )


def back_from_moodle(text: str, like: Framework) -> Framework:
    outline = from_moodle_csv(text, "mine.csv")
    return outline.completed(like, version=outline.version or "", valid_from=like.valid_from)


def case(framework: Framework) -> str:
    package = CasePackage(framework, CHANGED, BASE, [FIRST, SECOND]).package()
    return json.dumps(package, ensure_ascii=False)


def back_from_case(text: str, like: Framework) -> Framework:
    return from_case(text, "mine.json", like.code).completed(
        like,
        version=like.version,
        valid_from=like.valid_from,
        crosswalks=crosswalks_from_case(text, "mine.json", [FIRST, SECOND]),
    )


@pytest.mark.parametrize("framework", [FIRST, SECOND], ids=["nine", "seven"])
def test_there_and_back_again(framework: Framework) -> None:
    assert load_yaml(dump_yaml(framework)) == framework
    text = to_moodle_csv(framework)
    assert back_from_moodle(text, framework) == framework
    assert to_moodle_csv(back_from_moodle(text, framework)) == text
    assert back_from_case(case(framework), framework) == framework
    assert case(back_from_case(case(framework), framework)) == case(framework)


@settings(max_examples=60, deadline=None)
@given(st.lists(WORDS, min_size=13, max_size=13))
def test_any_names_come_back(words: list[str]) -> None:
    framework = named(FIRST, words)
    assert load_yaml(dump_yaml(framework)) == framework
    assert back_from_moodle(to_moodle_csv(framework), framework) == framework
    assert back_from_case(case(framework), framework) == framework


def test_areas_three_and_nine_keep_their_ids_everywhere() -> None:
    rows = {row[1]: row[2] for row in csv.reader(io.StringIO(to_moodle_csv(FIRST)))}
    assert (rows["D1.3"], rows["D1.9"]) == (THREE, NINE)
    items = {one["humanCodingScheme"]: one for one in json.loads(case(FIRST))["CFItems"]}
    assert (items["D1.3"]["fullStatement"], items["D1.9"]["fullStatement"]) == (THREE, NINE)
    assert items["D1.3"]["identifier"] != items["D1.9"]["identifier"]


def test_a_name_says_nothing_of_what_a_competency_is() -> None:
    swapped = {THREE: NINE, NINE: THREE}
    other = replace(
        FIRST,
        competencies=tuple(
            replace(each, name_th=swapped.get(each.name_th, each.name_th)) for each in FIRST.competencies
        ),
    )
    for found in (
        load_yaml(dump_yaml(other)),
        back_from_moodle(to_moodle_csv(other), FIRST),
        back_from_case(case(other), FIRST),
    ):
        names = {each.code: each.name_th for each in found.competencies}
        assert (names["D1.3"], names["D1.9"]) == (NINE, THREE)
        assert found.requirements == FIRST.requirements
    steps = {step.old: step.new for step in SECOND.crosswalks[0].steps}
    found = back_from_case(case(SECOND), SECOND)
    assert {step.old: step.new for step in found.crosswalks[0].steps} == steps
    assert (steps["D1.3"], steps["D1.9"]) == (("C2",), ("C7",))


# ---- Moodle -------------------------------------------------------------------------------------


def test_moodles_columns() -> None:
    head, framework, first, second = list(csv.reader(io.StringIO(to_moodle_csv(FIRST))))[:4]
    assert (tuple(head), len(head)) == (HEADERS, 14)
    assert framework[:2] == ["", "otepc-w4-2563/1"]
    assert framework[3] == f"{FIRST.title_th}\n{FIRST.title_en}"
    assert framework[12] == "1"
    assert json.loads(framework[6])[1] == {"id": 2, "scaledefault": 1, "proficient": 1}
    assert (first[:2], first[12]) == (["", "D1"], "")
    assert (second[:2], second[12]) == (["D1", "D1.1"], "")


@pytest.mark.parametrize(("name", "framework"), [("nine", FIRST), ("seven", SECOND)])
def test_what_moodle_exports_of_ours_is_ours(name: str, framework: Framework) -> None:
    """Files that a Moodle 4.5.6 exported after it had imported ours; its rows are in no order."""
    text = (FIXTURES / f"frameworks/moodle-4.5-{name}-areas.csv").read_text(encoding="utf-8")
    assert text != to_moodle_csv(framework)
    assert back_from_moodle(text, framework) == framework


@pytest.mark.parametrize("title", ["ก" * 30, "ก" * 70, "ก" * 101])
def test_moodle_can_name_the_file_of_its_export(title: str) -> None:
    framework = replace(FIRST, title_th=title)
    text = to_moodle_csv(framework)
    row = list(csv.reader(io.StringIO(text)))[1]
    assert len(f"{row[2]}-{row[1]}-20261121_2340-comma_separated.csv".encode()) <= 255
    assert len(row[2]) <= 100
    assert back_from_moodle(text, framework) == framework


def test_what_moodle_exports_is_read_with_headers_in_any_language() -> None:
    text = (FIXTURES / "frameworks/moodle-export.csv").read_text(encoding="utf-8")
    outline = from_moodle_csv(text, "moodle.csv")
    assert (outline.code, outline.version) == ("DCF", None)
    assert [each.code for each in outline.items] == ["DC1", "DC2", "DC3"]
    found = outline.completed(FIRST, version="1", valid_from=FIRST.valid_from)
    assert [(each.code, each.dimension) for each in found.competencies] == [
        (c, c) for c in ("DC1", "DC2", "DC3")
    ]
    assert found.requirements[0].competencies == ("DC1", "DC2", "DC3")
    again = from_moodle_csv(to_moodle_csv(found), "again.csv")
    assert (again.code, again.version, again.items) == ("DCF", "1", outline.items)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (",0,null,,12,,", ",0,null,,12,", "mine.csv: line 15: 13 columns where Moodle writes 14"),
        ("D1,D1.9,", "D7,D1.9,", "mine.csv: line 13: the parent 'D7' is not in the file"),
        ("D1,D1.9,", "D1.8,D1.9,", "mine.csv: line 13: the parent 'D1.8' lies on a third level"),
        ("D1,D1.9,", "D1,D1.3,", "mine.csv: the id 'D1.3' is there 2 times"),
        (",,,,,,1,", ",,,,,,0,", "mine.csv: no row is a framework"),
        ("D1,D1.9,", "D1,,", "mine.csv: line 13: needs an id and a name"),
    ],
)
def test_a_fault_in_a_moodle_file_names_its_line(old: str, new: str, complaint: str) -> None:
    text = to_moodle_csv(FIRST)
    assert text.count(old) == 1
    with pytest.raises(MappingError) as caught:
        from_moodle_csv(text.replace(old, new), "mine.csv")
    assert str(caught.value).startswith(complaint)


@pytest.mark.parametrize(
    ("name", "why"),
    [("ก" * 101, "100 characters"), ("a <b>", "tag"), ('\\"', "backslash"), ("a\nb", "lines")],
)
def test_what_moodle_would_spoil_is_refused(name: str, why: str) -> None:
    worse = replace(FIRST, competencies=(Competency("D1.1", "D1", 1, name, "x"), *FIRST.competencies[1:]))
    with pytest.raises(MappingError, match=rf"^D1\.1: .*{why}"):
        to_moodle_csv(worse)


def test_a_requirement_of_some_is_not_guessed() -> None:
    some = replace(FIRST, requirements=(replace(FIRST.requirements[0], competencies=("D1.3", "D1.9")),))
    outline = Outline.of(FIRST)
    assert outline.completed(some, version="1", valid_from=FIRST.valid_from).requirements == some.requirements
    with pytest.raises(MappingError, match=r"requires 'D1\.3' of some groups, and it is not in the file"):
        Outline.of(SECOND).completed(some, version="2", valid_from=FIRST.valid_from)


# ---- CASE ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("framework", [FIRST, SECOND], ids=["nine", "seven"])
def test_a_package_is_as_case_has_it(framework: Framework) -> None:
    package = json.loads(case(framework))
    assert PACKAGE(package)
    items = {each["identifier"] for each in package["CFItems"]}
    assert len(items) == len(framework.competencies) + len(framework.dimensions)
    document = package["CFDocument"]["identifier"]
    children = [each for each in package["CFAssociations"] if each["associationType"] == "isChildOf"]
    assert {each["originNodeURI"]["identifier"] for each in children} == items
    assert {each["destinationNodeURI"]["identifier"] for each in children} <= items | {document}
    assert len({each["identifier"] for each in package["CFAssociations"]}) == len(package["CFAssociations"])


def test_the_crosswalk_is_associations() -> None:
    found = {
        (each["originNodeURI"]["identifier"], each["destinationNodeURI"]["identifier"]): each[
            "associationType"
        ]
        for each in json.loads(case(SECOND))["CFAssociations"]
    }

    def between(old: str, new: str) -> str | None:
        ends = item_id(FIRST.code, "1", old), item_id(SECOND.code, "2", new)
        return found.get((str(ends[0]), str(ends[1])))

    assert between("D1.3", "C2") == between("D1.9", "C7") == "exactMatchOf"
    assert between("D1.3", "C7") is between("D1.9", "C2") is None
    assert between("D1.1", "C1") == "replacedBy"
    assert between("D1.7", "C4") == "isRelatedTo"


def test_identifiers_are_the_same_everywhere_and_for_ever() -> None:
    assert str(document_id("otepc-w4-2563", "1")) == "2761a5b1-0463-5d1e-85ba-4ca14bd72245"
    assert str(item_id("otepc-w4-2563", "1", "D1.3")) == "800b2adc-0f05-53f4-97b9-1f5ffd549fc1"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"CFDocument": {"identifier": 1, "title": "x"}}',
        '{"CFDocument": {"identifier": "x"}}',
    ],
)
def test_what_is_no_package_is_refused(text: str) -> None:
    with pytest.raises(MappingError, match=r"^mine\.json: is no CFPackage"):
        from_case(text, "mine.json", "x")


def test_items_that_lie_under_nothing_are_not_lost_in_silence() -> None:
    package = json.loads(case(FIRST))
    package["CFAssociations"] = package["CFAssociations"][:-1]
    with pytest.raises(MappingError, match=r"^mine\.json: 12 items, of which 11 lie under the document"):
        from_case(json.dumps(package), "mine.json", "x")
