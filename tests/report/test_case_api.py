"""CASE 1.1 as another system reads it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine
from starlette.testclient import TestClient

from connector.report.case_api import router_case
from connector.upgrade import upgrade
from mappings.case import document_id, item_id
from mappings.framework import load_yaml
from mappings.load import load_framework
from tests.mappings import case_rules
from tests.mappings.world import NOW

SECOND = Path(__file__).parents[1] / "fixtures/frameworks/seven-areas.yaml"
CODE = "otepc-w4-2563"
ROOT = "/ims/case/v1p1"


@pytest.fixture
def client(engine: Engine) -> Iterator[TestClient]:
    upgrade(engine, NOW)
    with engine.begin() as conn:
        load_framework(conn, load_yaml(SECOND.read_text(encoding="utf-8")), NOW, "test")
    app = FastAPI()
    app.include_router(router_case(engine))
    with TestClient(app, base_url="https://thaksa.example") as client:
        yield client


def test_every_resource_is_as_case_has_it(client: TestClient) -> None:
    listed = client.get(f"{ROOT}/CFDocuments")
    assert case_rules.DOCUMENTS(listed.json())
    assert listed.headers["X-Total-Count"] == "2"
    for document in listed.json()["CFDocuments"]:
        assert case_rules.DOCUMENT(client.get(document["uri"]).json())
        assert client.get(document["uri"]).json() == document
        package = client.get(document["CFPackageURI"]["uri"]).json()
        assert case_rules.PACKAGE(package)
        item, association = package["CFItems"][3], package["CFAssociations"][-1]
        assert case_rules.ITEM(client.get(item["uri"]).json())
        assert case_rules.ASSOCIATION(client.get(association["uri"]).json())
        assert client.get(item["uri"]).json()["CFDocumentURI"]["uri"] == document["uri"]


def test_documents_come_in_pages(client: TestClient) -> None:
    versions = [
        [one["version"] for one in client.get(f"{ROOT}/CFDocuments", params=page).json()["CFDocuments"]]
        for page in ({}, {"limit": 1}, {"limit": 1, "offset": 1}, {"offset": 2})
    ]
    assert versions == [["1", "2"], ["1"], ["2"], []]


@pytest.mark.parametrize(("old", "new"), [("D1.3", "C2"), ("D1.9", "C7")])
def test_what_became_of_an_item(client: TestClient, old: str, new: str) -> None:
    found = client.get(f"{ROOT}/CFItemAssociations/{item_id(CODE, '1', old)}").json()
    assert case_rules.ITEM_ASSOCIATIONS(found)
    (after,) = [one for one in found["CFAssociations"] if one["associationType"] == "exactMatchOf"]
    assert after["destinationNodeURI"]["identifier"] == str(item_id(CODE, "2", new))


@pytest.mark.parametrize(
    ("path", "minor"),
    [
        (f"CFPackages/{document_id(CODE, '9')}", "unknownobject"),
        (f"CFItems/{document_id(CODE, '1')}", "unknownobject"),
        (f"CFItemAssociations/{document_id(CODE, '1')}", "unknownobject"),
        ("CFPackages/otepc", "invalid_uuid"),
    ],
)
def test_what_is_not_there_is_told_as_case_tells_it(client: TestClient, path: str, minor: str) -> None:
    answer = client.get(f"{ROOT}/{path}")
    assert answer.status_code == 404
    assert case_rules.STATUS(answer.json())
    (field,) = answer.json()["imsx_codeMinor"]["imsx_codeMinorField"]
    assert field["imsx_codeMinorFieldValue"] == minor
