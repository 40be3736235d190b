"""Accounts found by e-mail addresses, and linked to the people whose they are."""

import json
import traceback
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select, update
from structlog.testing import capture_logs

from connector.email_look_up import last_good_sync, look_up
from connector.platforms import PLATFORMS, FindsByEmail, PlatformError, Reading
from connector.platforms.loopback import Answer, Asked
from connector.platforms.openedx.calls import EMAILS
from connector.platforms.openedx.client import Client
from connector.platforms.openedx.emails import EMAILS_A_CALL, find_by_email
from connector.platforms.openedx.platform import OpenEdx
from connector.platforms.openedx.replay import Replay
from connector.runs import Chosen, sync_platform
from connector.settings import SettingsError, load, write_secret
from mappings.people import import_roster, import_units
from mappings.tables import account, account_link, membership, person
from mappings.tombstones import Tombstones, account_mark
from tests.connector.conftest import HASH_KEYS
from tests.connector.syncing import NOW
from tests.connector.test_openedx_client import CLIENT, RECORDING
from tests.mappings.world import BEGIN, UNITS, a_person

NOBODY_ERASED = Tombstones(b"key")
SOMCHAI = "somchai.j@example.org"
ANAN = "anan.p@example.org"


class Emails(Replay):
    """Keeps the addresses that were asked for."""

    def __init__(self) -> None:
        super().__init__(RECORDING, CLIENT, page_size=50)
        self.asked: list[list[str]] = []

    def respond(self, asked: Asked) -> Answer:
        if asked.target == EMAILS.path:
            self.asked.append(json.loads(asked.body)["emails"])
        return super().respond(asked)


@pytest.fixture
def replay() -> Iterator[Emails]:
    with Emails() as running:
        yield running


def client(replay: Replay) -> Client:
    return Client(replay.url, CLIENT, sleep=lambda _: None)


def platform(replay: Replay) -> FindsByEmail:
    return OpenEdx(client(replay))


def test_addresses_are_looked_up_in_batches(replay: Emails) -> None:
    others = [f"nobody{number}@example.org" for number in range(2 * EMAILS_A_CALL)]
    found = list(find_by_email(client(replay), replay.url, [SOMCHAI.upper(), *others, ANAN]))
    assert [(one.account_name, one.email, one.username) for one in found] == [
        ("101", SOMCHAI, "somchai.j"),
        ("106", ANAN, "anan.p"),
    ]
    assert sorted(len(asked) for asked in replay.asked) == [2, EMAILS_A_CALL, EMAILS_A_CALL]
    assert not any("example.org" in call for call in replay.calls)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Answer(404, "application/json", b"{}"), "staff of the whole site, or leave look_up_emails out"),
        (Answer(403, "application/json", b"{}"), "staff of the whole site, or leave look_up_emails out"),
        (Answer(200, "application/json", b'[{"email": "somchai.j@example.org"}]'), "something else"),
        (Answer(500, "application/json", b"{}"), "it fails at e-mail look-up"),
    ],
)
def test_a_refused_look_up_says_what_to_do_and_quotes_nobody(
    replay: Emails, answer: Answer, says: str
) -> None:
    replay.instead = [(EMAILS.path, answer)] * 8
    with pytest.raises(PlatformError, match=says) as caught:
        list(find_by_email(client(replay), replay.url, [SOMCHAI]))
    assert "somchai" not in "".join(traceback.format_exception(caught.value))


@pytest.fixture
def people(engine: Engine) -> None:
    """Three who have accounts there, one who has none, one who has left."""
    rows = [
        a_person("สมชาย", email=SOMCHAI, row=2),
        a_person("มาลี", email="malee_s@example.org", row=3),
        a_person("ไม่มี", email="nobody@example.org", row=4),
        a_person("ลาออก", email="wichai-k@example.org", row=5),
        a_person("ไม่บอก", row=6),
    ]
    with engine.begin() as conn:
        import_units(conn, UNITS, BEGIN, "test")
        import_roster(conn, rows, BEGIN, "test")
        left = select(person.c.id).where(person.c.given_name == "ลาออก").scalar_subquery()
        theirs = update(membership).where(membership.c.person_id == left)
        conn.execute(theirs.values(valid_to=BEGIN.date()))


def links(engine: Engine) -> dict[str, tuple[str, str]]:
    """given name -> (account, how it was linked)."""
    query = (
        select(person.c.given_name, account.c.name, account_link.c.method)
        .join(account_link, account_link.c.person_id == person.c.id)
        .join(account, account.c.id == account_link.c.account_id)
    )
    with engine.begin() as conn:
        return {row.given_name: (row.name, row.method) for row in conn.execute(query)}


def ask(engine: Engine, replay: Emails, since: datetime | None = None) -> int:
    return look_up(engine, platform(replay), replay.url, since, NOBODY_ERASED, NOW, "test")


@pytest.mark.usefixtures("people")
def test_found_accounts_are_linked_and_nobody_is_asked_for_twice(engine: Engine, replay: Emails) -> None:
    with capture_logs() as logs:
        assert ask(engine, replay) == 2
    assert sorted(replay.asked[0]) == ["malee_s@example.org", "nobody@example.org", SOMCHAI]
    assert links(engine) == {"สมชาย": ("101", "email"), "มาลี": ("102", "email")}
    assert "example.org" not in str(logs)
    assert ask(engine, replay) == 0
    assert replay.asked[1:] == [["nobody@example.org"]]


@pytest.mark.usefixtures("people")
def test_only_addresses_that_are_new_since_are_asked_for(engine: Engine, replay: Emails) -> None:
    assert ask(engine, replay, BEGIN + timedelta(days=1)) == 0
    assert replay.asked == []
    with engine.begin() as conn:
        import_roster(conn, [a_person("อนันต์", email=ANAN)], NOW, "test")
    assert ask(engine, replay, BEGIN + timedelta(days=1)) == 1
    assert replay.asked == [[ANAN]]


@pytest.mark.usefixtures("people")
def test_an_erased_account_does_not_come_back(engine: Engine, replay: Emails) -> None:
    mark = account_mark(replay.url, "101")
    erased = Tombstones(b"key", frozenset({("account", NOBODY_ERASED.hash(mark))}))
    assert look_up(engine, platform(replay), replay.url, None, erased, NOW, "test") == 1
    assert "สมชาย" not in links(engine)


def settings_of(tmp_path: Path, engine: Engine, url: str, kind: str = "openedx") -> Any:
    text = (
        f'database_url = "{engine.url.render_as_string(hide_password=False)}"\n'
        f'[platforms.mooc]\nkind = "{kind}"\nurl = "{url}"\nlook_up_emails = true\n'
    )
    (tmp_path / "thaksa.toml").write_text(text, encoding="utf-8")
    write_secret(tmp_path / "secrets" / "mooc.token", CLIENT)
    return load({}, data=tmp_path)


@pytest.mark.usefixtures("people")
def test_a_sync_looks_up_what_is_new_and_a_full_one_everybody(
    engine: Engine, replay: Emails, tmp_path: Path
) -> None:
    with engine.begin() as conn:
        conn.execute(update(membership).values(valid_to=None))
    settings = settings_of(tmp_path, engine, replay.url)
    clock = iter(NOW + timedelta(hours=number) for number in range(100))
    assert last_good_sync(engine, "mooc") is None
    sync_platform(settings, engine, "mooc", lambda: next(clock))
    # The course has shown the others.
    assert replay.asked == [["nobody@example.org"]]
    assert links(engine)["สมชาย"] == ("101", "email")
    sync_platform(settings, engine, "mooc", lambda: next(clock))
    assert len(replay.asked) == 1
    sync_platform(settings, engine, "mooc", lambda: next(clock), chosen=Chosen(full=True))
    assert replay.asked == [["nobody@example.org"]] * 2


def test_a_platform_that_cannot_says_so(engine: Engine, replay: Emails, tmp_path: Path) -> None:
    settings = settings_of(tmp_path, engine, replay.url, kind="moodle")
    with pytest.raises(SettingsError, match=r"platform mooc: .*leave look_up_emails out"):
        sync_platform(settings, engine, "mooc", lambda: NOW)
    assert replay.calls == []


def test_all_that_can_look_up_are_known() -> None:
    able = {
        kind
        for kind, opened in PLATFORMS.items()
        if isinstance(
            opened(url="https://x.example", token=CLIENT, hash_keys=HASH_KEYS, reading=Reading()),
            FindsByEmail,
        )
    }
    assert able == {"openedx"}
