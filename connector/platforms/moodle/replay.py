"""A recorded Moodle site, answering over real HTTP on loopback: for tests and the demonstration.

A recording is JSON lines (gzip) of {"function", "params", "status", "body"}. A call is answered by
the line with its function and parameters; `options` and `returnusercount`, which shape an answer
rather than choose it, are applied to the recorded body as Moodle applies them, unless there is an
answer to that very call.
"""

import gzip
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from connector.platforms.loopback import Answer, Asked, LoopbackSite
from connector.platforms.moodle.client import flatten
from connector.platforms.moodle.errors import PATH

_SHAPING = ("options", "returnusercount")
_CONTROL = ("wstoken", "wsfunction", "moodlewsrestformat")
_MAINTENANCE = b'<!DOCTYPE html>\n<html lang="en"><title>Site under maintenance</title></html>\n'

Key = tuple[str, tuple[tuple[str, str], ...]]


class Replay(LoopbackSite):
    """A context manager: inside it, the recorded site answers at `url` to calls with `token`.

    `maintenance` makes it answer 503 with HTML, as Moodle's CLI maintenance mode does; answers can
    be changed with `put` while it runs. The site keeps the `siteurl` it was recorded with. `calls` holds
    the functions that were called, in the order they came.
    """

    def __init__(self, recording: Path, token: str, port: int = 0) -> None:
        super().__init__(port)
        self.token = token
        self.maintenance = False
        self.calls: list[str] = []
        self._answers: dict[Key, tuple[int, Any]] = {}
        self._functions: set[str] = set()
        self._read(recording)

    def put(self, function: str, params: Mapping[str, object], body: Any, status: int = 200) -> None:
        """What the site answers from now on to that call."""
        self._functions.add(function)
        flat = flatten(params)
        self._answers[_exact(function, flat) if "options" in params else _key(function, flat)] = (
            status,
            body,
        )

    def forget(self, *functions: str) -> None:
        """These are not functions of the site any more."""
        self._functions -= set(functions)

    def recorded(self, function: str, params: Mapping[str, object]) -> Any:
        """A copy of the body that the site holds for that call, before options shape it."""
        return json.loads(json.dumps(self._answers[_key(function, flatten(params))][1]))

    def respond(self, asked: Asked) -> Answer:
        """One web service call."""
        if asked.method != "POST" or asked.target != PATH:
            return Answer(404, "text/html; charset=utf-8", b"")
        return Answer(*self.answer(dict(parse_qsl(asked.body.decode(), keep_blank_values=True))))

    def answer(self, form: Mapping[str, str]) -> tuple[int, str, bytes]:
        """Status, content type and body for a posted form."""
        if self.maintenance:
            return 503, "text/html; charset=utf-8", _MAINTENANCE
        status, body = self._find(form)
        if isinstance(body, str):
            return status, "text/html; charset=utf-8", body.encode()
        return status, "application/json", json.dumps(body).encode()

    def _find(self, form: Mapping[str, str]) -> tuple[int, Any]:
        if form.get("wstoken") != self.token:
            return 200, _exception(
                "core\\exception\\moodle_exception", "invalidtoken", "Invalid token - token not found"
            )
        function = form.get("wsfunction", "")
        self.calls.append(function)
        if function not in self._functions:
            return 200, _missing("external_functions")
        params = {name: value for name, value in form.items() if name not in _CONTROL}
        if (asked := _exact(function, params)) in self._answers:
            status, body = self._answers[asked]
        elif (key := _key(function, params)) in self._answers:
            status, body = self._answers[key]
            body = _shaped(function, params, body)
        elif (everybody := _key(function, params | {"userid": "0"})) in self._answers and "userid" in params:
            status, body = self._answers[everybody]
            body = _of_user(body, int(params["userid"]))
        else:
            status, body = 200, _missing("course")
        return status, body

    def _read(self, recording: Path) -> None:
        with gzip.open(recording, "rt", encoding="utf-8") as lines:
            for line in lines:
                call = json.loads(line)
                self.put(call["function"], call["params"], call["body"], call["status"])


def _exact(function: str, flat: Mapping[str, str]) -> Key:
    return function, tuple(sorted(flat.items()))


def _key(function: str, flat: Mapping[str, str]) -> Key:
    chosen = {name: value for name, value in flat.items() if name.partition("[")[0] not in _SHAPING}
    return function, tuple(sorted(chosen.items()))


def _shaped(function: str, params: Mapping[str, str], body: Any) -> Any:
    if not isinstance(body, list):
        return body
    if function == "core_enrol_get_enrolled_users":
        return _enrolled_users(body, _options(params))
    if function == "core_enrol_get_users_courses" and params.get("returnusercount") == "0":
        return [{name: row[name] for name in row if name != "enrolledusercount"} for row in body]
    return body


def _of_user(body: Any, user: int) -> Any:
    """One learner's grades, where those of everybody are recorded."""
    if not isinstance(body, dict) or "usergrades" not in body:
        return body
    return body | {"usergrades": [row for row in body["usergrades"] if row["userid"] == user]}


def _options(params: Mapping[str, str]) -> dict[str, str]:
    """`options[0][name]=x&options[0][value]=y` as {"x": "y"}."""
    found: dict[str, dict[str, str]] = {}
    for name, value in params.items():
        if match := re.fullmatch(r"options\[(\d+)\]\[(name|value)\]", name):
            found.setdefault(match[1], {})[match[2]] = value
    return {option["name"]: option.get("value", "") for option in found.values() if "name" in option}


def _enrolled_users(users: list[dict[str, Any]], options: Mapping[str, str]) -> list[dict[str, Any]]:
    """A page of the list; id and full name come with any choice of fields, unknown options are ignored."""
    if options.get("sortby") == "id":
        users = sorted(users, key=lambda user: int(user["id"]))
    start = int(options.get("limitfrom", "0"))
    limit = int(options.get("limitnumber", "0"))
    page = users[start : start + limit] if limit else users[start:]
    if "userfields" not in options:
        return page
    fields = {"id", "fullname", *options["userfields"].split(",")}
    return [{name: value for name, value in user.items() if name in fields} for user in page]


def _missing(table: str) -> dict[str, str]:
    return _exception(
        "dml_missing_record_exception", "invalidrecord", f"Can't find data record in database table {table}."
    )


def _exception(exception: str, code: str, message: str) -> dict[str, str]:
    return {"exception": exception, "errorcode": code, "message": message}
