"""An Open edX site that answers from a file over real HTTP on loopback: for tests.

The file is JSON: {"courses": [row], "accounts": [row], "enrolments": {course id: [row]}, "grades": {course
id: [row]}, "certificates": {course id: {username: row}}}; rows as Open edX answers them.
"""

import base64
import json
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from connector.platforms.loopback import Answer, Asked, LoopbackSite
from connector.platforms.openedx.calls import ACCOUNTS, COURSES, EMAILS, ENROLMENTS, GRADES, TOKEN

_NOT_FOUND: Mapping[str, Any] = {"detail": "Not found."}


class Replay(LoopbackSite):
    """A context manager: inside it, the site answers at `url` to the client `client_id:client_secret`.

    `site` is what the file holds, and may be changed while it runs. `calls` holds the methods and targets of
    the requests. `page_size` is that of grades and enrolments. Answers in `instead` (by the start of the
    path) are given first, each once.
    """

    def __init__(self, recording: Path, client: str, page_size: int = 50) -> None:
        super().__init__()
        self.site: dict[str, Any] = json.loads(recording.read_text(encoding="utf-8"))
        self.calls: list[str] = []
        self.instead: list[tuple[str, Answer]] = []
        self.token_seconds = 3600
        self._client = client
        self._page_size = page_size
        self._tokens: set[str] = set()
        self._issued = 0
        self._lock = threading.Lock()

    def forget_tokens(self) -> None:
        """Tokens that were given are refused from now on."""
        self._tokens.clear()

    def respond(self, asked: Asked) -> Answer:
        """One call."""
        parts = urlsplit(asked.target)
        with self._lock:
            self.calls.append(f"{asked.method} {asked.target}")
            for number, (start, _) in enumerate(self.instead):
                if parts.path.startswith(start):
                    return self.instead.pop(number)[1]
        if parts.path == TOKEN.path:
            return self._token(asked)
        if asked.headers.get("Authorization", "").removeprefix("JWT ") not in self._tokens:
            return _json(401, {"detail": "Authentication credentials were not provided."})
        if parts.path == EMAILS.path:
            return self._emails(asked)
        return self._read(parts.path, dict(parse_qsl(parts.query)))

    def _token(self, asked: Asked) -> Answer:
        basic = "Basic " + base64.b64encode(self._client.encode()).decode()
        form = dict(parse_qsl(asked.body.decode()))
        if asked.headers.get("Authorization") != basic or asked.method != "POST":
            return _json(401, {"error": "invalid_client"})
        if form != {"grant_type": "client_credentials", "token_type": "jwt"}:
            return _json(400, {"error": "unsupported_grant_type"})
        with self._lock:
            self._issued += 1
            token = f"jwt-{self._issued}"
            self._tokens.add(token)
        return _json(
            200,
            {"access_token": token, "expires_in": self.token_seconds, "token_type": "JWT", "scope": "read"},
        )

    def _read(self, path: str, query: Mapping[str, str]) -> Answer:
        if path == COURSES.path:
            return self._courses(query)
        if path == ENROLMENTS.path:
            return self._list(path, query, self.site["enrolments"].get(query.get("course_id", "")))
        if path == ACCOUNTS.path:
            return self._accounts(query["username"].split(","))
        pieces = [unquote(piece) for piece in path.strip("/").split("/")]
        if path.startswith(GRADES.path.partition("{")[0]):
            return self._list(path, query, self.site["grades"].get(pieces[-1]))
        if pieces[:4] == ["api", "certificates", "v0", "certificates"]:
            return self._certificate(username=pieces[4], course=pieces[6])
        return _json(404, _NOT_FOUND)

    def _courses(self, query: Mapping[str, str]) -> Answer:
        size, page = min(100, int(query.get("page_size", "10"))), int(query.get("page", "1"))
        rows = self.site["courses"]
        following = urlencode({"page": page + 1, "page_size": size}) if page * size < len(rows) else None
        pagination = {
            "next": f"{self.url}{COURSES.path}?{following}" if following else None,
            "count": len(rows),
            "num_pages": -(-len(rows) // size),
        }
        return _json(200, {"results": rows[(page - 1) * size : page * size], "pagination": pagination})

    def _list(self, path: str, query: Mapping[str, str], rows: Sequence[Any] | None) -> Answer:
        """A page by cursor; the address of the next one is that which the site has behind its proxy."""
        if rows is None:
            return _json(404, {"error_code": "course_does_not_exist"})
        start = int(base64.b64decode(query["cursor"])) if "cursor" in query else 0
        end = start + self._page_size
        following = None
        if end < len(rows):
            cursor = base64.b64encode(str(end).encode()).decode()
            following = f"http://lms.internal{path}?{urlencode({**query, 'cursor': cursor})}"
        return _json(200, {"next": following, "previous": None, "results": rows[start:end]})

    def _accounts(self, usernames: Sequence[str]) -> Answer:
        found = [row for row in self.site["accounts"] if row["username"] in usernames]
        return _json(200, found) if found else _json(404, _NOT_FOUND)

    def _emails(self, asked: Asked) -> Answer:
        wanted = {str(email).lower() for email in json.loads(asked.body)["emails"]}
        rows = [row for row in self.site["accounts"] if str(row["email"]).lower() in wanted]
        return _json(200, [{name: row[name] for name in ("email", "id", "username")} for row in rows])

    def _certificate(self, *, username: str, course: str) -> Answer:
        row = self.site["certificates"].get(course, {}).get(username)
        return _json(200, row) if row else _json(404, {"error_code": "no_certificate_for_user"})


def _json(status: int, body: Any) -> Answer:
    return Answer(status, "application/json", json.dumps(body).encode())
