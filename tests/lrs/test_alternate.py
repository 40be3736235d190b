"""xAPI 1.0.3 Communication 1.3: the alternate request syntax, on both databases; 2.0.0 has none."""

import json
from typing import Any
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from lrs import alternate

from .statements import simple

STATEMENTS = "/statements"
STATE = "/activities/state"
PLACE = {
    "activityId": "https://moodle.example/course/view.php?id=7&lang=th",
    "agent": json.dumps({"mbox": "mailto:learner+1@example.org", "name": "ครู"}),
    "stateId": "ที่คั่น",
}
CROSS_SITE = {"Sec-Fetch-Site": "cross-site"}


def send(client: TestClient, method: str, path: str, form: dict[str, Any], **headers: str) -> Any:
    return client.post(path, params={"method": method}, data=form, headers=headers)


class TestStatements:
    def test_put_and_get(self, client: TestClient) -> None:
        id_ = str(uuid4())
        statement = simple(id=id_)
        form = {"statementId": id_, "content": json.dumps(statement)}
        assert send(client, "PUT", STATEMENTS, form).status_code == 204
        answer = send(client, "GET", STATEMENTS, {"statementId": id_})
        assert (answer.status_code, answer.json()["id"]) == (200, id_)
        assert "X-Experience-API-Consistent-Through" in answer.headers

    def test_post(self, client: TestClient) -> None:
        (id_,) = send(client, "POST", STATEMENTS, {"content": json.dumps(simple())}).json()
        answer = send(client, "GET", STATEMENTS, {"limit": "1"})
        assert [one["id"] for one in answer.json()["statements"]] == [id_]

    def test_a_form_is_refused_without_method(self, client: TestClient) -> None:
        assert client.post(STATEMENTS, data={"content": json.dumps(simple())}).status_code == 400


class TestDocuments:
    def test_parameters_headers_and_content_are_those_of_the_form(self, client: TestClient) -> None:
        form = {**PLACE, "content": "สวัสดี + & =", "Content-Type": "text/plain; charset=UTF-8"}
        assert send(client, "PUT", STATE, form).status_code == 204
        answer = client.get(STATE, params=PLACE)
        assert answer.content.decode() == "สวัสดี + & ="
        assert answer.headers["Content-Type"] == "text/plain; charset=UTF-8"
        assert send(client, "GET", STATE, PLACE).content == answer.content
        assert send(client, "DELETE", STATE, {**PLACE, "If-Match": '"1"'}).status_code == 412
        assert send(client, "DELETE", STATE, {**PLACE, "If-Match": answer.headers["ETag"]}).status_code == 204
        assert send(client, "DELETE", STATE, {**PLACE, "If-None-Match": "*"}).status_code == 204
        assert client.get(STATE, params=PLACE).status_code == 404

    def test_content_is_json_unless_the_form_says_otherwise(self, client: TestClient) -> None:
        send(client, "POST", STATE, {**PLACE, "content": '{"a": 1}', "Content-Length": "8"})
        assert client.get(STATE, params=PLACE).headers["Content-Type"] == "application/json"


class TestWhoAsks:
    def test_version_and_credential_from_the_form(self, client: TestClient) -> None:
        authorization = client.get("/about").request.headers["Authorization"]
        bare = TestClient(client.app)
        form = {"X-Experience-API-Version": "1.0.3", "Authorization": authorization}
        answer = send(bare, "GET", STATEMENTS, form, **CROSS_SITE)
        assert (answer.status_code, answer.headers["X-Experience-API-Version"]) == (200, "1.0.3")
        assert send(bare, "GET", STATEMENTS, {**form, "Authorization": "Basic YTpi"}).status_code == 401
        assert send(bare, "GET", STATEMENTS, {"Authorization": authorization}).status_code == 400

    def test_a_page_of_another_site_cannot_borrow_the_browsers_credential(self, client: TestClient) -> None:
        form = {"content": json.dumps(simple())}
        assert send(client, "POST", STATEMENTS, form, **CROSS_SITE).status_code == 401
        assert send(client, "POST", STATEMENTS, form, **{"Sec-Fetch-Site": "same-origin"}).status_code == 200

    def test_the_forms_version_counts(self, client: TestClient) -> None:
        for version, answered in (("0.8", "2.0.0"), ("2.0.0", "2.0.0")):
            answer = send(client, "GET", STATEMENTS, {"X-Experience-API-Version": version})
            assert (answer.status_code, answer.headers["X-Experience-API-Version"]) == (400, answered)


class TestRefused:
    @pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
    def test_2_0_0(self, client: TestClient, method: str) -> None:
        client.headers["X-Experience-API-Version"] = "2.0.0"
        answer = send(client, method, STATE, {**PLACE, "content": "{}"})
        assert (answer.status_code, answer.headers["X-Experience-API-Version"]) == (400, "2.0.0")
        assert "2.0.0" in answer.json()["error"]
        assert client.get(STATE, params=PLACE).status_code == 404

    def test_other_parameters_in_the_address(self, client: TestClient) -> None:
        form = {"content": json.dumps(simple())}
        answer = client.post(STATEMENTS, params={"method": "PUT", "statementId": str(uuid4())}, data=form)
        assert (answer.status_code, answer.headers["X-Experience-API-Version"]) == (400, "1.0.3")

    @pytest.mark.parametrize("method", ["", "get", "HEAD", "PATCH"])
    def test_other_methods(self, client: TestClient, method: str) -> None:
        assert send(client, method, STATEMENTS, {"limit": "1"}).status_code == 400

    def test_not_a_post(self, client: TestClient) -> None:
        for method in ("GET", "PUT", "DELETE"):
            answer = client.request(method, STATE, params={**PLACE, "method": "GET"})
            assert answer.status_code == 400
            assert "method" in answer.json()["error"]

    @pytest.mark.parametrize("method", ["PUT", "POST"])
    def test_no_content(self, client: TestClient, method: str) -> None:
        answer = send(client, method, STATE, PLACE)
        assert answer.status_code == 400
        assert "content" in answer.json()["error"]

    @pytest.mark.parametrize(
        "body",
        [
            json.dumps({"content": "{}"}).encode(),
            b"content=%ff",
            b"content=\xff",
            b"content=1&content=2",
            b"",
        ],
    )
    def test_what_is_no_form(self, client: TestClient, body: bytes) -> None:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        assert client.post(STATE + "?method=PUT", content=body, headers=headers).status_code == 400

    def test_no_form_type(self, client: TestClient) -> None:
        answer = client.post(STATEMENTS + "?method=POST", json=simple())
        assert answer.status_code == 400
        assert "application/x-www-form-urlencoded" in answer.json()["error"]

    @pytest.mark.parametrize("value", ["text/plain\r\nSet-Cookie: a=b", "a/b\0", "ครู"])
    def test_headers_that_are_none(self, client: TestClient, value: str) -> None:
        answer = send(client, "PUT", STATE, {**PLACE, "content": "{}", "Content-Type": value})
        assert answer.status_code == 400
        assert "content-type" in answer.json()["error"]

    def test_too_large_or_too_many(self, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
        form = {**PLACE, "content": "a" * alternate.MOST_OCTETS}
        answer = send(client, "PUT", STATE, form)
        assert (answer.status_code, answer.headers["X-Experience-API-Version"]) == (413, "1.0.3")
        assert send(client, "GET", STATEMENTS, {f"a{n}": "1" for n in range(60)}).status_code == 400
