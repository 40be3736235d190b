"""The page where administrators make and revoke credentials of xAPI clients."""

import re
from html import unescape

from sqlalchemy import select

from lrs import credentials
from mappings.tables import change_log
from tests.access.conftest import Service, token_of


def test_a_credential_made_on_the_page_works_until_it_is_revoked(service: Service) -> None:
    client = service.signed_in("admin")
    form = {
        "csrf": token_of(client.get("/credentials").text),
        "name": "moodle",
        "scope": ["statements/write"],
    }
    form |= {"home_pages": "https://moodle.example\r\n", "level": "platform-api"}
    page = client.post("/credentials", data=form)
    assert page.status_code == 200
    key, secret = re.findall(r"<dd class=\"break\"><code>([^<]+)</code>", unescape(page.text))
    assert secret not in client.get("/credentials").text
    with service.world.engine.begin() as conn:
        (made,) = credentials.list_credentials(conn)
        assert (made.key, made.level, made.home_pages) == (key, "platform-api", ("https://moodle.example",))
        logged = conn.execute(select(change_log).where(change_log.c.subject == "credential")).all()
    about = {"X-Experience-API-Version": "2.0.0"}
    sent = {
        "actor": {"mbox": "mailto:a@b.example"},
        "verb": {"id": "https://v.example/x"},
        "object": {"id": "https://a.example/x"},
    }
    program = service.client()
    assert program.post("/xapi/statements", json=sent, auth=(key, secret), headers=about).status_code == 200
    revoked = client.post(f"/credentials/{key}/revoke", data={"csrf": form["csrf"]})
    assert revoked.status_code == 303
    assert "เพิกถอนแล้ว" in client.get("/credentials").text
    assert len(logged) == 1


def test_what_cannot_be_made_is_said(service: Service) -> None:
    client = service.signed_in("admin")
    good = {"csrf": token_of(client.get("/credentials").text), "name": "one", "scope": "all"}
    assert client.post("/credentials", data=good).status_code == 200
    for wrong in (
        {"name": "one"},
        {"name": ""},
        {"name": "two", "scope": "everything"},
        {"name": "two", "home_pages": "https://x.example"},
        {"name": "two", "verbs": "no IRI"},
        {"name": "two", "authorities": "nobody"},
    ):
        assert client.post("/credentials", data={**good, **wrong}).status_code == 422, wrong
    assert client.post("/credentials/nothing/revoke", data=good).status_code == 404
    for name in ("office1", "analyst"):
        assert service.signed_in(name).get("/credentials").status_code == 403
