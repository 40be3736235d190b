"""The doctor: what is missing is found, also what is missing without a word, in few calls."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from connector.cli import app
from connector.cli_platform import table
from connector.platforms import DOCTORS, PLATFORMS, Check, PlatformError, Reading, Verdict
from connector.platforms.moodle.client import Client
from connector.platforms.moodle.doctor import READ, MoodleDoctor
from connector.platforms.moodle.functions import (
    ACTIVITIES,
    BADGES,
    CAPABILITIES,
    CHANGES,
    COURSE_STATUS,
    COURSES,
    ENROLLED,
    GRADES,
    SITE_INFO,
    TOTALS,
    USERS_COURSES,
    VIEW_COURSE,
)
from connector.platforms.moodle.probes import (
    ALL_GRADES,
    COMPLETION,
    DETAILS,
    EMAIL,
    ENROLMENTS,
    IDNUMBER,
    MODULES,
    PARTICIPANTS,
    PROGRESS,
    USER_REPORT,
)
from connector.platforms.moodle.replay import Replay
from connector.settings import write_secret
from tests.connector.conftest import ERRORS, FIXTURES, TOKEN
from tests.connector.test_moodle_changes import TOTALS_OF_ALL, site
from tests.connector.test_moodle_sweep import answer_probes

ALL = Reading(activities=True, badges=True)


def examine(replay: Replay, reading: Reading | None = None) -> dict[str, Check]:
    replay.calls.clear()
    doctor = MoodleDoctor(Client(replay.url, TOKEN, sleep=lambda _: None), reading or Reading())
    return {check.what: check for check in doctor.examine()}


def refusal(function: str, case: str) -> Any:
    return json.loads(ERRORS[function, case]["body"])


NO_RIGHT = refusal(ENROLLED, "missing_cap_enrolreview_onlyactive")


def withdraw(replay: Replay, *functions: str) -> None:
    """The service has these functions no more."""
    info = replay.recorded(SITE_INFO, {})
    info["functions"] = [one for one in info["functions"] if one["name"] not in functions]
    replay.put(SITE_INFO, {}, info)
    replay.forget(*functions)


def in_every_course(replay: Replay, function: str, change: Callable[[Any], Any], **params: object) -> None:
    for course in range(2, 11):
        key = {"courseid": course, **params}
        replay.put(function, key, change(replay.recorded(function, key)))


def of_every_learner(replay: Replay, function: str, change: Callable[[Any], Any]) -> None:
    for user in range(3, 64):
        replay.put(function, {"userid": user}, change(replay.recorded(function, {"userid": user})))


def lose_course_view(replay: Replay) -> None:
    courses = replay.recorded(COURSES, {})
    keep = ("id", "shortname", "fullname")
    courses["courses"] = [{name: row[name] for name in keep} for row in courses["courses"]]
    replay.put(COURSES, {}, courses)


def lose_course_entry(replay: Replay) -> None:
    in_every_course(replay, ENROLLED, lambda _: refusal(ENROLLED, "missing_capabilities"))


def lose_participants(replay: Replay) -> None:
    in_every_course(replay, ENROLLED, lambda _: NO_RIGHT)


def lose_participants_of_learners(replay: Replay) -> None:
    of_every_learner(replay, USERS_COURSES, lambda _: [])


def lose_details(replay: Replay) -> None:
    in_every_course(replay, ENROLLED, lambda _: [])


def lose_field(name: str) -> Callable[[Replay], None]:
    def lose(replay: Replay) -> None:
        in_every_course(
            replay, ENROLLED, lambda rows: [{key: row[key] for key in row if key != name} for row in rows]
        )

    return lose


def lose_enrolments(replay: Replay) -> None:
    answer_probes(replay, NO_RIGHT)


def lose_completion(replay: Replay) -> None:
    of_every_learner(replay, USERS_COURSES, lambda rows: [row | {"completed": None} for row in rows])


def lose_user_report(replay: Replay) -> None:
    in_every_course(replay, GRADES, lambda _: NO_RIGHT, userid=0)


def lose_all_grades(replay: Replay) -> None:
    hidden = NO_RIGHT | {"errorcode": "nopermissiontoviewgrades"}
    in_every_course(replay, GRADES, lambda _: hidden, userid=0)


def lose_progress(replay: Replay) -> None:
    for user in range(3, 64):
        in_every_course(
            replay, ACTIVITIES, lambda _: refusal(ACTIVITIES, "missing_cap_report_progress"), userid=user
        )


def lose_module(name: str) -> Callable[[Replay], None]:
    def lose(replay: Replay) -> None:
        for user in range(3, 64):
            in_every_course(replay, ACTIVITIES, without, userid=user)

    def without(answer: Any) -> Any:
        if "statuses" not in answer:
            return answer
        return answer | {"statuses": [row for row in answer["statuses"] if row["modname"] != name]}

    return lose


@pytest.mark.parametrize(
    ("lose", "right", "verdict", "says"),
    [
        (lose_course_view, VIEW_COURSE, Verdict.MISSING, "without their settings"),
        (lose_course_entry, VIEW_COURSE, Verdict.MISSING, "a call is refused: allow it in the role"),
        (lose_participants, PARTICIPANTS, Verdict.MISSING, "a call is refused"),
        (lose_participants_of_learners, PARTICIPANTS, Verdict.MISSING, "no course of theirs is shown"),
        (lose_details, DETAILS, Verdict.MISSING, "no learner is shown in DL101, DL102, DL103"),
        (lose_field("idnumber"), IDNUMBER, Verdict.MISSING, "allow moodle/user:viewalldetails"),
        (lose_field("email"), EMAIL, Verdict.OPTIONAL, "with email among the identity fields"),
        (lose_enrolments, ENROLMENTS, Verdict.OPTIONAL, "a call is refused"),
        (lose_completion, COMPLETION, Verdict.MISSING, "completion is hidden"),
        (lose_user_report, USER_REPORT, Verdict.OPTIONAL, "a call is refused"),
        (lose_all_grades, ALL_GRADES, Verdict.OPTIONAL, "a call is refused"),
        (lose_progress, PROGRESS, Verdict.MISSING, "a call is refused"),
        (lose_module("quiz"), MODULES, Verdict.MISSING, "allow mod/quiz:view in the role"),
        # Not asked for by the course: only the progress shows that it is missing.
        (
            lose_module("h5pactivity"),
            MODULES,
            Verdict.MISSING,
            "activities of DL101 are missing from its list",
        ),
    ],
    ids=lambda value: value.__name__ if callable(value) else None,
)
def test_each_right_that_is_missing_is_found(
    replay: Replay, lose: Callable[[Replay], None], right: str, verdict: Verdict, says: str
) -> None:
    whole = examine(replay, ALL)
    assert whole[right].verdict is Verdict.OK
    lose(replay)
    found = examine(replay, ALL)
    assert found[right].verdict is verdict
    assert says in found[right].remedy
    # What is there is not called missing because of it; it may be that it cannot be tried.
    others = {name for name, check in found.items() if check.verdict in (Verdict.MISSING, Verdict.OPTIONAL)}
    assert others == {right, CHANGES, TOTALS}


def test_a_healthy_account_costs_few_calls(replay: Replay) -> None:
    found = examine(replay)
    assert not [check for check in found.values() if check.verdict is Verdict.MISSING]
    assert found[CHANGES].remedy.startswith("install the plugin local_thaksa")
    assert len(replay.calls) <= 7
    examine(replay, ALL)
    assert len(replay.calls) <= 10


@pytest.mark.parametrize("function", [COURSES, ENROLLED, USERS_COURSES, COURSE_STATUS, ACTIVITIES, BADGES])
def test_each_function_that_is_missing_is_found(replay: Replay, function: str) -> None:
    withdraw(replay, function)
    found = examine(replay, ALL)
    assert found[function] == Check(function, Verdict.MISSING, "add it to the service")
    assert {name for name, check in found.items() if check.verdict is Verdict.MISSING} == {function}


def test_grades_can_be_done_without(replay: Replay) -> None:
    withdraw(replay, GRADES)
    assert examine(replay)[GRADES].verdict is Verdict.OPTIONAL
    not_wanted = examine(replay, Reading(grades=False))
    assert {not_wanted[name].verdict for name in (GRADES, USER_REPORT, ALL_GRADES)} == {Verdict.NOT_NEEDED}


def test_every_function_and_capability_that_is_used_is_reported(replay: Replay) -> None:
    reported = examine(replay).keys()
    assert CAPABILITIES.keys() <= reported
    assert {name for names in CAPABILITIES.values() for name in names} <= reported


def test_the_plugin_needs_little(replay: Replay) -> None:
    with site("before") as running:
        found = examine(running)
        assert running.calls == [SITE_INFO, TOTALS]
    needed = {name for name, check in found.items() if check.verdict is not Verdict.NOT_NEEDED}
    assert needed == {SITE_INFO, CHANGES, TOTALS, "webservice/rest:use", READ, VIEW_COURSE}
    assert {found[name].verdict for name in needed} == {Verdict.OK}


def test_a_plugin_that_may_not_be_read_or_shows_nothing() -> None:
    with site("before") as running:
        running.put(TOTALS, TOTALS_OF_ALL, running.recorded(TOTALS, TOTALS_OF_ALL) | {"courses": []})
        assert examine(running)[VIEW_COURSE].verdict is Verdict.MISSING
        running.put(TOTALS, TOTALS_OF_ALL, NO_RIGHT)
        found = examine(running)
        assert found[READ].verdict is Verdict.OPTIONAL
        # Core functions are tried then, and they will do.
        assert found[PARTICIPANTS].verdict is Verdict.OK
        withdraw(running, CHANGES)
        found = examine(running)
        assert (found[CHANGES].remedy, found[TOTALS].verdict) == ("add it to the service", Verdict.OK)


def test_a_site_without_courses_or_learners_cannot_be_judged(replay: Replay) -> None:
    courses = replay.recorded(COURSES, {})
    replay.put(COURSES, {}, courses | {"courses": courses["courses"][:1]})
    found = examine(replay)
    assert found[PARTICIPANTS].verdict is Verdict.UNKNOWN
    assert "then check again" in found[PARTICIPANTS].remedy
    assert not [check for check in found.values() if check.verdict is Verdict.MISSING]


def test_a_site_that_does_not_answer_is_an_error(replay: Replay) -> None:
    replay.maintenance = True
    with pytest.raises(PlatformError, match="maintenance"):
        examine(replay)


def test_every_doctor_is_of_a_kind_of_platform() -> None:
    assert "moodle" in DOCTORS
    assert DOCTORS.keys() <= PLATFORMS.keys()


@pytest.mark.parametrize(
    ("golden", "lost"),
    [
        ("doctor-healthy.txt", ()),
        ("doctor-poor.txt", (lose_details,)),
        ("doctor-silent.txt", (lose_completion, lose_field("idnumber"))),
    ],
)
def test_the_table_as_it_is_printed(replay: Replay, golden: str, lost: Any) -> None:
    for lose in lost:
        lose(replay)
    if lost:
        withdraw(replay, GRADES, COURSE_STATUS)
    checks = list(examine(replay, Reading(activities=True)).values())
    printed = Console(file=StringIO(), width=100)
    printed.print(table("moodle-lab", checks))
    assert isinstance(printed.file, StringIO)
    assert printed.file.getvalue() == (FIXTURES / golden).read_text(encoding="utf-8")


@pytest.fixture
def data(tmp_path: Path, replay: Replay) -> Path:
    (tmp_path / "thaksa.toml").write_text(
        f'[platforms.lab]\nkind = "moodle"\nurl = "{replay.url}"\n', encoding="utf-8"
    )
    write_secret(tmp_path / "secrets" / "lab.token", TOKEN)
    return tmp_path


def run(*args: str, data: Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["platform", *args, "--data", str(data)])
    return result.exit_code, result.output


def test_the_command_checks_a_platform(data: Path, replay: Replay) -> None:
    code, output = run("check", "lab", data=data)
    assert code == 0
    assert "All that is needed is there." in output
    assert TOKEN not in output
    lose_details(replay)
    code, output = run("check", "lab", data=data)
    assert code == 1
    assert "1 missing" in output
    assert not (data / "thaksa.db").exists()


def test_the_command_lists_platforms(
    data: Path, tmp_path_factory: pytest.TempPathFactory, replay: Replay
) -> None:
    assert run("list", data=data) == (0, f"lab: moodle at {replay.url}\n")
    code, output = run("list", data=tmp_path_factory.mktemp("empty"))
    assert code == 0
    assert output.startswith("No platform is set: add [platforms.NAME] to ")


def test_a_name_that_is_not_in_the_settings(data: Path) -> None:
    result = CliRunner().invoke(app, ["platform", "check", "elsewhere", "--data", str(data)])
    assert result.exit_code == 1
    assert "platform 'elsewhere' is not in the settings (known: lab)" in str(result.exception)
