"""Another record store over HTTP: statements are sent to it, and looked up where it says that it has them."""

from base64 import b64encode
from collections.abc import Sequence
from typing import Any

import orjson
import requests

from connector.forwarding.answers import Answer, Outcome, Reason, outcome_of
from connector.forwarding.letters import Letter, body_of, is_same
from connector.platforms.http import Http, host_of, of_request, retry_after
from connector.settings_target import TargetSettings
from lrs.attachments import Folder

_SAID_OCTETS = 300
_PATH = "/statements"
_DENIED = "its credential is refused: correct key and secret, and give it statements/write there"


class Target:
    """One target; `folder`: the attachments that are held here."""

    def __init__(self, settings: TargetSettings, secret: str, folder: Folder, http: Http) -> None:
        self._endpoint = settings.endpoint
        token = b64encode(f"{settings.key}:{secret}".encode()).decode()
        self._headers = {"Authorization": f"Basic {token}", "X-Experience-API-Version": settings.version}
        self._folder = folder
        self._http = http

    def take(self, letters: Sequence[Letter]) -> Answer:
        """Send them in one request."""
        content_type, body = body_of(letters, self._folder)
        try:
            response = self._send("POST", data=body, headers={"Content-Type": content_type})
        except requests.RequestException as error:
            return Answer(Outcome.LATER, f"{host_of(self._endpoint)}: {of_request(error)[1]}")
        return self._answer(response)

    def compare(self, one: Letter) -> Reason | Answer | None:
        """After a conflict about this statement: None where the target holds the same, or why not.

        An Answer where it cannot be told now.
        """
        try:
            for name in ("statementId", "voidedStatementId"):
                response = self._send("GET", params={name: one.id})
                if response.status_code == 200:
                    return None if is_same(one, _json(response)) else Reason.DIFFERENT
                answer = self._answer(response)
                if answer.outcome is Outcome.LATER and response.status_code != 404:
                    return answer
        except requests.RequestException as error:
            return Answer(Outcome.LATER, f"{host_of(self._endpoint)}: {of_request(error)[1]}")
        return Reason.UNREADABLE

    def _send(
        self, method: str, *, headers: dict[str, str] | None = None, **kwargs: Any
    ) -> requests.Response:
        """One attempt: the queue keeps what is to be tried again."""
        sent = {**self._headers, **(headers or {})}
        return self._http.send(method, self._endpoint + _PATH, attempts=1, headers=sent, **kwargs)

    def _answer(self, response: requests.Response) -> Answer:
        outcome = outcome_of(response.status_code)
        if outcome is Outcome.TAKEN:
            return Answer(outcome)
        why = _DENIED if outcome is Outcome.DENIED else f"it answers {response.status_code}"
        error = f"{host_of(self._endpoint)}: {why}"
        wait = retry_after(response.headers.get("Retry-After", ""), self._http.clock())
        return Answer(outcome, error, _said(response), wait)


def _json(response: requests.Response) -> object:
    try:
        found: object = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return None
    return found


def _said(response: requests.Response) -> str:
    text = " ".join(response.content[:_SAID_OCTETS].decode("utf-8", "replace").split())
    return f"{response.status_code}: {text}" if text else str(response.status_code)
