"""The pages of course mappings: which there are, who decided them, and the forms that change them."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection, Engine, Select

from connector.access.rights import may
from connector.access.viewer import current
from connector.report.decider import decider, deciding
from connector.report.errors import WrongForm
from connector.report.form_fields import Text, day_in, required
from connector.report.mapping_form import PROGRESS_VERBS, VERBS, MappingForm, faults, form_of, new_form, said
from connector.report.mapping_words import MODES_SHOWN, STATES, WHY
from connector.report.page_router import page_router
from connector.report.pages import render
from connector.report.queries.gaps import read_gaps
from connector.report.queries.mapping_choices import (
    Choices,
    read_choices,
    read_known_courses,
    read_platforms,
    read_unmapped_courses,
    words_of,
)
from connector.report.queries.mapping_filters import Filters
from connector.report.queries.mappings import (
    MappingShown,
    read_current,
    read_history,
    read_mapping,
    read_mappings,
    read_touched,
)
from connector.report.words import _
from lrs.clock import Clock, utc_now
from lrs.database import read_only
from mappings.belonging import people_of_unit
from mappings.days import bangkok_day
from mappings.errors import DecisionError
from mappings.mapping_decisions import Subject, approve, create, edit, end_on, find_courses, withdraw

CONFLICT = 409


def router_mappings(engine: Engine, clock: Clock = utc_now) -> APIRouter:
    """The routes at /mappings."""
    pages, forms = _Pages(engine, clock), _Forms(engine, clock)
    return page_router(
        {
            "/mappings": pages.listed,
            "/mappings/new": pages.new,
            "/mappings/gaps": pages.gaps,
            "/mappings/{mapping_id}": pages.one,
            "/mappings/{mapping_id}/edit": pages.edit,
        },
        {
            "/mappings": forms.create,
            "/mappings/{mapping_id}/edit": forms.edit,
            "/mappings/{mapping_id}/approve": forms.approve,
            "/mappings/{mapping_id}/end": forms.end,
        },
    )


class _Pages:
    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine, self._clock = read_only(engine), clock

    def listed(self, filters: Annotated[Filters, Query()]) -> Response:
        today = bangkok_day(self._clock())
        with self._engine.begin() as conn:
            found, choices = read_mappings(conn, filters), read_choices(conn, today)
            platforms = read_platforms(conn)
        return render(
            "mappings.html",
            found=found,
            filters=filters,
            versions=choices,
            platforms=platforms,
            today=today,
            states_of_mappings=STATES,
            mode_names=MODES_SHOWN,
        )

    def gaps(self) -> Response:
        with self._engine.begin() as conn:
            found = read_gaps(conn, self._clock())
        return render("mapping_gaps.html", gaps=found, mode_names=MODES_SHOWN)

    def new(self, course: str = "", activity: str = "", title: str = "", framework: str = "") -> Response:
        form = new_form(
            bangkok_day(self._clock()), course=course, activity=activity, title=title, framework=framework
        )
        with self._engine.begin() as conn:
            return self.form(conn, form)

    def edit(self, mapping_id: int) -> Response:
        with self._engine.begin() as conn:
            one = read_mapping(conn, mapping_id)
            form = form_of(one, self.choices(conn, one.framework_id))
            return self.form(conn, form, one)

    def form(
        self,
        conn: Connection,
        form: MappingForm,
        one: MappingShown | None = None,
        wrong: Sequence[str] = (),
        status: int = 200,
    ) -> Response:
        """The form with what was typed. `one`: the version that is changed; None: a new mapping."""
        approved = read_current(conn, one).get("approved", 0) if one else 0
        return render(
            "mapping_form.html",
            status,
            form=form,
            one=one,
            over=form.over or approved,
            wrong=wrong,
            choices=self.choices(conn, form.framework_id()),
            courses=read_known_courses(conn),
            unmapped=read_unmapped_courses(conn),
            verbs=VERBS,
            progress_verbs=PROGRESS_VERBS,
            mode_names=MODES_SHOWN,
        )

    def one(self, mapping_id: int) -> Response:
        with self._engine.begin() as conn:
            return self.shown(conn, mapping_id)

    def shown(
        self, conn: Connection, mapping_id: int, wrong: str = "", typed: MappingForm | None = None
    ) -> Response:
        """The page of a version, with what could not be done on it."""
        one = read_mapping(conn, mapping_id)
        return render(
            "mapping.html",
            CONFLICT if wrong else 200,
            one=one,
            history=read_history(conn, one.course.id),
            current=read_current(conn, one),
            touched=read_touched(conn, one, _people()),
            today=bangkok_day(self._clock()),
            states_of_mappings=STATES,
            mode_names=MODES_SHOWN,
            wrong=wrong,
            typed=typed or MappingForm(),
        )

    def choices(self, conn: Connection, framework_id: int | None) -> Choices:
        """What the form offers, in that version of the framework. Raises WrongForm."""
        choices = read_choices(conn, bangkok_day(self._clock()), framework_id)
        if choices is None:
            raise WrongForm("ยังไม่มีกรอบแนวทางที่ใช้อยู่ กรุณาให้ผู้ดูแลระบบโหลดกรอบแนวทางก่อน")
        return choices


class _Forms:
    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine, self._clock = engine, clock
        self._pages = _Pages(engine, clock)

    def create(self, form: Annotated[MappingForm, Form()]) -> Response:
        return self._save(form, None)

    def edit(self, mapping_id: int, form: Annotated[MappingForm, Form()]) -> Response:
        return self._save(form, mapping_id)

    def approve(
        self, mapping_id: int, by: Text = "", reference: Text = "", over: Annotated[int | None, Form()] = None
    ) -> Response:
        who = decider(by, self._clock())
        written = required(reference, "กรุณาระบุเอกสารอ้างอิงของการอนุมัติ")
        try:
            with self._engine.begin() as conn:
                return _to(approve(conn, mapping_id, written, who, over))
        except DecisionError as error:
            return self._refused(mapping_id, error, MappingForm(by=by, reference=reference))

    def end(
        self,
        mapping_id: int,
        kind: Annotated[str, Form()] = "",
        last_day: Text = "",
        reason: Text = "",
        by: Text = "",
    ) -> Response:
        who, why = decider(by, self._clock()), required(reason, "กรุณาระบุเหตุผล")
        if kind not in ("until", "wrong"):
            raise WrongForm("กรุณาเลือกว่าใช้ถึงวันใด หรือถอนเพราะจับคู่ผิด")
        try:
            with self._engine.begin() as conn:
                if kind == "wrong":
                    withdraw(conn, mapping_id, why, who)
                    return _to(mapping_id)
                day = day_in(required(last_day, "กรุณาระบุวันสุดท้ายที่ใช้"))
                return _to(end_on(conn, mapping_id, day, why, who))
        except DecisionError as error:
            return self._refused(mapping_id, error, MappingForm(by=by, reference=reason, valid_to=last_day))

    def _save(self, form: MappingForm, mapping_id: int | None) -> Response:
        """A draft, approved at once where the form asks so. What was typed comes back with what is wrong."""
        _must_be_a_draft(form)
        form = form.model_copy(update={"by": deciding(form.by)})
        with read_only(self._engine).begin() as conn:
            choices = self._pages.choices(conn, form.framework_id())
            one = None if mapping_id is None else read_mapping(conn, mapping_id)
            if one is not None:
                form = form.model_copy(update={"course": one.course.code})
            if wrong := faults(form, choices):
                return self._pages.form(conn, form, one, wrong, WrongForm.status)
        try:
            with self._engine.begin() as conn:
                return _to(self._decide(conn, form, mapping_id, choices))
        except DecisionError as error:
            return self._refused_form(form, mapping_id, error)

    def _decide(self, conn: Connection, form: MappingForm, mapping_id: int | None, choices: Choices) -> int:
        who, words = decider(form.by, self._clock()), words_of(conn, choices.framework)
        parts = find_courses(conn, form.part_names(), who.now)
        draft = said(form, [part.code for part in parts])
        if mapping_id is None:
            named = (form.course.strip(), form.activity.strip(), form.title.strip())
            subject = Subject(*named, in_parts=bool(parts))
            draft_id = create(conn, subject, draft, words, who)
        else:
            draft_id = edit(conn, mapping_id, draft, words, who)
        if form.then != "approve":
            return draft_id
        return approve(conn, draft_id, form.reference.strip(), who, int(form.over) if form.over else None)

    def _refused_form(self, form: MappingForm, mapping_id: int | None, error: DecisionError) -> Response:
        """The form again, about the version that stands now: saving it once more goes over that one."""
        with read_only(self._engine).begin() as conn:
            one = None if mapping_id is None else self._newest(conn, mapping_id)
            form = form.model_copy(update={"over": ""})
            return self._pages.form(conn, form, one, [WHY[error.why]], CONFLICT)

    def _refused(self, mapping_id: int, error: DecisionError, typed: MappingForm) -> Response:
        with read_only(self._engine).begin() as conn:
            newest = self._newest(conn, mapping_id)
            return self._pages.shown(conn, newest.id, WHY[error.why], typed)

    def _newest(self, conn: Connection, mapping_id: int) -> MappingShown:
        """What stands of its line: the draft, else the approved one, else itself. Raises NotFound."""
        one = read_mapping(conn, mapping_id)
        current = read_current(conn, one)
        return read_mapping(conn, current.get("draft", current.get("approved", mapping_id)))


def _people() -> Select[Any] | None:
    """Whose learning is counted on the page of a version: the viewer's unit's; None: everybody's."""
    viewer = current()
    if viewer is None or viewer.unit_id is None:
        return None
    return people_of_unit(viewer.unit_id)


def _must_be_a_draft(form: MappingForm) -> None:
    """Raises WrongForm for what counts at once, from somebody who may not approve: one more name of a course
    does so too."""
    if may("/mappings/1/approve", "POST"):
        return
    if form.then == "approve":
        raise WrongForm(_("ท่านเสนอร่างได้ ส่วนการอนุมัติต้องเป็นผู้ดูแลระบบหรือผู้ที่ได้รับสิทธิ์อนุมัติ"))
    if form.course.strip() and form.activity.strip():
        raise WrongForm(_("ชื่อใหม่ของหลักสูตรที่มีอยู่แล้วมีผลทันที ต้องให้ผู้มีสิทธิ์อนุมัติเพิ่ม"))


def _to(mapping_id: int) -> Response:
    return RedirectResponse(f"/mappings/{mapping_id}", status_code=303)
