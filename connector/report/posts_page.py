"""The page of posts without a group: people decide about a post once, for all who hold it."""

from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Engine

from connector.access.viewer import acting
from connector.report.errors import WrongForm
from connector.report.form_fields import OUTSIDE, Text, group_of, required
from connector.report.page_router import page_router
from connector.report.pages import render
from connector.report.queries.basis import read_times, root_scope
from connector.report.queries.posts import read_decided_posts, read_open_posts
from connector.report.thai import GROUPS
from lrs.clock import Clock, utc_now
from lrs.database import read_only
from mappings.days import bangkok_day
from mappings.errors import MappingError
from mappings.post_decisions import decide, undo

MOST_POSTS = 200


def router_posts(engine: Engine, clock: Clock = utc_now) -> APIRouter:
    """The routes at /posts."""
    pages = _Pages(engine, clock)
    return page_router(
        {"/posts": pages.posts},
        {"/posts/decisions": pages.decide, "/posts/decisions/{decision_id}/undo": pages.undo},
    )


class _Pages:
    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def posts(self, changed: int | None = None) -> Response:
        now = self._clock()
        with read_only(self._engine).begin() as conn:
            as_of, known_at = read_times(conn, now)
            scope, day = root_scope(conn), bangkok_day(now)
            open_posts, decided = read_open_posts(conn, scope, day), read_decided_posts(conn, scope, day)
        return render(
            "posts.html",
            as_of=as_of,
            known_at=known_at,
            posts=open_posts[:MOST_POSTS],
            total=len(open_posts),
            people=sum(post.people for post in open_posts),
            decided=decided,
            groups=GROUPS,
            outside=OUTSIDE,
            changed=changed,
        )

    def decide(
        self, position: Text, line: Text = "", group: Annotated[str, Form()] = "", reason: Text = ""
    ) -> Response:
        chosen, why = group_of(group), required(reason, "กรุณาระบุเหตุผลหรือเอกสารอ้างอิงของการจัดกลุ่ม")
        with self._engine.begin() as conn:
            try:
                changed = decide(conn, line, position, chosen, why, self._clock(), acting())
            except MappingError:
                raise WrongForm("ไม่มีชื่อตำแหน่ง กรุณาแก้ไขในทะเบียนบุคลากร") from None
        return _back(changed)

    def undo(self, decision_id: int, reason: Text = "") -> Response:
        why = required(reason, "กรุณาระบุเหตุผลที่เลิกใช้")
        with self._engine.begin() as conn:
            try:
                changed = undo(conn, decision_id, why, self._clock(), acting())
            except MappingError:
                raise WrongForm("การจัดกลุ่มนี้ถูกเลิกใช้ไปแล้ว") from None
        return _back(changed)


def _back(changed: int) -> Response:
    return RedirectResponse(f"/posts?changed={changed}", status_code=303)
