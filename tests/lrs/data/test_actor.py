"""Data 2.4.2 and 2.4.9, IEEE 9274.1.1 4.2.2.1: agents, groups, accounts and authorities."""

from typing import Any

import pytest

from .cases import AGENT, GROUP, IRI, MBOX, accept, actors, at, both_versions, groups, inside, refuse

ACCOUNT = {"homePage": "https://moodle.example", "name": "42"}
IDENTIFIERS: list[dict[str, Any]] = [MBOX, {"mbox_sha1sum": "a" * 40}, {"openid": IRI}, {"account": ACCOUNT}]


@both_versions
@pytest.mark.parametrize("identifier", IDENTIFIERS)
class TestIdentifiers:
    """Data 2.4.2.3: each of the four, in an agent and in a group, wherever there may be one."""

    def test_one_is_enough(self, version: str, identifier: dict[str, Any]) -> None:
        for path, statement in actors(identifier, version):
            assert accept(statement, version), path
        for path, statement in groups({"objectType": "Group", **identifier}, version):
            assert accept(statement, version), path

    def test_two_are_too_many(self, version: str, identifier: dict[str, Any]) -> None:
        other = MBOX if "mbox" not in identifier else {"openid": IRI}
        for path, statement in actors({**identifier, **other}, version):
            refuse(statement, version, path)
        for path, statement in groups({"objectType": "Group", **identifier, **other}, version):
            refuse(statement, version, path)


@both_versions
@pytest.mark.parametrize(
    "bad",
    [
        {"name": "no identifier"},
        {"mbox": "a@example.org"},
        {"mbox": "mailto:a"},
        {"mbox": "mailto:a b@example.org"},
        {"mbox": {}},
        {"mbox": 1},
        {"mbox": None},
        {"mbox": ""},
        {"mbox_sha1sum": "g" * 40},
        {"mbox_sha1sum": "a" * 39},
        {"mbox_sha1sum": 1},
        {"openid": "me"},
        {"openid": {}},
        {"openid": ""},
        {"account": "me"},
        {"account": {}},
        {"account": {"homePage": IRI}},
        {"account": {"name": "42"}},
        {"account": {**ACCOUNT, "homePage": "moodle"}},
        {"account": {**ACCOUNT, "homePage": 1}},
        {"account": {**ACCOUNT, "name": 42}},
        {"account": {**ACCOUNT, "name": None}},
        {"account": {**ACCOUNT, "id": "42"}},
        {**MBOX, "name": 1},
        {**MBOX, "name": {}},
        {**MBOX, "Name": "x"},
        {**MBOX, "member": [MBOX]},
        {**MBOX, "objectType": "agent"},
        {**MBOX, "objectType": 1},
        {**MBOX, "objectType": {}},
        {**MBOX, "objectType": []},
        {**MBOX, "objectType": None},
    ],
)
def test_agent_refused(version: str, bad: dict[str, Any]) -> None:
    """Data 2.4.2.1, 2.4.2.3, 2.4.2.4."""
    for path, statement in actors(bad, version):
        refuse(statement, version, path)


@both_versions
class TestGroup:
    """Data 2.4.2.2."""

    @pytest.mark.parametrize(
        "group",
        [
            GROUP,
            {"objectType": "Group", "name": "g", "member": [MBOX, AGENT]},
            {"objectType": "Group", **MBOX, "member": []},
            {"objectType": "Group", **MBOX, "member": [AGENT]},
        ],
    )
    def test_accepted(self, version: str, group: dict[str, Any]) -> None:
        for path, statement in groups(group, version):
            assert accept(statement, version), path

    @pytest.mark.parametrize(
        "bad",
        [
            {"objectType": "Group"},
            {"objectType": "Group", "member": []},
            {"objectType": "Group", "member": MBOX},
            {"objectType": "Group", "member": "x"},
            {"objectType": "Group", "member": [GROUP]},
            {"objectType": "Group", **MBOX, "member": [{"objectType": "Group", **MBOX}]},
            {"objectType": "Group", "member": [{}]},
            {"objectType": "Group", "member": [MBOX], "name": 1},
            {"objectType": "group", "member": [MBOX]},
            {"objectType": "Group", **MBOX, "account": {"homePage": "x"}},
        ],
    )
    def test_refused(self, version: str, bad: dict[str, Any]) -> None:
        for path, statement in groups(bad, version):
            refuse(statement, version, path)

    @pytest.mark.parametrize("bad", [AGENT, MBOX])
    def test_a_team_is_a_group(self, version: str, bad: dict[str, Any]) -> None:
        refuse(at("context.team", bad), version, "context.team")
        refuse(inside("context.team", bad), version, "object.context.team")


@both_versions
class TestAuthority:
    """Data 2.4.9: an agent, or an OAuth consumer and its user as an anonymous group of two."""

    @pytest.mark.parametrize("authority", [AGENT, {"objectType": "Group", "member": [MBOX, {"openid": IRI}]}])
    def test_accepted_and_the_stores_own_is_kept(self, version: str, authority: Any) -> None:
        assert accept(at("authority", authority), version)["authority"] == {"mbox": "mailto:lrs@example.org"}

    @pytest.mark.parametrize(
        "bad",
        [
            "x",
            {"objectType": "Activity", "id": IRI},
            {"objectType": "Group", "member": [MBOX]},
            {"objectType": "Group", "member": [MBOX, MBOX, MBOX]},
            *({"objectType": "Group", "member": [MBOX, MBOX], **identifier} for identifier in IDENTIFIERS),
            *({"objectType": "Group", **identifier} for identifier in IDENTIFIERS),
        ],
    )
    def test_refused(self, version: str, bad: Any) -> None:
        refuse(at("authority", bad), version, "authority")


@both_versions
@pytest.mark.parametrize("bad", ["x", 1, None, [], [MBOX], {}, {"objectType": "Activity", "id": IRI}])
def test_actor_is_an_agent_or_a_group(version: str, bad: Any) -> None:
    """Data 2.4.2."""
    for path in ("actor", "context.instructor"):
        refuse(at(path, bad), version, path)
        refuse(inside(path, bad), version, f"object.{path}")
