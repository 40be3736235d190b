"""The pages of reminders: whom to remind, the queue, and the link by which somebody stops them."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Engine

from connector.access.viewer import acting
from connector.reminders import queue, stops
from connector.reminders.choosing import choose
from connector.reminders.letter import Facts, text_of
from connector.reminders.links import PATH as STOP
from connector.reminders.links import person_of
from connector.reminders.states import State
from connector.report.errors import NotFound, WrongForm
from connector.report.page_router import page_router
from connector.report.pages import render
from connector.report.queries.basis import Basis, narrowed, read_basis, root_scope
from connector.report.queries.person import read_details
from connector.report.queries.reminders import PAGE, of_scope, read_counts, read_reminders, read_stopped
from connector.report.queries.unfinished import Chased
from connector.report.words import Words, _
from connector.settings import Settings
from connector.settings_smtp import SmtpSettings
from connector.tables_people import reminder
from lrs.clock import Clock, utc_now

STATES = Words(
    {
        State.WAITING: "รอส่ง",
        State.SENDING: "กำลังส่ง",
        State.SENT: "ส่งแล้ว",
        State.UNSURE: "ไม่ทราบว่าถึงหรือไม่",
        State.REFUSED: "เซิร์ฟเวอร์อีเมลไม่รับ",
        State.EXPIRED: "ส่งไม่สำเร็จภายในสามวัน",
        State.NEEDLESS: "ไม่ต้องส่งแล้ว",
        State.STOPPED: "ขอไม่รับ",
        State.NO_ADDRESS: "ไม่มีอีเมลของตนเอง",
        State.CANCELLED: "ยกเลิกแล้ว",
    }
)


def router_reminders(engine: Engine, settings: Settings, clock: Clock = utc_now) -> APIRouter:
    """The routes at /reminders, and the form below /people/{uuid}."""
    pages = _Pages(engine, settings, clock)
    return page_router(
        {"/reminders": pages.reminders, "/reminders/new": pages.new, f"{STOP}{{token}}": pages.link},
        {
            "/reminders": pages.queue,
            "/reminders/cancel": pages.cancel,
            "/people/{uuid}/reminders": pages.person,
            f"{STOP}{{token}}": pages.stop,
        },
    )


Do = Literal["stop", "resume"]


class _Pages:
    def __init__(self, engine: Engine, settings: Settings, clock: Clock) -> None:
        self._engine = engine
        self._settings = settings
        self._clock = clock

    def reminders(self, before: int | None = None) -> Response:
        with self._engine.begin() as conn:
            scope = root_scope(conn)
            basis = read_basis(conn, scope, self._clock())
            found = read_reminders(conn, scope, before)
            counts, stopped = read_counts(conn, scope), read_stopped(conn, scope)
        return render(
            "reminders.html",
            basis=basis,
            reminders=found[:PAGE],
            older=found[PAGE - 1].id if len(found) > PAGE else None,
            counts=counts,
            stopped=stopped,
            states=STATES,
            ready=self._server() is not None,
        )

    def new(self, chased: Annotated[Chased, Query()]) -> Response:
        """Whom the list means, in numbers, and what they would read."""
        server = self._server()
        with self._engine.begin() as conn:
            top = root_scope(conn)
            basis = read_basis(conn, narrowed(conn, top, chased.school), self._clock(), top=top)
            plan = choose(conn, chased, self._clock(), server.days_between if server else 1)
        example = text_of(self._example(basis))
        return render(
            "reminders_new.html",
            basis=basis,
            chased=chased,
            plan=plan,
            example=example,
            server=server,
        )

    def queue(self, chased: Annotated[Chased, Form()]) -> Response:
        server, now = self._server(), self._clock()
        if server is None:
            raise WrongForm(_("ยังไม่ได้ตั้งค่าเซิร์ฟเวอร์อีเมล กรุณาติดต่อผู้ดูแลระบบ"))
        with self._engine.begin() as conn:
            plan = choose(conn, chased, now, server.days_between)
            queue.enqueue(conn, plan.due, now, acting())
        return RedirectResponse("/reminders", 303)

    def cancel(self) -> Response:
        """Of what waits, all for people whom the reader may see."""
        with self._engine.begin() as conn:
            queue.cancel(conn, of_scope(reminder, root_scope(conn)), self._clock(), acting())
        return RedirectResponse("/reminders", 303)

    def person(self, uuid: str, do: Annotated[Do, Form()] = "stop") -> Response:
        now = self._clock()
        with self._engine.begin() as conn:
            read_details(conn, read_basis(conn, root_scope(conn), now, uuid=uuid), uuid)
            (stops.stop if do == "stop" else stops.resume)(conn, uuid, now, acting())
        return RedirectResponse("/reminders", 303)

    def link(self, token: str) -> Response:
        self._uuid(token)
        return render("reminders_stop.html", token=token, done=None)

    def stop(self, token: str, do: Annotated[Do, Form()] = "stop") -> Response:
        """A mail program posts `List-Unsubscribe=One-Click` (RFC 8058), the page's form what to do."""
        uuid = self._uuid(token)
        with self._engine.begin() as conn:
            (stops.stop if do == "stop" else stops.resume)(conn, uuid, self._clock(), None)
        return render("reminders_stop.html", token=token, done=do)

    def _uuid(self, token: str) -> str:
        found = person_of(self._settings.secret("reminders"), token)
        if found is None:
            raise NotFound(_("ลิงก์นี้ไม่ถูกต้อง กรุณาเปิดจากอีเมลอีกครั้ง"))
        return found

    def _server(self) -> SmtpSettings | None:
        return self._settings.smtp if self._settings.public_address else None

    def _example(self, basis: Basis) -> Facts:
        address = self._settings.public_address
        missing = [(item.code, item.name_th) for item in basis.items[:2]]
        return Facts("", "…", basis.as_of, missing, f"{address}/", f"{address}{STOP}…")
