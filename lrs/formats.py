"""The formats of a GET besides `exact`: `ids` and `canonical` (xAPI Communication 2.1.3). Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from lrs.validation import IDENTIFIERS

_ACTORS = ("actor", "authority", "instructor", "team", "agent", "group")
_LANGUAGE_MAPS = ("name", "description", "display")

Activity = dict[str, Any]


class Accepted(NamedTuple):
    """A language range of an Accept-Language header in lower case, and its weight: 0 for one refused."""

    range: str
    quality: float


def ids(statement: dict[str, Any]) -> dict[str, Any]:
    """The statement with only what is needed to identify its actors, verb and activities."""
    return _identified(statement)


def canonical(
    statement: dict[str, Any], definitions: Mapping[str, dict[str, Any]], languages: Sequence[Accepted]
) -> dict[str, Any]:
    """The statement with the store's own activity definitions, and one language in each language map.

    `languages` are the reader's (`accepted_languages`), applied to each map by itself; where a map has none
    of them, its first is taken.
    """
    found = _mapped_activities(statement, lambda one: _with_definition(one, definitions))
    return {key: _one_language(one, key, languages) for key, one in found.items()}


def activity_iris(statement: dict[str, Any]) -> Iterator[str]:
    """The ids of the activities that a statement is about or has in its context."""
    for one in _activities(statement):
        yield one["id"]


# ---- ids ----------------------------------------------------------------------------------------


def _identified(statement: dict[str, Any]) -> dict[str, Any]:
    small = {key: _identified_actor(one) if key in _ACTORS else one for key, one in statement.items()}
    small["verb"] = {"id": statement["verb"]["id"]}
    small["object"] = _identified_object(statement["object"])
    if "context" in statement:
        small["context"] = _identified_context(statement["context"])
    return small


def _identified_actor(actor: dict[str, Any]) -> dict[str, Any]:
    identified = not IDENTIFIERS.isdisjoint(actor)
    small = {key: one for key, one in actor.items() if key == "objectType" or key in IDENTIFIERS}
    if not identified:
        small["member"] = [_identified_actor(member) for member in actor["member"]]
    return small


def _identified_object(thing: dict[str, Any]) -> dict[str, Any]:
    kind = thing.get("objectType", "Activity")
    if kind == "Activity":
        return _identified_activity(thing)
    if kind in ("Agent", "Group"):
        return _identified_actor(thing)
    return _identified(thing) if kind == "SubStatement" else thing


def _identified_activity(activity: Activity) -> Activity:
    return {"id": activity["id"]}


def _identified_context(context: dict[str, Any]) -> dict[str, Any]:
    small = {key: _identified_actor(one) if key in _ACTORS else one for key, one in context.items()}
    if "contextActivities" in context:
        small["contextActivities"] = {
            key: [_identified_activity(one) for one in some]
            for key, some in context["contextActivities"].items()
        }
    for name, kind in (("contextAgents", "agent"), ("contextGroups", "group")):
        if name in context:
            small[name] = [{**one, kind: _identified_actor(one[kind])} for one in context[name]]
    return small


# ---- canonical ----------------------------------------------------------------------------------


def _activities(statement: dict[str, Any]) -> Iterator[Activity]:
    thing = statement["object"]
    kind = thing.get("objectType", "Activity")
    if kind == "Activity":
        yield thing
    elif kind == "SubStatement":
        yield from _activities(thing)
    for some in statement.get("context", {}).get("contextActivities", {}).values():
        yield from some


def _mapped_activities(statement: dict[str, Any], change: Callable[[Activity], Activity]) -> dict[str, Any]:
    changed = dict(statement)
    thing = statement["object"]
    kind = thing.get("objectType", "Activity")
    if kind == "Activity":
        changed["object"] = change(thing)
    elif kind == "SubStatement":
        changed["object"] = _mapped_activities(thing, change)
    activities = statement.get("context", {}).get("contextActivities")
    if activities is not None:
        mapped = {key: [change(one) for one in some] for key, some in activities.items()}
        changed["context"] = {**statement["context"], "contextActivities": mapped}
    return changed


def _with_definition(activity: Activity, definitions: Mapping[str, dict[str, Any]]) -> Activity:
    own = definitions.get(activity["id"])
    return activity if own is None else {**activity, "definition": own}


def _one_language(value: Any, name: str, languages: Sequence[Accepted]) -> Any:
    if name == "extensions":
        return value
    if isinstance(value, list):
        return [_one_language(one, name, languages) for one in value]
    if not isinstance(value, dict):
        return value
    if name in _LANGUAGE_MAPS and len(value) > 1:
        tag = max(value, key=lambda one: _liking(one.lower(), languages))
        return {tag: value[tag]}
    return {key: _one_language(one, key, languages) for key, one in value.items()}


def _liking(tag: str, languages: Sequence[Accepted]) -> tuple[float, int, int, int]:
    """Greater for a tag that the reader likes better: by weight, place in the header, closeness."""
    closeness, length, place = max(
        ((*_closeness(tag, one.range), -place) for place, one in enumerate(languages)),
        default=(0, 0, 0),
    )
    if closeness == 0:
        return 0.0, 0, 0, 0
    # What is refused is worse than what was not spoken of.
    return languages[-place].quality or -1.0, place, closeness, min(length, len(tag))


def _closeness(tag: str, wanted: str) -> tuple[int, int]:
    """How a range fits a tag (RFC 2616 14.4; a range too narrow as in RFC 4647 3.4), and its length."""
    if tag == wanted:
        return 4, len(wanted)
    if tag.startswith(f"{wanted}-"):
        return 3, len(wanted)
    if wanted.startswith(f"{tag}-"):
        return 2, len(wanted)
    return (1, 1) if wanted == "*" else (0, 0)


def accepted_languages(header: str) -> list[Accepted]:
    """The language ranges of an Accept-Language header; what makes no sense is left out."""
    accepted = []
    for part in header.lower().split(","):
        tag, _, weight = part.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight else 1.0
        except ValueError:
            continue
        if tag.strip() and 0 <= quality <= 1:
            accepted.append(Accepted(tag.strip(), quality))
    return accepted
