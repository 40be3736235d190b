"""A real mail server beside the test, and an office whose people have addresses."""

import socket
import ssl
from asyncio import WriteTransport
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from sqlalchemy import Engine, select

from connector.reminders.choosing import choose
from connector.reminders.queue import enqueue
from connector.reminders.sending import Sent, send_due
from connector.report.queries.unfinished import Chased
from connector.settings import Settings
from connector.settings_smtp import SmtpSettings
from connector.tables_people import reminder
from mappings.tables import person
from tests.mappings.world import NOW
from tests.report.conftest import World, world
from tests.report.test_unfinished import give_address

__all__ = ["world"]

ADDRESSES = {"แก้ว": "kaew@s1.example", "เกษม": "kasem@s1.example", "ขวัญ": "khwan@s2.example"}
SENDER = "กลุ่ม DLICT <dlict@office.example>"
PUBLIC = "https://skills.example"


@dataclass
class Postman:
    """What came in; `answers`: what is answered to an address, or to the text of a message to it."""

    received: list[tuple[str, EmailMessage]] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    breaks: bool = False

    async def handle_RCPT(  # noqa: N802 - the server's name for it
        self, server: SMTP, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.breaks:
            assert isinstance(server.transport, WriteTransport)
            server.transport.abort()
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.received.extend((to, message) for to in envelope.rcpt_tos)
        return "250 OK"

    def recipients(self) -> list[str]:
        return [to for to, _ in self.received]


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


def controller(postman: Postman, tls: ssl.SSLContext | None = None) -> Controller:
    def authenticator(_server: Any, _session: Any, _envelope: Any, _kind: str, data: Any) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"dlict", b"secret"), handled=False)

    more: dict[str, Any] = (
        {"tls_context": tls, "require_starttls": True, "authenticator": authenticator, "auth_required": True}
        if tls
        else {}
    )
    return Controller(postman, hostname="127.0.0.1", port=free_port(), **more)


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Postman, int]]:
    postman = Postman()
    running = controller(postman)
    running.start()
    yield postman, running.port
    running.stop()


@dataclass
class Office:
    """The first office with its mail; `now` is the clock."""

    world: World
    settings: Settings
    postman: Postman
    now: datetime = NOW

    @property
    def engine(self) -> Engine:
        return self.world.engine

    def queue(self, **chased: str) -> int:
        with self.engine.begin() as conn:
            assert self.settings.smtp is not None
            plan = choose(conn, Chased(**chased), self.now, self.settings.smtp.days_between)  # type: ignore[arg-type]
            return enqueue(conn, plan.due, self.now, "test")

    def send(self) -> Sent:
        return send_due(self.settings, self.engine, lambda: self.now)

    def later(self, **of: float) -> "Office":
        self.now += timedelta(**of)
        return self

    def states(self) -> dict[str, tuple[str, str | None]]:
        """Of each person's last reminder: its state and the server's answer."""
        c = reminder.c
        with self.engine.begin() as conn:
            rows = conn.execute(
                select(person.c.given_name, c.state, c.error).join(person, person.c.id == c.person_id)
            )
            return {row.given_name: (row.state, row.error) for row in rows}

    def uuid(self, name: str) -> str:
        return self.world.uuids[name]


def settings_of(world: World, folder: Path, port: int, **more: Any) -> Settings:
    url = world.engine.url.render_as_string(hide_password=False)
    smtp = SmtpSettings(host="127.0.0.1", port=port, sender=SENDER, **{"security": "none", **more})
    return Settings(
        data=folder,
        database_url=url,
        public_address=PUBLIC,
        argon2_mebibytes=8,
        argon2_passes=1,
        smtp=smtp,
    )


@pytest.fixture
def office(world: World, tmp_path: Path, server: tuple[Postman, int]) -> Office:
    postman, port = server
    postman.received.clear()
    postman.answers.clear()
    postman.breaks = False
    for name, address in ADDRESSES.items():
        give_address(world.engine, name, address)
    return Office(world, settings_of(world, tmp_path, port), postman)
