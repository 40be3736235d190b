"""Data 2.3.1, IEEE 9274.1.1 4.2: which differences make two statements differ."""

from typing import Any

import pytest

from lrs.comparison import fingerprint

from .data.cases import AGENT, MBOX, REMOVED, UUID, at, substatement
from .statements import full, simple

OTHER = {"openid": "https://example.org/b"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("id", UUID.upper()),
        ("id", REMOVED),
        ("stored", "2001-01-01T00:00:00Z"),
        ("timestamp", "2001-01-01T00:00:00Z"),
        ("authority", MBOX),
        ("version", "1.0.1"),
        ("verb.display", REMOVED),
        ("verb.display", {"en": "another"}),
        ("object.definition", REMOVED),
        ("object.objectType", REMOVED),
        ("actor.objectType", REMOVED),
        ("attachments", REMOVED),
        ("attachments.0.display", {"en": "another"}),
        ("result.duration", "PT1H30M0.001S"),
        ("result.score.raw", 80.0),
        ("context.registration", full()["context"]["registration"].upper()),
        ("context.statement.id", full()["context"]["statement"]["id"].upper()),
        ("context.language", "TH-th"),
        ("context.instructor.mbox", "mailto:teacher@EXAMPLE.org"),
        ("context.contextActivities.parent", [{"id": "https://moodle.example"}]),
        (
            "context.contextActivities.parent",
            [{"id": "https://moodle.example", "objectType": "Activity", "definition": {"name": {"en": "x"}}}],
        ),
    ],
)
def test_no_difference(path: str, value: Any) -> None:
    one, other = full(), at(path, value)
    if path == "result.duration":
        one["result"]["duration"] = "PT1H30M0S"
    assert fingerprint(one) == fingerprint(other)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("actor.name", "Another"),
        ("actor.account.name", "43"),
        ("verb.id", "https://example.org/v"),
        ("object.id", "https://example.org/a"),
        ("result", REMOVED),
        ("result.success", False),
        ("result.success", 1),
        ("result.score.scaled", 0.81),
        ("result.duration", "PT1H31M"),
        ("result.duration", "PT90M"),
        ("result.duration", "PT1H30M0.01S"),
        ("result.response", "A"),
        ("result.extensions", {"https://example.org/": [1, 2]}),
        ("context.instructor.mbox", "mailto:Teacher@example.org"),
        ("context.platform", "moodle"),
        ("context.contextActivities.grouping", [{"id": "https://moodle.example"}]),
    ],
)
def test_difference(path: str, value: Any) -> None:
    assert fingerprint(full()) != fingerprint(at(path, value))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("PT1.239S", "PT1.23S", True),
        ("PT1.2300S", "PT1.23S", True),
        ("PT1.500S", "PT1.5S", True),
        ("PT1.001S", "PT1S", True),
        ("PT1,239S", "PT1,23S", True),
        ("PT1.24S", "PT1.23S", False),
        ("PT10S", "PT1S", False),
        ("PT1.5H", "PT1.5M", False),
        ("P1DT0.100S", "P1DT0.1S", True),
    ],
)
def test_durations_to_a_hundredth_of_a_second(one: str, other: str, same: bool) -> None:
    """Data 4.6."""
    prints = [fingerprint(at("result.duration", text)) for text in (one, other)]
    assert (prints[0] == prints[1]) is same


def test_order_of_members() -> None:
    groups = [{"objectType": "Group", "member": [MBOX, OTHER][::step]} for step in (1, -1)]
    one, other = (fingerprint(full(actor=group)) for group in groups)
    assert one == other


def test_attachments_count_if_asked_for() -> None:
    attachment = full()["attachments"][0]
    two = [attachment, {**attachment, "length": 28}]
    prints = {fingerprint(full(attachments=some), attachments=True) for some in (two, two[::-1])}
    assert len(prints) == 1
    assert fingerprint(full(), attachments=True) not in prints
    upper = {**attachment, "sha2": attachment["sha2"].upper()}
    assert fingerprint(full(attachments=[upper]), attachments=True) == fingerprint(full(), attachments=True)


def test_lists_in_extensions_keep_their_order() -> None:
    one, two = (
        fingerprint(simple(result={"extensions": {"https://example.org/": order}}))
        for order in ([1, 2], [2, 1])
    )
    assert one != two


def test_a_substatement_is_the_same_at_the_same_moment() -> None:
    one, zoned, later = (
        fingerprint(substatement(timestamp=moment))
        for moment in ("2026-01-01T00:00:00Z", "2026-01-01T07:00:00.000+07:00", "2026-01-01T00:00:01Z")
    )
    assert one == zoned
    assert one != later
    assert fingerprint(substatement(object=AGENT)) != fingerprint(substatement(object={"id": "a:b"}))
