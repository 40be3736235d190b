"""The access token of a client: an OAuth2 client-credentials JWT, an hour long, with no refresh token."""

import threading
from datetime import datetime, timedelta
from typing import Any

import requests
from requests.auth import AuthBase

from connector.platforms.http import Http
from connector.platforms.openedx.calls import TOKEN
from connector.platforms.openedx.errors import no_client, not_understood, refused, unreachable

RENEWED_BEFORE = timedelta(seconds=60)
"""So long before its end a token is replaced: a call that waits in a queue must not outlive it."""

_FORM = {"grant_type": "client_credentials", "token_type": "jwt"}


class Jwt(AuthBase):
    """Sends a token with a request."""

    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Puts it into the header."""
        request.headers["Authorization"] = f"JWT {self.token}"
        return request


class Access:
    """Tokens of one client (`client_id:client_secret`), asked for when needed. Threads may share it."""

    def __init__(self, http: Http, url: str, host: str, client: str) -> None:
        self._http = http
        self._url = url
        self._host = host
        self._client = client
        self._lock = threading.Lock()
        self._token = ""
        self._until: datetime | None = None

    def token(self) -> Jwt:
        """One that lasts a while yet. Raises PlatformError."""
        with self._lock:
            if self._until is None or self._http.clock() >= self._until - RENEWED_BEFORE:
                self._renew()
            return Jwt(self._token)

    def instead_of(self, refused_token: Jwt) -> Jwt:
        """A fresh one for one that was refused, asked for once by however many threads."""
        with self._lock:
            if refused_token.token == self._token:
                self._renew()
            return Jwt(self._token)

    def _renew(self) -> None:
        now = self._http.clock()
        answer = self._ask()
        try:
            token, seconds = str(answer["access_token"]), float(answer["expires_in"])
        except (KeyError, TypeError, ValueError):
            raise not_understood(self._host, TOKEN) from None
        self._token, self._until = token, now + timedelta(seconds=seconds)

    def _ask(self) -> Any:
        name, separator, secret = self._client.partition(":")
        if not (name and separator and secret):
            raise no_client(self._host)
        try:
            auth = (name.encode(), secret.encode())
            response = self._http.send("POST", self._url + TOKEN.path, data=_FORM, auth=auth)
        except requests.RequestException as error:
            raise unreachable(self._host, error) from None
        if response.status_code != 200:
            raise refused(self._host, TOKEN, response.status_code)
        try:
            return response.json()
        except requests.JSONDecodeError:
            raise not_understood(self._host, TOKEN) from None
