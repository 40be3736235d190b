"""A cut of the tree against counting by hand."""

from hypothesis import given
from hypothesis import strategies as st

from mappings.cut_units import cut

Tree = dict[int, int | None]


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """Numbered so that some lie within units of higher numbers."""
    size = draw(st.integers(1, 30))
    numbers = draw(st.permutations(range(1, size + 1)))
    return {
        one: None if not place else draw(st.sampled_from([None, *numbers[:place]]))
        for place, one in enumerate(numbers)
    }


def within(parents: Tree, top: int) -> set[int]:
    found = {top}
    while more := {one for one, parent in parents.items() if parent in found} - found:
        found |= more
    return found


@given(trees(), st.dictionaries(st.integers(1, 30), st.integers(0, 9)), st.integers(1, 8))
def test_every_unit_is_in_a_part_and_those_with_some_in_several_are_told(
    parents: Tree, people: dict[int, int], count: int
) -> None:
    found = cut(parents, people, count)
    assert found.part_of.keys() == parents.keys()
    assert set(found.part_of.values()) <= set(range(count))
    across = {one for one in parents if len({found.part_of[each] for each in within(parents, one)}) > 1}
    assert found.across == across


def test_parts_have_about_as_many_people_and_only_the_way_to_the_top_lies_across() -> None:
    top, areas = 1, range(2, 22)
    schools = {100 * area + n: area for area in areas for n in range(50)}
    parents: Tree = {top: None, **dict.fromkeys(areas, top), **schools}
    people = {school: school % 7 for school in schools}
    found = cut(parents, people, 3)
    sizes = [sum(people[one] for one in people if found.part_of[one] == part) for part in range(3)]
    assert max(sizes) - min(sizes) < 150
    assert top in found.across
    assert len(found.across) <= 3
    assert not found.across & schools.keys()


def test_of_one_part_nothing_lies_across() -> None:
    assert cut({1: None, 2: 1}, {2: 5}, 1) == ({1: 0, 2: 0}, frozenset())
