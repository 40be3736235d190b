"""A Moodle site of any size, computed: 2,000 learners in 10 courses, a few completions."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from connector.platforms.moodle.functions import (
    CORE,
    COURSE_STATUS,
    COURSES,
    ENROLLED,
    GRADES,
    SITE_INFO,
    USERS_COURSES,
)
from connector.platforms.moodle.replay import Replay
from tests.connector.conftest import TOKEN

HOME = "https://big.example.test"
FIRST_USER, FIRST_COURSE = 1001, 2
DONE_AT = 1795000000


class BigSite(Replay):
    """A context manager, as Replay is. Every `nth` learner has completed every course."""

    def __init__(self, learners: int, courses: int, nth: int) -> None:
        super().__init__(Path(), TOKEN)
        self._users = range(FIRST_USER, FIRST_USER + learners)
        self._courses = range(FIRST_COURSE, FIRST_COURSE + courses)
        self.nth = nth
        self.most = 0

    def _read(self, recording: Path) -> None:
        """There is none."""

    def answer(self, form: Mapping[str, str]) -> tuple[int, str, bytes]:
        """As Moodle would."""
        function = form["wsfunction"]
        self.calls.append(function)
        body = json.dumps(self._body(function, form)).encode()
        self.most = max(self.most, len(body))
        return 200, "application/json", body

    def _body(self, function: str, form: Mapping[str, str]) -> Any:
        if function == SITE_INFO:
            offered = [{"name": name} for name in (SITE_INFO, *CORE, GRADES)]
            return {"siteurl": HOME, "sitename": "big", "functions": offered}
        if function == COURSES:
            return {"courses": [self._course(number) for number in self._courses]}
        if function == ENROLLED:
            return self._enrolled(form)
        if function == USERS_COURSES:
            return [self._standing(int(form["userid"]), number) for number in self._courses]
        if function == COURSE_STATUS:
            return {"completionstatus": {"aggregation": 1, "completions": [{"timecompleted": DONE_AT}]}}
        if function == GRADES:
            users = [int(form["userid"])] if form["userid"] != "0" else self._users
            return {"usergrades": [self._grades(user) for user in users]}
        return {"exception": "x", "errorcode": "invalidrecord", "message": "table external_functions"}

    def is_done(self, user: int) -> bool:
        """Whether this learner has completed the courses."""
        return user % self.nth == 0

    def _course(self, number: int) -> dict[str, Any]:
        return {
            "id": number,
            "shortname": f"C{number}",
            "fullname": f"หลักสูตร {number}",
            "summary": "x" * 5000,
            "enablecompletion": 1,
            "visible": 1,
        }

    def _enrolled(self, form: Mapping[str, str]) -> list[dict[str, Any]]:
        options = {form[f"options[{index}][name]"]: form[f"options[{index}][value]"] for index in range(4)}
        start, limit = int(options["limitfrom"]), int(options["limitnumber"])
        return [
            {
                "id": user,
                "fullname": f"ครู {user}",
                "idnumber": f"{user:013}",
                "email": f"u{user}@example.test",
            }
            for user in self._users[start : start + limit]
        ]

    def _standing(self, user: int, number: int) -> dict[str, Any]:
        done = self.is_done(user)
        return self._course(number) | {
            "completed": done,
            "completionhascriteria": True,
            "progress": 100 if done else user % 90,
            "lastaccess": DONE_AT,
        }

    def _grades(self, user: int) -> dict[str, Any]:
        items = [{"itemtype": "mod", "graderaw": 5, "feedback": "x" * 50} for _ in range(12)]
        total = {"itemtype": "course", "graderaw": 8, "grademin": 0, "grademax": 10}
        return {"userid": user, "gradeitems": [*items, total]}
