from datetime import date

import pytest

from mappings import shipped
from mappings.errors import MappingError
from mappings.framework import load_yaml

TEXT = shipped.text(shipped.FRAMEWORK)


def test_the_shipped_framework_requires_ten_competencies_of_every_group() -> None:
    framework = load_yaml(TEXT)
    assert (framework.code, framework.version) == ("otepc-w4-2563", "1")
    assert framework.valid_from == date(2020, 3, 24)
    codes = tuple(each.code for each in framework.competencies)
    assert codes == (*(f"D1.{area}" for area in range(1, 10)), "D2.0")
    (requirement,) = framework.requirements
    assert requirement.groups == ("M", "A", "S", "T")
    assert requirement.competencies == codes


def test_areas_three_and_nine_are_two_competencies() -> None:
    names = {each.code: each.name_th for each in load_yaml(TEXT).competencies}
    assert names["D1.3"] == "การใช้งานเพื่อความมั่นคงปลอดภัย"
    assert names["D1.9"] == "การใช้ดิจิทัลเพื่อความมั่นคงปลอดภัย"


def test_the_issuers_spelling_is_kept() -> None:
    names = [each.name_th for each in load_yaml(TEXT).competencies]
    assert "การใช้โปรแกรม ประมวลคํา" in names


def test_learning_online_by_oneself_is_in_the_seventy() -> None:
    modes = {mode: each.code for each in load_yaml(TEXT).categories for mode in each.modes}
    assert modes["online_self_paced"] == "LC70"
    assert modes["coaching"] == "LC20"
    assert modes["live_online_training"] == "LC10"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (
            "issued_on: 2020-03-24",
            "issued_on: soon",
            "framework: issued_on: must be a day such as 2020-03-24",
        ),
        ('version: "1"', "version: 1", "framework: version: must be a text"),
        ("{id: D1.2,", "{id: D1.1,", "top: competencies: 'D1.1' is there twice"),
        (
            "competencies: [D1.1,",
            "competencies: [D9.9,",
            "requirements[0]: competencies: 'D9.9' is not defined",
        ),
        ("groups: [M,", "groups: [X,", "requirements[0]: groups: 'X' is not defined"),
        ("{stage: early,", "{stage: late,", "requirements[0]: stage: 'late' is not one of early"),
        ("weight: 70", "weight: most", "learning_categories[0] (LC70): weight: must be a whole number"),
        ("workshop,", "coaching,", "top: learning_categories: 'coaching' is there twice"),
    ],
)
def test_a_fault_is_named_with_file_entry_and_field(old: str, new: str, complaint: str) -> None:
    assert TEXT.count(old) == 1
    with pytest.raises(MappingError) as caught:
        load_yaml(TEXT.replace(old, new), "mine.yaml")
    assert str(caught.value).startswith(f"mine.yaml: {complaint}")


@pytest.mark.parametrize(
    ("old", "new"), [("issued_on: 2020-03-24", "issued_on: soon"), ("weight: 20", "weight: most")]
)
def test_a_fault_is_named_with_its_line(old: str, new: str) -> None:
    line = TEXT[: TEXT.index(old)].count("\n") + 1
    with pytest.raises(MappingError, match=rf" \(line {line}\)$"):
        load_yaml(TEXT.replace(old, new), "mine.yaml")


def test_what_is_missing_is_named_with_the_line_of_its_entry() -> None:
    line = TEXT[: TEXT.index("  - id: LC20")].count("\n") + 1
    with pytest.raises(MappingError, match=rf"\(LC20\): weight: is missing \(line {line}\)$"):
        load_yaml(TEXT.replace("    weight: 20\n", ""), "mine.yaml")


def test_a_field_that_is_there_twice_is_refused() -> None:
    line = TEXT[: TEXT.index("    weight: 20")].count("\n") + 2
    with pytest.raises(MappingError, match=rf"'weight' is there twice \(line {line}\)$"):
        load_yaml(TEXT.replace("    weight: 20\n", "    weight: 20\n    weight: 30\n"), "mine.yaml")


@pytest.mark.parametrize("text", ["", "[]", "a: [", "framework:", "framework: {id: x}", "a: 2020-99-99"])
def test_what_is_no_framework_is_refused(text: str) -> None:
    with pytest.raises(MappingError, match=r"^mine\.yaml: "):
        load_yaml(text, "mine.yaml")
