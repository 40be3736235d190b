"""Sending what the queue holds: one after another, no faster than the settings allow, each at most once.

A reminder is SENDING in the database before it is handed over. Whoever is killed between that and the note of
the server's answer leaves it so; the next run ends it as UNSURE and does not send it again: one reminder too
few is better than one too many.
"""

import smtplib
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, Engine

from connector.locks import AlreadyRunning, held
from connector.reminders import queue
from connector.reminders.addresses import addresses_of
from connector.reminders.letter import Facts, letter
from connector.reminders.links import PATH, stop_token
from connector.reminders.mail_server import Answer, NoServer, Taken, connected, hand_over
from connector.reminders.states import State
from connector.reminders.stops import stopped
from connector.report.queries.basis import Basis, read_basis, root_scope
from connector.report.queries.people import read_lines
from connector.report.queries.unfinished import missing_of
from connector.settings import Settings, SettingsError
from connector.settings_smtp import SmtpSettings, read_password
from lrs.clock import Clock, to_micros
from lrs.database import read_only

LOCK = "reminders"
_ENDS = {Taken.YES: State.SENT, Taken.NEVER: State.REFUSED, Taken.UNKNOWN: State.UNSURE}

log = structlog.get_logger()


@dataclass
class Sent:
    """What a run did; `error`: why the server could not be used."""

    counts: dict[State, int] = field(default_factory=dict)
    later: int = 0
    error: str | None = None

    def add(self, state: State) -> None:
        """One more."""
        self.counts[state] = self.counts.get(state, 0) + 1


def server_of(settings: Settings) -> SmtpSettings:
    """The settings that sending needs. Raises SettingsError."""
    if settings.smtp is None:
        raise SettingsError("no e-mail can be sent: add [smtp] to thaksa.toml (docs/reminders.md)")
    if not settings.public_address:
        raise SettingsError("reminders need links that work: set public_address (docs/reminders.md)")
    return settings.smtp


def send_due(
    settings: Settings, engine: Engine, clock: Clock, going: Callable[[], bool] = lambda: True
) -> Sent:
    """Send what is due, as many as a minute has room for. Raises SettingsError, and AlreadyRunning: another
    process sends."""
    server = server_of(settings)
    password = read_password(server, settings.data)
    with held(engine, LOCK):
        return _Run(settings, server, password, engine, clock).send(going)


def send_reminders(settings: Settings, engine: Engine, clock: Clock, going: Callable[[], bool]) -> None:
    """The job of the schedule: nothing without a mail server."""
    if settings.smtp is None:
        return
    with read_only(engine).begin() as conn:
        if not queue.count_open(conn):
            return
    try:
        sent = send_due(settings, engine, clock, going)
    except AlreadyRunning:
        return
    except SettingsError as error:
        log.error("reminders not sent", error=str(error))
        return
    if sent.error is not None:
        log.error("reminders wait", error=sent.error)
    if sent.counts:
        log.info("reminders", **{str(state): number for state, number in sent.counts.items()})


class _Run:
    def __init__(
        self, settings: Settings, server: SmtpSettings, password: str, engine: Engine, clock: Clock
    ) -> None:
        self._settings, self._server, self._password = settings, server, password
        self._engine, self._clock = engine, clock
        self._key = settings.secret("reminders")
        self._sent = Sent()

    def send(self, going: Callable[[], bool]) -> Sent:
        now = self._clock()
        with self._engine.begin() as conn:
            queue.interrupted(conn, now)
            room = self._server.per_minute - queue.tried_since(conn, now - timedelta(minutes=1))
        with ExitStack() as stack:
            session: smtplib.SMTP | None = None
            while room > 0 and going() and (next_ := self._next()) is not None:
                mine, facts, to = next_
                if facts is None:
                    continue
                room -= 1
                try:
                    session = session or stack.enter_context(connected(self._server, self._password))
                    answer = self._hand_over(session, facts, to)
                except NoServer as error:
                    self._sent.error = str(error)
                    self._put_back(mine, str(error))
                    break
                self._note(mine, answer)
        return self._sent

    def _next(self) -> tuple[Any, Facts | None, str] | None:
        """The next reminder, SENDING, with what it says and to whom; without facts it is at its end."""
        with self._engine.begin() as conn:
            now = self._clock()
            mine = queue.claim(conn, now)
            if mine is None:
                return None
            facts, to = self._facts(conn, mine), addresses_of(conn, [mine.person_id]).get(mine.person_id)
            state = self._reason_not_to(conn, mine, facts, to, now)
            if state is None:
                return mine, facts, to or ""
            queue.end(conn, mine.id, state, now)
        self._sent.add(state)
        return mine, None, ""

    def _reason_not_to(
        self, conn: Connection, mine: Any, facts: Facts | None, to: str | None, now: datetime
    ) -> State | None:
        if to_micros(now - queue.KEPT_TRYING) > mine.recorded_at:
            return State.EXPIRED
        if stopped(conn, [mine.person_id]):
            return State.STOPPED
        if facts is None:
            return State.NEEDLESS
        return State.NO_ADDRESS if to is None else None

    def _facts(self, conn: Connection, mine: Any) -> Facts | None:
        basis = read_basis(conn, root_scope(conn), self._clock())
        lines = read_lines(conn, basis, [mine.person_id])
        if not lines or not (missing := missing_of(basis, lines[0])):
            return None
        address = self._settings.public_address
        return Facts(
            uuid=mine.uuid,
            name=lines[0].name,
            day=basis.as_of,
            missing=[(code, _name(basis, code)) for code in missing],
            service=f"{address}/",
            stop=f"{address}{PATH}{stop_token(self._key, lines[0].uuid)}",
        )

    def _hand_over(self, session: smtplib.SMTP, facts: Facts, to: str) -> Answer:
        sender = self._server.from_address
        return hand_over(session, letter(facts, sender, to, self._clock()), sender.addr_spec, to)

    def _note(self, mine: Any, answer: Answer) -> None:
        if answer.taken is Taken.LATER:
            self._put_back(mine, answer.error or "")
            return
        state = _ENDS[answer.taken]
        with self._engine.begin() as conn:
            queue.end(conn, mine.id, state, self._clock(), answer.error)
        self._sent.add(state)

    def _put_back(self, mine: Any, error: str) -> None:
        self._sent.later += 1
        with self._engine.begin() as conn:
            queue.put_back(conn, mine.id, mine.tries, self._clock(), error)


def _name(basis: Basis, code: str) -> str:
    return next(item.name_th for item in basis.items if item.code == code)
