"""The record store's resources as OpenAPI describes them: what may be sent where, and what is answered.

The handlers take bodies as they come, for speed: no framework can work this out from them. Tests hold the
answers against it.
"""

from collections.abc import Iterable
from typing import Any

from lrs.credentials import LEVELS, READ_FILTERS, SCOPES
from lrs.document import ACTIVITY_PROFILE, AGENT_PROFILE, STATE, Kind
from lrs.query import FORMATS
from lrs.requests import VERSION_HEADER
from lrs.validation import VERSIONS

Json = dict[str, Any]
TAG, SECURITY = "xAPI", "xapi"
SECURITY_SCHEMES: Json = {
    SECURITY: {"type": "http", "scheme": "basic", "description": "a credential of the record store"}
}

_JSON = "application/json"
_TEXT: Json = {"type": "string"}
_FLAG: Json = {"type": "boolean"}
_IRI: Json = {"type": "string", "format": "uri"}
_UUID: Json = {"type": "string", "format": "uuid"}
_INSTANT: Json = {"type": "string", "format": "date-time"}
_TEXTS: Json = {"type": "array", "items": _TEXT}
_IDS: Json = {"type": "array", "items": _UUID}
_ACCOUNT: Json = {
    "type": "object",
    "properties": {"homePage": _IRI, "name": _TEXT},
    "required": ["homePage", "name"],
}
_AGENT: Json = {
    "type": "object",
    "description": "an agent or an identified group (xAPI Data 4.2.1, 4.2.2)",
    "properties": {"objectType": {"enum": ["Agent", "Group"]}, "name": _TEXT, "account": _ACCOUNT},
    "required": ["account"],
}
_STATEMENT: Json = {
    "type": "object",
    "description": "a statement (xAPI Data 4)",
    "properties": {
        "id": _UUID,
        "actor": _AGENT,
        "verb": {"type": "object", "properties": {"id": _IRI}, "required": ["id"]},
        "object": {"type": "object", "properties": {"id": _IRI}},
        "timestamp": _INSTANT,
    },
    "required": ["actor", "verb", "object"],
}
_RESULT: Json = {
    "type": "object",
    "properties": {"statements": {"type": "array", "items": {"type": "object"}}, "more": _TEXT},
    "required": ["statements", "more"],
}
_ERROR: Json = {"type": "object", "properties": {"error": _TEXT}, "required": ["error"]}
_CREDENTIAL: Json = {
    "type": "object",
    "properties": {
        "name": _TEXT,
        "scopes": {"type": "array", "items": {"enum": sorted(SCOPES)}, "minItems": 1, "uniqueItems": True},
        "homePages": {"type": "array", "items": _IRI},
        "level": {"enum": list(LEVELS)},
        "readFilter": {"type": "object", "properties": dict.fromkeys(READ_FILTERS, _TEXTS)},
    },
    "required": ["name", "scopes"],
}
_WHY = {
    304: "unchanged since the answer with this ETag",
    400: "the request breaks the specification; the line says where",
    401: "no credential, or one that does not hold",
    403: "the credential lacks the scope",
    404: "nothing is there that this credential may see",
    409: "something else is stored there",
    412: "If-Match or If-None-Match does not hold",
    413: "more than one request may bring",
    415: "a body of a kind that is not read",
    503: "not now: the same request may succeed later",
}


def paths(prefix: str) -> Json:
    """The path items of a store that is mounted at `prefix`."""
    return {
        f"{prefix}/statements": _statements(),
        f"{prefix}/activities/state": _documents(STATE),
        f"{prefix}/activities/profile": _documents(ACTIVITY_PROFILE),
        f"{prefix}/agents/profile": _documents(AGENT_PROFILE),
        f"{prefix}/activities": {"get": _look_up("the activity as it is known", "activityId", _IRI)},
        f"{prefix}/agents": {"get": _look_up("the person behind an agent", "agent", _AGENT)},
        f"{prefix}/about": {"get": _about()},
        f"{prefix}/credentials": _credentials(),
        f"{prefix}/credentials/{{key}}": {"delete": _revoke()},
    }


# ---- the resources


def _statements() -> Json:
    filters = {
        "statementId": _UUID,
        "voidedStatementId": _UUID,
        "agent": _AGENT,
        "verb": _IRI,
        "activity": _IRI,
        "registration": _UUID,
        "related_agents": _FLAG,
        "related_activities": _FLAG,
        "since": _INSTANT,
        "until": _INSTANT,
        "limit": {"type": "integer", "minimum": 0},
        "ascending": _FLAG,
        "format": {"enum": list(FORMATS)},
        "attachments": _FLAG,
    }
    found = _answer("a statement, or those that meet the filters, the last stored first", _RESULT)
    found["content"] = {
        _JSON: {"schema": {"anyOf": [_RESULT, _object()]}},
        "multipart/mixed": {"schema": _TEXT},
    }
    many = {"anyOf": [_STATEMENT, {"type": "array", "items": _STATEMENT}]}
    named = [_query("statementId", _UUID, required=True)]
    brought = (400, 409, 413, 415)
    return {
        "get": _operation(
            "read statements",
            [_query(name, schema) for name, schema in filters.items()],
            {200: found},
            (400, 404),
        ),
        "post": _operation(
            "store statements", [], {200: _answer("their ids, in order", _IDS)}, brought, {_JSON: many}
        ),
        "put": _operation("store one statement", named, {204: _DONE}, brought, {_JSON: _STATEMENT}),
    }


def _documents(kind: Kind) -> Json:
    schemas = {"activityId": _IRI, "agent": _AGENT, "registration": _UUID}
    where = [_query(name, schemas[name], required=name != "registration") for name in kind.parameters]
    name = _query(kind.parameter, {"type": "string", "minLength": 1}, required=True)
    maybe = _query(kind.parameter, {"type": "string", "minLength": 1})
    found: Json = {"description": "the document, or the names of all", "content": {"*/*": {}}}
    bodies = {_JSON: _object(), "application/octet-stream": _TEXT}
    changed = (400, 404, 409, 412, 413)
    return {
        "get": _operation(
            f"read a document ({kind.name})",
            [*where, maybe, _query("since", _INSTANT)],
            {200: found, 304: {"description": _WHY[304]}},
            (400, 404),
        ),
        "put": _operation(f"store ({kind.name})", [*where, name], {204: _DONE}, changed, bodies),
        "post": _operation(f"merge into ({kind.name})", [*where, name], {204: _DONE}, changed, bodies),
        "delete": _operation(
            f"delete ({kind.name})", [*where, maybe if kind.is_state else name], {204: _DONE}, changed
        ),
    }


def _look_up(summary: str, parameter: str, schema: Json) -> Json:
    asked = [_query(parameter, schema, required=True)]
    return _operation(summary, asked, {200: _answer(summary, _object())}, (400,))


def _about() -> Json:
    spoken: Json = {"type": "object", "properties": {"version": _TEXTS}, "required": ["version"]}
    return {
        "tags": [TAG],
        "summary": "the versions that are spoken here",
        "responses": _responses({200: _answer("versions of xAPI", spoken)}, ()),
    }


def _credentials() -> Json:
    listed: Json = {"type": "object", "properties": {"credentials": {"type": "array", "items": _object()}}}
    made: Json = {"type": "object", "properties": {"name": _TEXT, "key": _TEXT, "secret": _TEXT}}
    summary = "create a credential; its secret is told this once"
    return {
        "get": _operation("all credentials", [], {200: _answer("credentials", listed)}, (), versioned=False),
        "post": _operation(
            summary,
            [],
            {201: _answer("the credential", made)},
            (400, 409, 413),
            {_JSON: _CREDENTIAL},
            versioned=False,
        ),
    }


def _revoke() -> Json:
    key: Json = {"name": "key", "in": "path", "required": True, "schema": _TEXT}
    return _operation("revoke a credential", [key], {204: _DONE}, (404,), versioned=False)


# ---- their parts


def _operation(
    summary: str,
    parameters: list[Json],
    answers: dict[int, Json],
    refusals: Iterable[int],
    bodies: Json | None = None,
    *,
    versioned: bool = True,
) -> Json:
    """One that needs a credential; `versioned`: and says which xAPI it speaks."""
    version: Json = {
        "name": VERSION_HEADER,
        "in": "header",
        "required": True,
        "schema": {"enum": list(VERSIONS)},
    }
    described: Json = {
        "tags": [TAG],
        "summary": summary,
        "security": [{SECURITY: []}],
        "parameters": [*([version] if versioned else []), *parameters],
        "responses": _responses(answers, (401, 403, 503, *refusals)),
    }
    if bodies is not None:
        content = {name: {"schema": schema} for name, schema in bodies.items()}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _query(name: str, schema: Json, *, required: bool = False) -> Json:
    """A parameter of the address; objects stand in it as JSON."""
    form = {"content": {_JSON: {"schema": schema}}} if schema.get("type") == "object" else {"schema": schema}
    return {"name": name, "in": "query", "required": required, **form}


def _responses(answers: dict[int, Json], refusals: Iterable[int]) -> Json:
    refused = {status: _answer(_WHY[status], _ERROR) for status in refusals}
    return {str(status): answer for status, answer in sorted({**answers, **refused}.items())}


def _answer(description: str, schema: Json) -> Json:
    return {"description": description, "content": {_JSON: {"schema": schema}}}


def _object() -> Json:
    return {"type": "object"}


_DONE: Json = {"description": "done; nothing is answered"}
