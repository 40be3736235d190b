"""Data 2.4.11, Communication 1.5 and 2.1: statements with attachments, over HTTP, on both databases."""

import asyncio
import hashlib
import os
import stat
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from lrs.api import create_lrs_app
from lrs.attachments import Folder, Incoming
from lrs.record_store import RecordStore
from lrs.service import Limits
from lrs.statement import Actor

from . import signing
from .conftest import HASH_KEY, make_credential
from .mixed import BOUNDARY, attachment, body, headers, parsed, part
from .statements import simple, voiding

STATEMENTS = "/statements"
PICTURE = b"\x89PNG\r\n\x1a\n--not the boundary\r\n" + bytes(range(256))
LIMITS = Limits(body_octets=100_000, attachment_octets=300_000, attachments=3)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "attachments"


@pytest.fixture
def app(engine: Engine, folder: Path) -> Iterator[RecordStore]:
    app = create_lrs_app(engine, hash_key=HASH_KEY, attachments=folder, limits=LIMITS)
    yield app
    app.close()


@pytest.fixture(params=["1.0.3", "2.0.0"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def with_attachments(*contents: bytes, **changes: Any) -> dict[str, Any]:
    return simple(id=str(uuid4()), attachments=[attachment(one) for one in contents], **changes)


def post(client: TestClient, statements: object, *parts: bytes, boundary: str = BOUNDARY) -> httpx2.Response:
    return client.post(
        STATEMENTS, content=body(statements, *parts, boundary=boundary), headers=headers(boundary)
    )


def refused(answer: httpx2.Response, folder: Path, status: int = 400) -> str:
    """The message of a refusal that left no file behind."""
    assert answer.status_code == status, answer.text
    assert files(folder) == []
    return str(answer.json()["error"])


def files(folder: Path) -> list[Path]:
    return sorted(one for one in folder.rglob("*") if one.is_file())


def read(client: TestClient, **parameters: str) -> tuple[Any, list[tuple[dict[str, str], bytes]]]:
    """The JSON and the attachments of an answer with attachments."""
    answer = client.get(STATEMENTS, params={"attachments": "true", **parameters})
    assert answer.status_code == 200, answer.text
    assert int(answer.headers["content-length"]) == len(answer.content)
    return parsed(answer.headers["content-type"], answer.content)


class TestStore:
    def test_post(self, client: TestClient, folder: Path, version: str) -> None:
        client.headers["X-Experience-API-Version"] = version
        statement = with_attachments(PICTURE, b"text")
        answer = post(client, statement, part(PICTURE), part(b"text"))
        assert (answer.status_code, answer.json()) == (200, [statement["id"]])
        assert sorted(one.read_bytes() for one in files(folder)) == sorted([PICTURE, b"text"])
        assert all(hashlib.sha256(one.read_bytes()).hexdigest() == one.stem for one in files(folder))

    def test_put(self, client: TestClient, folder: Path, version: str) -> None:
        client.headers["X-Experience-API-Version"] = version
        statement = with_attachments(PICTURE)
        answer = client.put(
            STATEMENTS,
            params={"statementId": statement["id"]},
            content=body(statement, part(PICTURE)),
            headers=headers(),
        )
        assert answer.status_code == 204
        assert [one.read_bytes() for one in files(folder)] == [PICTURE]

    def test_put_under_another_id(self, client: TestClient, folder: Path) -> None:
        answer = client.put(
            STATEMENTS,
            params={"statementId": str(uuid4())},
            content=body(with_attachments(PICTURE), part(PICTURE)),
            headers=headers(),
        )
        assert "statement.id" in refused(answer, folder)

    def test_several_statements(self, client: TestClient) -> None:
        statements = [with_attachments(b"one"), simple(), with_attachments(b"two", b"one")]
        answer = post(client, statements, part(b"one"), part(b"two"))
        assert len(answer.json()) == 3
        _, parts = read(client)
        assert sorted(content for _, content in parts) == [b"one", b"two"]

    def test_nothing_but_statements(self, client: TestClient) -> None:
        assert post(client, [simple(), simple()]).status_code == 200
        assert post(client, []).json() == []

    def test_a_file_url_needs_no_part_and_may_have_one(self, client: TestClient, folder: Path) -> None:
        url = attachment(b"one", fileUrl="https://example.org/one")
        assert post(client, simple(attachments=[url])).status_code == 200
        assert files(folder) == []
        assert post(client, simple(attachments=[url]), part(b"one")).status_code == 200
        assert [one.read_bytes() for one in files(folder)] == [b"one"]

    def test_of_a_substatement(self, client: TestClient) -> None:
        inner = {"objectType": "SubStatement", **simple(attachments=[attachment(b"inner")])}
        assert "statement.object.attachments[0]" in post(client, simple(object=inner)).json()["error"]
        assert post(client, simple(object=inner), part(b"inner")).status_code == 200
        assert [content for _, content in read(client)[1]] == [b"inner"]

    @pytest.mark.parametrize("algorithm", ["sha224", "sha256", "sha384", "sha512"])
    def test_every_sha2_in_either_case(self, client: TestClient, algorithm: str) -> None:
        sha2 = hashlib.new(algorithm, PICTURE).hexdigest()
        statement = simple(attachments=[attachment(PICTURE, sha2=sha2.upper())])
        assert post(client, statement, part(PICTURE, **{"X-Experience-API-Hash": sha2})).status_code == 200
        ((headers_, content),) = read(client)[1]
        assert (headers_["x-experience-api-hash"], content) == (sha2, PICTURE)

    def test_empty_and_large(self, client: TestClient) -> None:
        large = os.urandom(LIMITS.attachment_octets)
        assert post(client, with_attachments(b"", large), part(b""), part(large)).status_code == 200
        assert [content for _, content in read(client)[1]] == [b"", large]

    def test_what_is_there_stays(self, client: TestClient, folder: Path) -> None:
        post(client, with_attachments(PICTURE), part(PICTURE))
        (before,) = files(folder)
        number = before.stat().st_ino
        assert post(client, with_attachments(PICTURE), part(PICTURE), part(PICTURE)).status_code == 200
        (after,) = files(folder)
        assert after.stat().st_ino == number

    def test_only_the_owner_of_the_service_can_read_them(self, client: TestClient, folder: Path) -> None:
        post(client, with_attachments(PICTURE), part(PICTURE))
        assert {stat.S_IMODE(one.stat().st_mode) for one in files(folder)} == {0o600}
        folders = [folder, *(one for one in folder.rglob("*") if one.is_dir())]
        assert {stat.S_IMODE(one.stat().st_mode) for one in folders} == {0o700}

    def test_header_names_and_boundary_as_clients_write_them(self, client: TestClient) -> None:
        statement = with_attachments(b"one")
        sha2 = statement["attachments"][0]["sha2"]
        raw = (
            body(statement, boundary="a b:c").removesuffix(b"--a b:c--\r\n")
            + b"--a b:c\r\ncontent-type:text/plain\r\ncontent-transfer-encoding:BINARY\r\n"
            + f"x-experience-api-hash:{sha2}\r\n\r\none\r\n--a b:c--".encode()
        )
        content_type = 'multipart/mixed; charset=utf-8; boundary="a b:c"'
        answer = client.post(STATEMENTS, content=b"\r\n" + raw, headers={"Content-Type": content_type})
        assert answer.status_code == 200

    def test_a_length_that_is_not_the_part_s(self, client: TestClient) -> None:
        """The hash says what is meant; ADL's suite wants this accepted (XAPI-00127)."""
        assert post(client, simple(attachments=[attachment(b"one", length=99)]), part(b"one")).is_success


class TestRefuse:
    """Nothing is stored, and no file is left."""

    def test_a_part_without_a_statement(self, client: TestClient, folder: Path) -> None:
        """XAPI-00128."""
        message = refused(post(client, with_attachments(b"one"), part(b"one"), part(b"two")), folder)
        assert message.startswith("part 3: no statement names its X-Experience-API-Hash (xAPI Communication")

    def test_an_attachment_without_a_part(self, client: TestClient, folder: Path) -> None:
        """XAPI-00129."""
        statements = [simple(), with_attachments(b"one", b"two")]
        message = refused(post(client, statements, part(b"one")), folder)
        assert message.startswith("statement 1: statement.attachments[1] must have a fileUrl, or a part")

    def test_as_json_without_file_url(self, client: TestClient, folder: Path) -> None:
        answer = client.post(STATEMENTS, json=[simple()] * 150 + [with_attachments(b"one")])
        assert refused(answer, folder).startswith(
            "statement 150: statement.attachments[0] must have a fileUrl"
        )

    def test_another_content(self, client: TestClient, folder: Path) -> None:
        wrong = part(b"two", **{"X-Experience-API-Hash": hashlib.sha256(b"one").hexdigest()})
        message = refused(post(client, with_attachments(b"one"), wrong), folder)
        assert message == (
            "statement 0: statement.attachments[0] has a part with another SHA-2 (xAPI Data 2.4.11)"
        )

    @pytest.mark.parametrize(
        ("changes", "named"),
        [
            ({"Content-Transfer-Encoding": "base64"}, "part 2: Content-Transfer-Encoding must be binary"),
            ({"Content-Transfer-Encoding": None}, "part 2: Content-Transfer-Encoding must be binary"),
            ({"X-Experience-API-Hash": None}, "part 2 must have the header X-Experience-API-Hash"),
            ({"X-Experience-API-Hash": "abc"}, "part 2: no statement names its X-Experience-API-Hash"),
        ],
    )
    def test_headers_of_a_part(
        self, client: TestClient, folder: Path, changes: dict[str, str | None], named: str
    ) -> None:
        """XAPI-00132, XAPI-00135."""
        message = refused(post(client, with_attachments(b"one"), part(b"one", **changes)), folder)
        assert message == f"{named} (xAPI Communication 1.5.2)"

    @pytest.mark.parametrize(
        "raw",
        [
            b"",
            b"--b--\r\n",
            b"--b\r\n\r\n{}\r\n--b--\r\n",
            b"--b\r\nContent-Type: text/plain\r\n\r\n{}\r\n--b--\r\n",
            b"Content-Type: application/json\r\n\r\n{}\r\n--b--\r\n",
            b"--b\r\nContent-Type: application/json\r\n\r\n{}\r\n",
            b"--b\r\nContent-Type: application/json\r\n\r\n{\r\n--b--\r\n",
            b"--b\r\nContent-Type: application/json\r\n\r\n\xff\r\n--b--\r\n",
            b"--b\r\nContent-Type: application/json\r\n\r\n" + b"[" * 2000 + b"\r\n--b--\r\n",
        ],
    )
    def test_a_malformed_body(self, client: TestClient, folder: Path, raw: bytes) -> None:
        """XAPI-00130, XAPI-00131, XAPI-00134."""
        refused(client.post(STATEMENTS, content=raw, headers=headers("b")), folder)

    @pytest.mark.parametrize(
        "content_type", ["multipart/mixed", "multipart/mixed;", 'multipart/mixed; boundary=""']
    )
    def test_no_boundary(self, client: TestClient, folder: Path, content_type: str) -> None:
        """XAPI-00131."""
        raw = body(with_attachments(b"one"), part(b"one"))
        answer = client.post(STATEMENTS, content=raw, headers={"Content-Type": content_type})
        assert "must name a boundary" in refused(answer, folder)

    def test_another_content_type(self, client: TestClient, folder: Path) -> None:
        """XAPI-00127."""
        raw = body(with_attachments(b"one"), part(b"one"))
        form = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        refused(client.post(STATEMENTS, content=raw, headers=form), folder)

    def test_statements_in_two_parts(self, client: TestClient, folder: Path) -> None:
        """XAPI-00133."""
        second = body(with_attachments(b"two")).removesuffix(f"--{BOUNDARY}--\r\n".encode())
        refused(post(client, with_attachments(b"one"), second, part(b"one")), folder)

    @pytest.mark.parametrize(
        "attachments",
        [
            None,
            {},
            [1],
            [{}],
            [{"sha2": 1}],
            [{"sha2": "../" * 21 + "a"}],
            [{"sha2": ["a"]}],
            {"sha2": hashlib.sha256(b"one").hexdigest()},
            [{"sha2": hashlib.sha256(b"one").hexdigest()}],
        ],
    )
    def test_statements_that_are_not_valid(self, client: TestClient, folder: Path, attachments: Any) -> None:
        for statements in (simple(attachments=attachments), [simple(object=simple(attachments=attachments))]):
            refused(post(client, statements, part(b"one")), folder)
        refused(post(client, [1, None, "text"], part(b"one")), folder)

    def test_a_conflict_leaves_the_first_statement(self, client: TestClient) -> None:
        first = with_attachments(b"one")
        post(client, first, part(b"one"))
        other = {**first, "verb": {"id": "https://example.org/other"}, "attachments": [attachment(b"two")]}
        assert post(client, other, part(b"two")).status_code == 409
        assert [content for _, content in read(client)[1]] == [b"one"]

    def test_limits(self, client: TestClient, folder: Path) -> None:
        large = b"x" * (LIMITS.attachment_octets + 1)
        message = refused(
            post(client, with_attachments(b"one", large), part(b"one"), part(large)), folder, 413
        )
        assert message == "statement 0: statement.attachments[1] is larger than 300000 octets"
        many = [str(number).encode() for number in range(LIMITS.attachments + 1)]
        message = refused(post(client, with_attachments(*many), *map(part, many)), folder, 413)
        assert message == "a request may bring 3 attachments"
        message = refused(post(client, [simple(result={"response": "x" * 100_000})]), folder, 413)
        assert message == "the first part is larger than 100000 octets"

    def test_without_a_folder(self, engine: Engine, credential: tuple[str, str], tmp_path: Path) -> None:
        app = create_lrs_app(engine, hash_key=HASH_KEY, default_version="1.0.3")
        client = TestClient(app)
        client.auth = credential
        assert "keeps no attachments" in refused(post(client, simple()), tmp_path / "none", 415)
        assert client.post(STATEMENTS, json=simple()).status_code == 200
        found, parts = read(client)
        assert (len(found["statements"]), parts) == (1, [])
        app.close()

    def test_a_folder_that_cannot_be_used(self, client: TestClient, folder: Path) -> None:
        folder.write_text("in the way")
        answer = post(client, with_attachments(b"one"), part(b"one"))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        folder.unlink()
        assert post(client, with_attachments(b"one"), part(b"one")).status_code == 200

    def test_without_the_scope(self, client: TestClient, engine: Engine, folder: Path) -> None:
        client.auth = make_credential(engine, "statements/read")
        assert "statements/write" in refused(
            post(client, with_attachments(b"one"), part(b"one")), folder, 403
        )

    def test_a_client_that_goes_away(
        self, app: RecordStore, credential: tuple[str, str], folder: Path
    ) -> None:
        """What came of an attachment is removed: the first part and half of the second have come."""
        content = b"x" * 200_000
        whole = body(with_attachments(content), part(content))
        held: list[int] = []
        status = go_away(
            app, credential, headers(), whole[:-100_000], lambda: held.append(len(files(folder)))
        )
        assert (status, held, files(folder)) == (400, [1], [])

    def test_a_client_that_goes_away_within_json(self, app: RecordStore, credential: tuple[str, str]) -> None:
        assert go_away(app, credential, {"Content-Type": "application/json"}, b"{", lambda: None) == 400


def go_away(
    app: RecordStore,
    credential: tuple[str, str],
    fields: dict[str, str],
    sent: bytes,
    then: Callable[[], None],
) -> int:
    """Post the beginning of a body, call `then`, and close the connection; the status nobody reads."""
    pieces, statuses = [sent], []

    async def receive() -> dict[str, Any]:
        if pieces:
            return {"type": "http.request", "body": pieces.pop(), "more_body": True}
        then()
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    token = b64encode(":".join(credential).encode()).decode()
    everything = {"authorization": f"Basic {token}", "x-experience-api-version": "1.0.3", **fields}
    scope = {
        "type": "http",
        "method": "POST",
        "path": STATEMENTS,
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in everything.items()],
    }
    asyncio.run(app(scope, receive, send))
    (status,) = statuses
    return int(status)


class TestRead:
    """Communication 2.1.3: attachments=true."""

    def test_one_statement(self, client: TestClient, version: str) -> None:
        client.headers["X-Experience-API-Version"] = version
        statement = with_attachments(PICTURE, b"text")
        post(client, statement, part(PICTURE), part(b"text"))
        plain = client.get(STATEMENTS, params={"statementId": statement["id"]})
        answer = client.get(STATEMENTS, params={"statementId": statement["id"], "attachments": "true"})
        for name in ("last-modified", "x-experience-api-version"):
            assert answer.headers[name] == plain.headers[name]
        assert answer.headers["x-experience-api-consistent-through"]
        found, parts = parsed(answer.headers["content-type"], answer.content)
        assert found == plain.json()
        assert parts == [
            (
                {
                    "content-type": "application/octet-stream",
                    "content-transfer-encoding": "binary",
                    "x-experience-api-hash": hashlib.sha256(content).hexdigest(),
                },
                content,
            )
            for content in (PICTURE, b"text")
        ]

    @pytest.mark.parametrize("parameters", [{}, {"attachments": "false"}])
    def test_only_if_asked_for(self, client: TestClient, parameters: dict[str, str]) -> None:
        post(client, with_attachments(PICTURE), part(PICTURE))
        answer = client.get(STATEMENTS, params=parameters)
        assert answer.headers["content-type"] == "application/json"
        assert len(answer.json()["statements"]) == 1

    def test_wrong_values(self, client: TestClient) -> None:
        assert client.get(STATEMENTS, params={"attachments": "yes"}).status_code == 400

    @pytest.mark.parametrize("name", ["ids", "canonical", "exact"])
    def test_in_every_format(self, client: TestClient, name: str) -> None:
        post(client, with_attachments(PICTURE), part(PICTURE))
        found, parts = read(client, format=name)
        assert found == client.get(STATEMENTS, params={"format": name}).json()
        assert [content for _, content in parts] == [PICTURE]

    def test_each_once_and_only_those_of_the_page(self, client: TestClient) -> None:
        for contents in ([b"one"], [b"two", b"shared"], [b"shared"]):
            post(client, with_attachments(*contents), *map(part, contents))
        found, parts = read(client, limit="2")
        assert len(found["statements"]) == 2
        assert sorted(content for _, content in parts) == [b"shared", b"two"]
        assert "attachments=true" in found["more"]
        following = client.get(found["more"].removeprefix("/xapi"))
        _, parts = parsed(following.headers["content-type"], following.content)
        assert [content for _, content in parts] == [b"one"]

    def test_what_is_not_held_is_left_out(self, client: TestClient) -> None:
        client.post(STATEMENTS, json=simple(attachments=[attachment(b"x", fileUrl="https://example.org/x")]))
        found, parts = read(client)
        assert (len(found["statements"]), parts) == (1, [])

    def test_nothing_found(self, client: TestClient) -> None:
        assert read(client) == ({"statements": [], "more": ""}, [])
        missing = client.get(STATEMENTS, params={"statementId": str(uuid4()), "attachments": "true"})
        assert (missing.status_code, missing.headers["content-type"]) == (404, "application/json")

    def test_of_a_voided_statement(self, client: TestClient) -> None:
        statement = with_attachments(PICTURE)
        post(client, statement, part(PICTURE))
        client.post(STATEMENTS, json=voiding(statement["id"]))
        assert read(client)[1] == []
        assert [content for _, content in read(client, voidedStatementId=statement["id"])[1]] == [PICTURE]

    @pytest.mark.parametrize("content_type", ["text/plain;\rX-Evil: 1", "text/plain; name=ก", "text/html"])
    def test_a_content_type_breaks_no_header(self, client: TestClient, content_type: str) -> None:
        sent = simple(attachments=[attachment(b"<script>", contentType=content_type)])
        if post(client, sent, part(b"<script>")).is_success:
            answer = client.get(STATEMENTS, params={"attachments": "true"})
            ((part_headers, _),) = parsed(answer.headers["content-type"], answer.content)[1]
            assert part_headers["content-type"] in ("text/html", "application/octet-stream")
            assert answer.headers["content-security-policy"].startswith("sandbox")

    def test_head(self, client: TestClient) -> None:
        post(client, with_attachments(PICTURE), part(PICTURE))
        whole = client.get(STATEMENTS, params={"attachments": "true"})
        head = client.head(STATEMENTS, params={"attachments": "true"})
        assert head.headers["content-length"] == whole.headers["content-length"]


class TestWhoMayRead:
    """Communication 4.2 and 2.1.3: attachments are read by way of statements only."""

    def test_only_of_statements_that_the_caller_may_read(self, client: TestClient, engine: Engine) -> None:
        statement = with_attachments(PICTURE)
        post(client, statement, part(PICTURE))
        mine = TestClient(client.app)
        mine.headers["X-Experience-API-Version"] = "1.0.3"
        mine.auth = make_credential(engine, "statements/read/mine", "statements/write")
        assert read(mine) == ({"statements": [], "more": ""}, [])
        hidden = mine.get(STATEMENTS, params={"statementId": statement["id"], "attachments": "true"})
        assert hidden.status_code == 404
        assert PICTURE not in hidden.content
        assert post(mine, with_attachments(b"own"), part(b"own")).is_success
        assert [content for _, content in read(mine)[1]] == [b"own"]

    def test_naming_a_hash_gives_nothing(self, client: TestClient, engine: Engine) -> None:
        """Whoever knows the hash of what another one sent cannot read it by a statement of its own."""
        post(client, with_attachments(PICTURE), part(PICTURE))
        mine = TestClient(client.app)
        mine.headers["X-Experience-API-Version"] = "1.0.3"
        mine.auth = make_credential(engine, "statements/read/mine", "statements/write")
        guess = simple(attachments=[attachment(PICTURE, fileUrl="https://example.org/x")])
        assert mine.post(STATEMENTS, json=guess).is_success
        assert post(mine, guess).is_success
        assert read(mine)[1] == []
        assert post(mine, guess, part(PICTURE)).is_success
        assert [content for _, content in read(mine)[1]] == [PICTURE]

    def test_no_credential(self, client: TestClient) -> None:
        post(client, with_attachments(PICTURE), part(PICTURE))
        nobody = TestClient(client.app, headers={"X-Experience-API-Version": "1.0.3"})
        assert nobody.get(STATEMENTS, params={"attachments": "true"}).status_code == 401


class TestSigned:
    """Data 2.6."""

    def test_signed(self, client: TestClient, version: str) -> None:
        """XAPI-00117."""
        client.headers["X-Experience-API-Version"] = version
        statement = simple(id=str(uuid4()))
        token = signing.sign(statement)
        statement["attachments"] = [signing.attachment(token)]
        assert post(client, statement, part(token)).status_code == 200
        assert [content for _, content in read(client)[1]] == [token]

    def test_of_another_statement(self, client: TestClient, folder: Path, version: str) -> None:
        """XAPI-00116."""
        client.headers["X-Experience-API-Version"] = version
        token = signing.sign(simple("another"))
        statement = simple(attachments=[attachment(b"one"), signing.attachment(token)])
        message = refused(post(client, [simple(), statement], part(b"one"), part(token)), folder)
        where, _, problem = message.partition(" is a ")
        assert where == "statement 1: statement.attachments[1]"
        assert problem == "signature that signs another statement (xAPI Data 2.6)"

    def test_another_content_type(self, client: TestClient, folder: Path) -> None:
        """XAPI-00115."""
        statement = simple(id=str(uuid4()))
        token = signing.sign(statement)
        statement["attachments"] = [signing.attachment(token, contentType="text/plain")]
        assert "application/octet-stream" in refused(post(client, statement, part(token)), folder)

    def test_without_its_part(self, client: TestClient, folder: Path) -> None:
        """XAPI-00115."""
        elsewhere = simple(attachments=[signing.attachment(b"x", fileUrl="https://example.org/x")])
        assert "must come as a part" in refused(client.post(STATEMENTS, json=elsewhere), folder)
        assert "must come as a part" in refused(post(client, elsewhere), folder)

    def test_put_under_the_signed_id(self, client: TestClient) -> None:
        statement = simple()
        token = signing.sign(statement)
        statement["attachments"] = [signing.attachment(token)]
        parameters = {"statementId": str(uuid4())}
        content = body(statement, part(token))
        assert (
            client.put(STATEMENTS, params=parameters, content=content, headers=headers()).status_code == 204
        )


class TestFolder:
    owner = Actor("account:https://example.org 1")

    def incoming(self, folder: Path, content: bytes = b"content") -> Incoming:
        made = Folder(folder).incoming(hashlib.sha256(content).hexdigest())
        made.write([content])
        assert made.finish()
        return made

    def test_what_a_crash_left_is_removed_after_a_day(self, folder: Path) -> None:
        kept = Folder(folder).incoming("a" * 64)
        old = self.incoming(folder)
        (path,) = [one for one in files(folder) if one.read_bytes() == b"content"]
        os.utime(path, (0, time.time() - 25 * 3600))
        Folder(folder)
        assert len(files(folder)) == 1
        old.discard()
        kept.discard()
        assert files(folder) == []

    def test_a_damaged_file_is_replaced(self, folder: Path) -> None:
        one = self.incoming(folder)
        one.keep(self.owner)
        (path,) = files(folder)
        path.write_bytes(b"con")
        self.incoming(folder).keep(self.owner)
        assert b"".join(Folder(folder).pieces(one.sha2, self.owner)) == b"content"

    def test_discarded_after_it_was_kept(self, folder: Path) -> None:
        one = self.incoming(folder)
        one.keep(self.owner)
        one.discard()
        assert Folder(folder).size(one.sha2, self.owner) == 7

    def test_of_nobody_else(self, folder: Path) -> None:
        one = self.incoming(folder)
        one.keep(self.owner)
        assert Folder(folder).size(one.sha2, Actor("account:https://example.org 2")) is None
