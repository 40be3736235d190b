"""Below a path of a reverse proxy: no link, form, redirect or cookie leaves it."""

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from sqlalchemy import select

from connector.access.rights import RIGHTS, find_right
from connector.base_path import below_base
from connector.listening import address, bind
from connector.tables_access import audit_log
from lrs.clock import utc_now
from lrs.credentials import create_credential
from tests.lrs.statements import simple
from tests.operations.conftest import BASE, CLIENT, PUBLIC, Behind

EACH = 2
"""So many addresses of one route are read."""
NOT_THERE = {"/sign-in/openid", "/sign-in/openid/back"}
"""Without a provider, which these tests have none of."""
GET = sorted(path for method, path in RIGHTS if method == "GET" and "{" not in path and path not in NOT_THERE)


class Links(HTMLParser):
    """Every address in a page: (attribute, address, whether a browser would GET it)."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str, bool]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        posts = tag == "form" and (told.get("method") or "get").lower() == "post"
        for name in ("href", "src", "action", "formaction", "poster", "hx-get", "hx-post", "xlink:href"):
            if (value := told.get(name)) is not None:
                self.found.append((name, value, not posts and name not in ("formaction", "hx-post")))


def crawl(behind: Behind) -> set[str]:
    """Reads pages from the first on; the routes that were read. Fails at a link that leads out or nowhere."""
    waiting, read, patterns = [f"{BASE}{path}" for path in GET], set(), dict[str, int]()
    while waiting:
        url = waiting.pop(0)
        found = find_right("GET", urlsplit(url).path.removeprefix(BASE))
        assert found is not None, url
        if url in read or patterns.get(found.pattern, 0) >= EACH:
            continue
        read.add(url)
        patterns[found.pattern] = patterns.get(found.pattern, 0) + 1
        answer = behind.client.get(url)
        assert answer.status_code in (200, 204, 303, 422), (url, answer.status_code)
        links = [("location", answer.headers["location"], True)] if "location" in answer.headers else []
        if answer.headers.get("content-type", "").startswith("text/html"):
            links += Links(answer.text).found
        for name, link, gets in links:
            target = urlsplit(urljoin(f"https://skills.example{url}", link))
            if target.netloc != "skills.example":
                continue
            assert target.path.startswith(f"{BASE}/"), (url, name, link)
            if gets and target.path != f"{BASE}/sign-out":
                waiting.append(target._replace(scheme="", netloc="", fragment="").geturl())
    return set(patterns)


def test_no_page_leads_out(behind: Behind) -> None:
    behind.sign_in()
    read = crawl(behind)
    assert {"/people/{uuid}", "/users/{uuid}", "/mappings/{mapping_id}", "/static/{path:path}"} <= read


def test_outside_of_the_path_is_nothing(behind: Behind) -> None:
    client = behind.client
    assert client.get("/people").status_code == 404
    assert client.get("/thaksasomething/people").status_code == 404
    assert client.get(BASE).headers["location"] == f"{BASE}/"
    assert client.get(f"{BASE}/healthz").status_code == 200
    assert client.get(f"{BASE}{BASE}/profile").status_code == 200, "a route of the same name"


def test_signing_in_leads_back_with_a_cookie_of_the_path(behind: Behind) -> None:
    client = behind.client
    assert client.get(f"{BASE}/people").headers["location"] == f"{BASE}/sign-in?back=/people"
    asked = {"name": "admin", "password": "wrong"}
    assert client.post(f"{BASE}/sign-in", data=asked).status_code == 401
    answer = client.get(f"{BASE}/status/platforms", headers={"HX-Request": "true"})
    assert answer.headers["hx-redirect"] == f"{BASE}/sign-in"
    behind.sign_in()
    [cookie] = [one for one in client.cookies.jar if one.name == "thaksa_session"]
    assert (cookie.path, cookie.secure) == (BASE, True)
    assert client.get(f"{BASE}/people").status_code == 200


def test_scheme_and_client_are_what_the_trusted_proxy_says(behind: Behind) -> None:
    behind.sign_in()
    behind.client.get(f"{BASE}/people")
    with behind.world.engine.connect() as conn:
        assert set(conn.scalars(select(audit_log.c.address))) == {CLIENT}
    told = {"X-Forwarded-Proto": "http"}
    answer = behind.client.post(f"{BASE}/language", data={"language": "en"}, headers=told)
    assert f"path={BASE};" in answer.headers["set-cookie"].lower()
    assert "secure" not in answer.headers["set-cookie"].lower()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://skills.example"}, 303),
        ({"Origin": "https://skills.example", "Host": "127.0.0.1:8000"}, 303),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "https://evil.example", "Host": "evil.example"}, 400),
        ({"Host": "skills.example:8443"}, 303),
    ],
)
def test_who_may_post_behind_a_proxy(behind: Behind, headers: dict[str, str], status: int) -> None:
    assert behind.client.post(f"{BASE}/language", data={}, headers=headers).status_code == status


def test_what_programs_follow_is_below_the_path(behind: Behind) -> None:
    client = behind.client
    with behind.world.engine.begin() as conn:
        key = create_credential(
            conn,
            hash_key=behind.settings.secret("credentials"),
            name="one",
            scopes=["all"],
            now=utc_now(),
        )
    version = {"X-Experience-API-Version": "1.0.3"}
    sent = [simple(), simple("43")]
    assert client.post(f"{BASE}/xapi/statements", json=sent, auth=key, headers=version).status_code == 200
    page = client.get(f"{BASE}/xapi/statements?limit=1", auth=key, headers=version).json()
    assert page["more"].startswith(f"{BASE}/xapi/statements?")
    assert client.get(page["more"], auth=key, headers=version).status_code == 200
    assert client.get(f"{BASE}/openapi.json").json()["servers"] == [{"url": BASE}]
    [document, *_] = client.get(f"{BASE}/ims/case/v1p1/CFDocuments").json()["CFDocuments"]
    assert document["uri"].startswith(f"{PUBLIC}/ims/")


def test_only_addresses_get_the_path() -> None:
    page = '<a href="/x"><a href="//x"><a title="/x" href="x"><input value="/x"><use xlink:href="/x">'
    assert below_base(page) == page


def test_the_command_tells_the_path() -> None:
    bound = bind("127.0.0.1", 0)
    try:
        assert address(bound, BASE).endswith(f":{bound.getsockname()[1]}{BASE}/")
    finally:
        bound.close()
