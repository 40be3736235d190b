"""Whatever the schema of the API allows, and what it does not, is answered as the schema says."""

from base64 import b64encode
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from connector.access import tokens, users
from connector.app import XAPI
from lrs.api import create_lrs_app
from lrs.clock import utc_now
from lrs.credentials import create_credential
from tests.access.conftest import Service

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 6
Operation = Any
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


def basic(service: Service, owner: str) -> tuple[str, str]:
    key = service.settings.secret("api tokens")
    with service.world.engine.begin() as conn:
        user = users.find_user(conn, owner)
        return tokens.create_token(conn, key, owner, user, ("aggregates", "status"), utc_now(), "test")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", ["admin", "office1", "analyst", ""])
def test_every_answer_is_as_the_schema_says(service: Service, name: str) -> None:
    """As an administrator, a coordinator and an analyst with a token, and as nobody."""
    headers = {"Host": "127.0.0.1"}
    if name:
        headers |= authorization(*basic(service, name))
    operations = [one for one in described(service) if not one.path.startswith(XAPI)]
    assert len(operations) > 8
    if name != "admin":
        # The rest is for anybody.
        operations = [one for one in operations if one.path.startswith("/api/")]
    for operation in operations:
        ask(operation, headers)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("scopes", [["all"], ["statements/read/mine"]])
def test_the_record_store_answers_as_the_schema_says(service: Service, scopes: list[str]) -> None:
    """With a credential for all, with one for little, and, as some requests lack it, with none."""
    key = service.settings.secret("credentials")
    with service.world.engine.begin() as conn:
        made = create_credential(conn, name="test", scopes=scopes, now=utc_now(), hash_key=key)
    headers = {"Host": "127.0.0.1"} | authorization(*made)
    operations = [one for one in described(service) if one.path.startswith(XAPI)]
    assert len(operations) == 21
    for operation in operations:
        ask(operation, headers)


def authorization(key: str, secret: str) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(f'{key}:{secret}'.encode()).decode()}"}


def described(service: Service) -> list[Operation]:
    schema = schemathesis.openapi.from_asgi("/openapi.json", service.app, headers={"Host": "127.0.0.1"})
    return [one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)]


def ask(operation: Operation, headers: dict[str, str]) -> None:
    """What the schema allows, and what it does not."""
    for mode in MODES:
        strategy = operation.as_strategy(generation_mode=mode)

        @seed(20261122)
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=strategy)
        def call(case: schemathesis.Case[Any]) -> None:
            case.call_and_validate(checks=CHECKS, headers=headers)

        # What takes no parameters cannot be asked wrongly.
        with suppress(Unsatisfiable):
            call()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_whole_record_store_is_described(service: Service) -> None:
    store = create_lrs_app(service.world.engine, hash_key=b"key")
    answered = {
        (method, f"{XAPI}{path}{'{key}' if path.endswith('/') else ''}")
        for path, methods in store._paths.items()
        for method in methods
    }
    store.close()
    told = {(one.method.upper(), one.path) for one in described(service) if one.path.startswith(XAPI)}
    assert told == {one for one in answered if one[0] != "HEAD"}
