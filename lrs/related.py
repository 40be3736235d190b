"""What a statement mentions beyond its own actor, verb and object: what `related_agents` and
`related_activities` look at (xAPI Communication 2.1.3). Pure; statements are valid and normalised.
"""

from collections.abc import Iterator
from typing import Any

Agent = dict[str, Any]
Activity = dict[str, Any]


def members(statement: dict[str, Any]) -> Iterator[Agent]:
    """Members of the groups that are actor or object: for every filter by agent they are a match."""
    yield from statement["actor"].get("member", ())
    if statement["object"].get("objectType") == "Group":
        yield from statement["object"].get("member", ())


def agents(statement: dict[str, Any]) -> Iterator[Agent]:
    """Agents and groups of the context, and all those of a SubStatement."""
    context = statement.get("context")
    if context is not None:
        yield from _context_agents(context)
    thing = statement["object"]
    if thing.get("objectType") == "SubStatement":
        yield thing["actor"]
        if thing["object"].get("objectType") in ("Agent", "Group"):
            yield thing["object"]
        yield from members(thing)
        yield from agents(thing)


def activities(statement: dict[str, Any]) -> Iterator[Activity]:
    """Activities of the context, and all those of a SubStatement."""
    context = statement.get("context")
    if context is not None and "contextActivities" in context:
        for some in context["contextActivities"].values():
            yield from some
    thing = statement["object"]
    if thing.get("objectType") == "SubStatement":
        if thing["object"].get("objectType", "Activity") == "Activity":
            yield thing["object"]
        yield from activities(thing)


def _context_agents(context: dict[str, Any]) -> Iterator[Agent]:
    for name in ("instructor", "team"):
        if name in context:
            yield from _with_members(context[name])
    for name, kind in (("contextAgents", "agent"), ("contextGroups", "group")):
        for one in context.get(name, ()):
            yield from _with_members(one[kind])


def _with_members(agent: Agent) -> Iterator[Agent]:
    yield agent
    yield from agent.get("member", ())
