"""The pages of imports: a file is handed in, read, shown before it is applied, and applied or thrown away."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from sqlalchemy import Connection, Engine
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from connector.access.viewer import PAGE, acting, current, sees_all
from connector.imports.desk import Desk
from connector.imports.errors import ImportStateError
from connector.imports.import_files import FULL, PART, READING, STAGED, Brought, ImportFile, find, newest
from connector.imports.kinds import ImportKind, Leaving
from connector.imports.refusals import refusals, refused_csv
from connector.imports.staging import discard
from connector.imports.unit_import import UNITS_KIND
from connector.report.errors import NotFound, WrongForm
from connector.report.page_router import page_router
from connector.report.pages import render
from connector.report.reasons import thai_reason
from connector.report.uploads import read_form
from connector.report.words import Words, _
from lrs.clock import Clock, utc_now
from lrs.database import read_only

STATES = Words(
    {
        "reading": "กำลังอ่านไฟล์",
        "failed": "อ่านไม่สำเร็จ",
        "staged": "รอยืนยัน",
        "applied": "นำเข้าแล้ว",
        "discarded": "ยกเลิกแล้ว",
        "withdrawn": "ถอนคืนแล้ว",
    }
)
COVERAGES = Words(
    {
        PART: "รายชื่อบางส่วน",
        FULL: "รายชื่อครบทั้งหน่วยงาน",
    }
)
MOST_REFUSED = MOST_LEAVING = 200
SECONDS = 2
"""The page of a file that is being read asks again after so long."""


def router_imports(
    engine: Engine, kinds: Mapping[str, ImportKind], folder: Path, mebibytes: int, clock: Clock = utc_now
) -> APIRouter:
    """The routes at /imports. `folder`: where files lie until they are read; `mebibytes`: the most of one."""
    desk = Desk(engine, folder, kinds, clock)

    @asynccontextmanager
    async def lifespan(_app: object) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(desk.close)

    pages = _Pages(engine, desk, kinds, mebibytes, clock)
    return page_router(
        {
            "/imports": pages.imports,
            "/imports/{uuid}": pages.one,
            "/imports/{uuid}/refused.csv": pages.refused,
        },
        {
            "/imports": pages.bring,
            "/imports/{uuid}/apply": pages.apply,
            "/imports/{uuid}/discard": pages.discard,
            "/imports/{uuid}/withdraw": pages.withdraw,
        },
        lifespan=lifespan,
    )


class _Pages:
    def __init__(
        self, engine: Engine, desk: Desk, kinds: Mapping[str, ImportKind], mebibytes: int, clock: Clock
    ) -> None:
        self._engine, self._desk, self._kinds, self._clock = engine, desk, kinds, clock
        self._mebibytes = mebibytes

    def imports(self) -> Response:
        kinds = self._offered()
        with read_only(self._engine).begin() as conn:
            files = newest(conn, list(kinds), unread=True, unit_id=_unit())
        return render(
            "imports.html",
            files=files,
            kinds=kinds,
            states=STATES,
            coverages=COVERAGES,
            mebibytes=self._mebibytes,
            by=_by,
        )

    async def bring(self, request: Request) -> Response:
        """Takes a file; its page says what becomes of it."""
        form = await read_form(request, self._mebibytes)
        try:
            uuid = await run_in_threadpool(self._take, form)
        finally:
            await form.close()
        return _back(uuid)

    def _take(self, form: FormData) -> str:
        file, kind, coverage = (form.get(name) for name in ("file", "kind", "coverage"))
        if not isinstance(file, UploadFile) or not file.filename or not file.size:
            raise WrongForm("กรุณาเลือกไฟล์ที่มีข้อมูล")
        if not isinstance(kind, str) or kind not in self._offered():
            raise WrongForm("กรุณาเลือกประเภทของไฟล์")
        full = coverage == FULL and self._kinds[kind].leaving is not None
        brought = Brought(
            kind, Path(file.filename), acting(), file.filename, FULL if full else PART, unit_id=_unit()
        )
        return self._desk.bring(brought, file.file)

    def _offered(self) -> dict[str, ImportKind]:
        """Units belong to no office."""
        return {name: kind for name, kind in self._kinds.items() if name != UNITS_KIND or sees_all()}

    def one(self, uuid: str, changed: bool = False) -> Response:
        with read_only(self._engine).begin() as conn:
            file = self._find(conn, uuid)
            refused = refusals(conn, file.id, MOST_REFUSED)
            leaving = self._leaving(conn, file)
        return render(
            "import.html",
            file=file,
            kind=self._kinds[file.kind],
            refused=refused,
            leaving=leaving,
            changed=changed,
            reason=thai_reason,
            states=STATES,
            coverages=COVERAGES,
            by=_by,
            seconds=SECONDS if file.state == READING else None,
        )

    def _leaving(self, conn: Connection, file: ImportFile) -> Sequence[Leaving]:
        leaving = self._kinds[file.kind].leaving
        return leaving(conn, file.id, MOST_LEAVING) if leaving and file.state == STAGED else ()

    def refused(self, uuid: str) -> Response:
        """The refused rows, to be corrected and handed in again."""
        with read_only(self._engine).begin() as conn:
            file = self._find(conn, uuid)
        headers = {
            "Content-Disposition": f'attachment; filename="refused-{file.uuid[:8]}.csv"',
            "Cache-Control": "no-store",
        }
        return StreamingResponse(
            self._refused_lines(file.id), media_type="text/csv; charset=utf-8", headers=headers
        )

    def apply(self, uuid: str, seen: Annotated[str, Form()] = "") -> Response:
        """Applies a file; whoever comes second finds it applied."""
        with read_only(self._engine).begin() as conn:
            file = self._find(conn, uuid)
        if file.departed and not seen:
            raise WrongForm("กรุณาตรวจรายชื่อผู้ที่จะออกจากหน่วยงาน แล้วทำเครื่องหมายยืนยันก่อนนำเข้า")
        kind = self._kinds[file.kind]
        try:
            with self._engine.begin() as conn:
                kind.apply(conn, file.id, self._clock(), acting())
        except ImportStateError:
            return self._show_again(file)
        return _back(uuid)

    def _show_again(self, file: ImportFile) -> Response:
        """What a file does now that something has changed since it was checked, or that it is done with."""
        with self._engine.begin() as conn:
            staged = find(conn, file.id).state == STAGED
            if staged:
                self._kinds[file.kind].check(conn, file.id, self._clock())
        return _back(file.uuid, "?changed=1" if staged else "")

    def discard(self, uuid: str) -> Response:
        """Throws a file away, unless somebody applied it meanwhile: its page says which."""
        with suppress(ImportStateError), self._engine.begin() as conn:
            discard(conn, self._find(conn, uuid).id, self._clock(), acting())
        return _back(uuid)

    def withdraw(
        self,
        uuid: str,
        reason: Annotated[str, Form(max_length=500)] = "",
        row: Annotated[str, Form(max_length=10)] = "",
    ) -> Response:
        """Takes an applied file back, or one row of it; who, when and why is kept."""
        with read_only(self._engine).begin() as conn:
            file = self._find(conn, uuid)
        take_back = self._kinds[file.kind].withdraw
        if take_back is None or not reason.strip() or not (row.isdecimal() or not row):
            raise WrongForm("กรุณาระบุเหตุผลที่ถอนคืน และเลขแถวเป็นตัวเลข หรือเว้นว่างเพื่อถอนคืนทั้งไฟล์")
        try:
            with self._engine.begin() as conn:
                take_back(conn, uuid, [int(row)] if row else None, reason.strip(), self._clock(), acting())
        except ImportStateError:
            raise WrongForm("ไม่มีสิ่งที่จะถอนคืน: ไฟล์หรือแถวนี้ไม่ได้นับอยู่แล้ว") from None
        return _back(uuid)

    def _refused_lines(self, import_id: int) -> Iterator[str]:
        with read_only(self._engine).begin() as conn:
            yield from refused_csv(conn, import_id, thai_reason)

    def _find(self, conn: Connection, uuid: str) -> ImportFile:
        with suppress(ImportStateError):
            file = find(conn, uuid)
            if file.kind in self._kinds and (sees_all() or file.unit_id == _unit()):
                return file
        raise NotFound("ไม่พบการนำเข้านี้")


def _unit() -> int | None:
    """Whose files these are: None, of administrators, who see every unit's."""
    viewer = current()
    return None if viewer is None else viewer.unit_id


def _by(who: str | None) -> str:
    return {PAGE: _("หน้าเว็บ"), None: "–"}.get(who, who or "")


def _back(uuid: str, query: str = "") -> Response:
    return RedirectResponse(f"/imports/{uuid}{query}", status_code=303)
