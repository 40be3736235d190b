"""Agents, groups and authorities: Data 2.4.2 and 2.4.9."""

from typing import Any

from lrs.validation import scalars
from lrs.validation.checks import Broken, Rule, array, by_type, one_of, shape

IDENTIFIERS = frozenset({"mbox", "mbox_sha1sum", "openid", "account"})

_ACCOUNT = shape("2.4.2.4", {"homePage": scalars.iri, "name": scalars.string}, required=("homePage", "name"))
_IDENTIFIER_CHECKS: dict[str, Rule] = {
    "mbox": scalars.mbox,
    "mbox_sha1sum": scalars.sha1,
    "openid": scalars.iri,
    "account": _ACCOUNT,
}


def _one_identifier(value: dict[str, Any]) -> None:
    if len(IDENTIFIERS & value.keys()) != 1:
        raise Broken("must have exactly one of mbox, mbox_sha1sum, openid, account", "2.4.2.3")


def _members_or_identifier(value: dict[str, Any]) -> None:
    if not IDENTIFIERS.isdisjoint(value):
        _one_identifier(value)
    elif not value.get("member"):
        raise Broken("must have members or an identifier", "2.4.2.2")


AGENT = shape(
    "2.4.2.1",
    {"objectType": one_of("2.4.2.1", "Agent"), "name": scalars.string, **_IDENTIFIER_CHECKS},
    also=_one_identifier,
)
GROUP = shape(
    "2.4.2.2",
    {
        "objectType": one_of("2.4.2.2", "Group"),
        "name": scalars.string,
        "member": array("2.4.2.2", AGENT),
        **_IDENTIFIER_CHECKS,
    },
    required=("objectType",),
    also=_members_or_identifier,
)
ACTOR = by_type("2.4.2", {"Agent": AGENT, "Group": GROUP}, "Agent")


def authority(value: Any) -> None:
    """An agent, or a group without an identifier: an OAuth consumer and the user it acts for."""
    ACTOR(value)
    if value.get("objectType") == "Group" and (
        not IDENTIFIERS.isdisjoint(value) or len(value["member"]) != 2
    ):
        raise Broken("must be an agent, or an anonymous group of exactly two", "2.4.9")
