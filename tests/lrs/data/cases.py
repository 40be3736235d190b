"""Statements with one value changed, and what both versions are to say of them."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from lrs.errors import BadStatement
from lrs.statement import Authority, prepare
from lrs.validation import VERSIONS

from ..conftest import HOME_PAGE
from ..statements import full, simple

AUTHORITY = Authority({"mbox": "mailto:lrs@example.org"}, 2, frozenset({HOME_PAGE}), 7)
MBOX: dict[str, Any] = {"mbox": "mailto:a@example.org"}
AGENT: dict[str, Any] = {"objectType": "Agent", **MBOX}
GROUP: dict[str, Any] = {"objectType": "Group", "member": [MBOX]}
UUID = "fdb0b6d0-7a1e-4c44-8a3f-3f1c2d3e4f50"
IRI = "https://example.org/x"
REMOVED: Any = object()
both_versions = pytest.mark.parametrize("version", VERSIONS)


def each(paths: str, *bad: Any) -> list[tuple[str, Any]]:
    """Each of the values at each of the paths, which have spaces between them."""
    return [(path, one) for path in paths.split() for one in bad]


def changed(value: Any, path: str, new: Any) -> Any:
    """The value, changed in place at a dotted path; what is missing on the way is made."""
    *parents, last = path.split(".")
    inner = value
    for name in parents:
        inner = inner[int(name)] if isinstance(inner, list) else inner.setdefault(name, {})
    if new is REMOVED:
        del inner[last]
    elif isinstance(inner, list):
        inner[int(last)] = new
    else:
        inner[last] = new
    return value


def at(path: str, new: Any) -> dict[str, Any]:
    """The full statement with a new value at a dotted path."""
    statement: dict[str, Any] = changed(full(), path, new)
    return statement


def substatement(**changes: Any) -> dict[str, Any]:
    """A statement about another one, which is not asserted."""
    return simple(object={"objectType": "SubStatement", **simple(), **changes})


def inside(path: str, new: Any) -> dict[str, Any]:
    """The same change in a SubStatement."""
    inner = full()
    del inner["id"]
    return simple(object={"objectType": "SubStatement", **changed(inner, path, new)})


def accept(statement: dict[str, Any], version: str) -> dict[str, Any]:
    """What is kept of a statement that is accepted, but for its last brace."""
    opening = prepare(orjson.loads(orjson.dumps(statement)), version=version, authority=AUTHORITY).opening
    kept: dict[str, Any] = orjson.loads(opening + b"}")
    return kept


def refuse(statement: object, version: str, path: str) -> None:
    """The statement is refused in words that name the property, or the object it is in, and a section."""
    with pytest.raises(BadStatement) as refusal:
        prepare(statement, version=version, authority=AUTHORITY)
    message = refusal.value.message
    assert message.endswith(")")
    assert "(xAPI Data " in message
    named = message.partition(" ")[0].rstrip(":")
    wanted = "statement." + path.replace(".0", "[0]")
    assert wanted.startswith(named) or named.startswith(wanted), message


def refuse_everywhere(path: str, bad: Any, version: str) -> None:
    """The value is refused in a statement, and in a SubStatement."""
    refuse(at(path, bad), version, path)
    refuse(inside(path, bad), version, f"object.{path}")


def actors(actor: Any, version: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Statements with an actor wherever the specification has one, and its path."""
    for path in ("actor", "context.instructor"):
        yield path, at(path, actor)
        yield f"object.{path}", inside(path, actor)
    yield "authority", at("authority", actor)
    yield "object.object", substatement(object={"objectType": "Agent", **actor})
    yield "object", simple(object={"objectType": "Agent", **actor})
    yield from groups({"objectType": "Group", "member": [actor]}, version, ".member.0")
    if version == "2.0.0":
        agents = [{"objectType": "contextAgent", "agent": actor}]
        yield "context.contextAgents.0.agent", at("context.contextAgents", agents)


def groups(group: Any, version: str, within: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """The same for what may be a group only."""
    yield f"actor{within}", at("actor", group)
    yield f"context.team{within}", at("context.team", group)
    yield f"object.context.team{within}", inside("context.team", group)
    yield f"object{within}", simple(object=group)
    yield f"object.object{within}", substatement(object=group)
    if version == "2.0.0":
        context_groups = [{"objectType": "contextGroup", "group": group}]
        yield f"context.contextGroups.0.group{within}", at("context.contextGroups", context_groups)
