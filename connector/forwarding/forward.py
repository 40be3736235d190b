"""One run over what waits for a target: batch after batch, halved where one is refused, until a statement
that the target does not take stands alone. It becomes a dead letter, and the rest goes on.

What is settled is written down after each request, with the dead letters, in one transaction: whoever is
killed in between sends again what the target knows already, and the target keeps it once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import SystemRandom

import structlog
from sqlalchemy import Engine

from connector.forwarding import queue
from connector.forwarding.answers import Answer, Outcome, Reason, pause_seconds
from connector.forwarding.letters import Letter
from connector.forwarding.target import Target
from connector.locks import held
from connector.platforms.http import CONNECT_SECONDS, Http
from connector.settings import Settings, SettingsError
from connector.settings_target import read_target_secret
from lrs.attachments import Folder
from lrs.clock import Clock
from lrs.database import read_only

log = structlog.get_logger()

ANSWER_SECONDS = 60.0

_RANDOM = SystemRandom()
_DEAD = {Outcome.REFUSED: Reason.REFUSED, Outcome.TOO_LARGE: Reason.TOO_LARGE}


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did; `error` None: all that waited is settled, or the run was asked to stop."""

    sent: int = 0
    dead: int = 0
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A dead letter that was tried again; `said`: the target's own words, which may quote the statement."""

    statement_id: str
    reason: Reason
    said: str


@dataclass
class Again:
    """What came of trying dead letters again."""

    taken: int = 0
    refused: list[Refused] = field(default_factory=list)


class _Later(Exception):
    """The target cannot be sent anything just now."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.error)
        self.answer = answer


def open_target(settings: Settings, name: str, http: Http) -> Target:
    """The target of that name in the settings."""
    if name not in settings.targets:
        known = ", ".join(sorted(settings.targets)) or "none"
        raise SettingsError(f"target {name!r} is not in the settings (known: {known})")
    chosen = settings.targets[name]
    secret = read_target_secret(chosen, name, settings.data)
    return Target(chosen, secret, Folder(settings.attachments_folder), http)


class Forwarder:
    """Runs for one target; one at a time of them, on this database."""

    def __init__(self, settings: Settings, engine: Engine, name: str, clock: Clock) -> None:
        http = Http(calls_at_once=1, timeout=(CONNECT_SECONDS, ANSWER_SECONDS), clock=clock)
        self._target = open_target(settings, name, http)
        self._settings = settings.targets[name]
        self._engine = engine
        self._name = name
        self._clock = clock
        # Less once the target found a request too large.
        self._most = self._settings.batch
        self._report = Report()

    def run(self, going: Callable[[], bool] = lambda: True) -> Report:
        """Send what waits until all is settled, the target fails or `going` says no. Failures are on record.

        Raises AlreadyRunning, SettingsError, and NotFound where the settings name no credential of ours.
        """
        with held(self._engine, f"forward:{self._name}"):
            try:
                while going() and self._send_batch():
                    pass
            except _Later as failed:
                self._note_failure(failed.answer)
        return self._report

    def is_due(self) -> bool:
        """Whether the schedule may try: not where somebody has to change something first."""
        with read_only(self._engine).begin() as conn:
            row = queue.read_row(conn, self._name)
        return not row.stopped and (row.next_try_at is None or row.next_try_at <= self._clock())

    def again(self, statement_id: str | None = None) -> Again:
        """Try dead letters again, all or that of one statement."""
        found = Again()
        with held(self._engine, f"forward:{self._name}"):
            with read_only(self._engine).begin() as conn:
                dead = queue.read_dead(conn, self._name)
            for one in dead:
                if statement_id in (None, one.statement_id):
                    self._try_again(one, found)
        return found

    def restart(self) -> None:
        """Let the next run begin at the first statement."""
        with held(self._engine, f"forward:{self._name}"), self._engine.begin() as conn:
            queue.note_restart(conn, self._name)

    def _send_batch(self) -> bool:
        """Whether there may be more."""
        with read_only(self._engine).begin() as conn:
            row, wanted = queue.read_row(conn, self._name), queue.wanted_by(conn, self._settings)
            batch = queue.read_batch(conn, wanted, row.settled_seq, self._most)
        if batch.letters:
            self._send(batch.letters)
        if row.failures or row.stopped or batch.until > row.settled_seq:
            self._settle(batch.until)
        return not batch.last

    def _send(self, letters: Sequence[Letter]) -> None:
        answer = self._target.take(letters)
        if answer.outcome in (Outcome.LATER, Outcome.DENIED):
            raise _Later(answer)
        if answer.outcome is Outcome.TAKEN:
            self._report = replace(self._report, sent=self._report.sent + len(letters))
            self._settle(letters[-1].seq)
        elif len(letters) > 1:
            half = len(letters) // 2
            if answer.outcome is Outcome.TOO_LARGE:
                self._most = max(1, min(self._most, len(letters) - half))
            self._send(letters[:half])
            self._send(letters[half:])
        else:
            self._settle(letters[0].seq, self._why_not(letters[0], answer.outcome))

    def _why_not(self, one: Letter, outcome: Outcome) -> Reason | None:
        """None: the target holds it already."""
        if outcome is not Outcome.CONFLICT:
            return _DEAD[outcome]
        found = self._target.compare(one)
        if isinstance(found, Answer):
            raise _Later(found)
        return found

    def _settle(self, until: int, dead: Reason | None = None) -> None:
        now = self._clock()
        with self._engine.begin() as conn:
            queue.note_settled(conn, self._name, until, now)
            if dead is not None:
                queue.note_dead(conn, self._name, until, dead, now)
        if dead is not None:
            self._report = replace(self._report, dead=self._report.dead + 1)
            log.error("statement not taken", target=self._name, reason=dead.value)

    def _note_failure(self, answer: Answer) -> None:
        with self._engine.begin() as conn:
            failures = queue.read_row(conn, self._name).failures + 1
            seconds = pause_seconds(failures, answer.wait, _RANDOM.random())
            denied = answer.outcome is Outcome.DENIED
            at = None if denied else self._clock() + timedelta(seconds=seconds)
            queue.note_failure(conn, self._name, answer.error, at)
        self._report = replace(self._report, error=answer.error)
        log.error(
            "forwarding failed", target=self._name, error=answer.error, failures=failures, stopped=denied
        )

    def _try_again(self, dead: queue.Dead, found: Again) -> None:
        with read_only(self._engine).begin() as conn:
            one = queue.read_letter(conn, dead.seq)
        answer = Answer(Outcome.TAKEN) if one is None else self._target.take([one])
        if answer.outcome in (Outcome.LATER, Outcome.DENIED):
            raise SettingsError(f"target {self._name}: {answer.error}")
        reason = (
            None if one is None or answer.outcome is Outcome.TAKEN else self._why_not(one, answer.outcome)
        )
        with self._engine.begin() as conn:
            queue.forget_dead(conn, self._name, dead.seq)
            if reason is not None:
                queue.note_dead(conn, self._name, dead.seq, reason, self._clock())
        if reason is None:
            found.taken += 1
        else:
            found.refused.append(Refused(dead.statement_id, reason, answer.said))
