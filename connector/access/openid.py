"""Signing in by OpenID Connect: the authorization code flow with PKCE, state and nonce, at any provider that
tells its addresses (OpenID Connect Core 1.0 and Discovery 1.0).

Nothing is kept here between the two requests of a sign-in: what they share lies in a signed cookie.
"""

import base64
import hmac
import json
import secrets
import time
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, NamedTuple

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from requests import RequestException, Session

from connector.access.errors import AccessError
from connector.settings_openid import OpenIdSettings, is_safe_address

SECONDS = 600
"""Within so many seconds somebody has to be back from the provider."""

DOWN_SECONDS = 5.0
"""So long nobody waits for a provider that has just failed: each who does keeps a thread of the service."""

_KNOWN_SECONDS, _TIMEOUT, _LEEWAY = 600, 10, 60
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Signatures that the provider alone can make."""


class Attempt(NamedTuple):
    """What one sign-in is known by, here and at the provider; `back`: the page to go on with."""

    state: str
    nonce: str
    verifier: str
    back: str
    expires: int


class Identity(NamedTuple):
    """Whom the provider vouches for; `name`: what its claim of the settings says, "" if nothing."""

    issuer: str
    subject: str
    name: str


@dataclass(frozen=True, slots=True)
class _Known:
    metadata: dict[str, Any]
    keys: KeySet
    until: float


@dataclass(slots=True)
class Provider:
    """The provider of the settings; threads may share it. `key` signs what a browser keeps for us."""

    settings: OpenIdSettings
    secret: str
    key: bytes
    _known: _Known | None = None
    _down_until: float = 0.0
    _lock: Lock = field(default_factory=Lock)

    def begin(self, redirect_uri: str, back: str) -> tuple[str, str]:
        """Where to send the browser, and what it keeps until it is back. Raises AccessError `provider`."""
        metadata = self._discovered().metadata
        tokens = (secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48))
        attempt = Attempt(*tokens, back, int(time.time()) + SECONDS)
        with self._client(metadata, redirect_uri) as client:
            url, _ = client.create_authorization_url(
                metadata["authorization_endpoint"],
                state=attempt.state,
                nonce=attempt.nonce,
                code_challenge=create_s256_code_challenge(attempt.verifier),
                code_challenge_method="S256",
            )
        return url, self._signed(attempt)

    def attempt(self, kept: str, state: str) -> Attempt:
        """The attempt that a browser kept, if the provider answers this one. Raises AccessError `state`."""
        coded, _, signature = kept.partition(".")
        right = hmac.compare_digest(signature.encode(), self._signature(coded).encode())
        attempt = Attempt(*json.loads(base64.urlsafe_b64decode(coded))) if right else None
        if attempt is None or attempt.expires < time.time():
            raise AccessError("state", "the attempt is unknown, or too old")
        if not hmac.compare_digest(attempt.state.encode(), state.encode()):
            raise AccessError("state", "the answer is to another attempt")
        return attempt

    def finish(self, attempt: Attempt, code: str, issuer: str, redirect_uri: str) -> Identity:
        """Whom the code stands for. `issuer`: as the answer names it, "" if it does not (RFC 9207).

        Raises AccessError: `provider` does not answer as it should, `token` is not for this attempt, the
        e-mail is not `verified`.
        """
        if issuer and issuer != self.settings.issuer:
            raise AccessError("token", "the answer names another issuer")
        metadata = self._discovered().metadata
        with self._client(metadata, redirect_uri) as client:
            try:
                token = client.fetch_token(
                    metadata["token_endpoint"], code=code, code_verifier=attempt.verifier
                )
            except AuthlibBaseError:
                raise AccessError("token", "the provider does not take the code") from None
            except (RequestException, ValueError) as error:
                raise _down(error) from None
            claims = self._verified(token, attempt.nonce)
            return self._identity(client, metadata, claims)

    def _identity(self, client: OAuth2Session, metadata: dict[str, Any], claims: dict[str, Any]) -> Identity:
        told = claims
        if self.settings.claim not in claims and "userinfo_endpoint" in metadata:
            told = _json(client, metadata["userinfo_endpoint"])
            if told.get("sub") != claims["sub"]:
                raise AccessError("token", "the provider tells of another subject")
        name = told.get(self.settings.claim)
        if self.settings.claim == "email" and name and told.get("email_verified") not in (True, "true"):
            raise AccessError("verified", "the provider has not verified the e-mail")
        return Identity(self.settings.issuer, str(claims["sub"]), name if isinstance(name, str) else "")

    def _verified(self, token: dict[str, Any], nonce: str) -> dict[str, Any]:
        """The claims of the ID token, once signature, issuer, audience, times and nonce are right."""
        for known in (self._discovered(), None):
            try:
                keys = (known or self._discovered(anew=True)).keys
                found = jwt.decode(str(token.get("id_token", "")), keys, algorithms=_ALGORITHMS)
                break
            except (JoseError, ValueError, TypeError):
                # Its keys may have changed since they were read.
                if known is None:
                    raise AccessError("token", "the token's signature is not right") from None
        of_us = {"iss": self.settings.issuer, "aud": self.settings.client_id}
        options = {name: {"essential": True, "value": value} for name, value in of_us.items()}
        beside = {"nonce": nonce, "client_id": of_us["aud"], "access_token": token.get("access_token")}
        try:
            CodeIDToken(found.claims, found.header, options, beside).validate(leeway=_LEEWAY)
        except (JoseError, AuthlibBaseError, ValueError, TypeError):
            raise AccessError("token", "the token is not for this attempt") from None
        return dict(found.claims)

    def _discovered(self, *, anew: bool = False) -> _Known:
        """What the provider tells of itself, asked for again now and then."""
        with self._lock:
            if anew or self._known is None or self._known.until < time.monotonic():
                self._known = self._read_unless_down()
            return self._known

    def _read_unless_down(self) -> _Known:
        if time.monotonic() < self._down_until:
            raise AccessError("provider", "the provider failed a moment ago, and is not asked again yet")
        try:
            return self._read()
        except AccessError:
            self._down_until = time.monotonic() + DOWN_SECONDS
            raise

    def _read(self) -> _Known:
        address = self.settings.issuer.rstrip("/") + "/.well-known/openid-configuration"
        with Session() as session:
            metadata = _json(session, address)
            if metadata.get("issuer") != self.settings.issuer:
                raise AccessError("provider", "the discovery document names another issuer")
            needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            if not all(is_safe_address(str(metadata.get(name, ""))) for name in needed):
                raise AccessError(
                    "provider", "the discovery document lacks an address, or has one without https"
                )
            try:
                keys = KeySet.import_key_set(_json(session, metadata["jwks_uri"]))  # type: ignore[arg-type]
            except (JoseError, KeyError, ValueError, TypeError) as error:
                raise _down(error) from None
        return _Known(metadata, keys, time.monotonic() + _KNOWN_SECONDS)

    def _client(self, metadata: dict[str, Any], redirect_uri: str) -> OAuth2Session:
        methods = metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        basic = "client_secret_basic" in methods
        return OAuth2Session(
            self.settings.client_id,
            self.secret,
            token_endpoint_auth_method="client_secret_basic" if basic else "client_secret_post",
            scope="openid email profile",
            redirect_uri=redirect_uri,
            default_timeout=_TIMEOUT,
        )

    def _signed(self, attempt: Attempt) -> str:
        coded = base64.urlsafe_b64encode(json.dumps(attempt).encode()).decode()
        return f"{coded}.{self._signature(coded)}"

    def _signature(self, coded: str) -> str:
        return hmac.digest(self.key, coded.encode(), "sha256").hex()


def _json(session: Session, address: str) -> dict[str, Any]:
    try:
        answer = session.get(address, timeout=_TIMEOUT, allow_redirects=False)
        found = answer.json() if answer.status_code == 200 else None
    except (RequestException, AuthlibBaseError, ValueError) as error:
        raise _down(error) from None
    if not isinstance(found, dict):
        raise AccessError(
            "provider", f"the provider answers {answer.status_code} where it should tell of itself"
        )
    return found


def _down(error: Exception) -> AccessError:
    return AccessError("provider", f"the provider does not answer as it should ({type(error).__name__})")
