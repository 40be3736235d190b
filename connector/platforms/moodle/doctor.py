"""Examines what the web service account of a Moodle may do, and what is missing without a word.

Moodle refuses some calls for want of a capability, and answers others with less: without
moodle/user:viewdetails a list is empty, without mod/quiz:view a course has no quizzes. A few calls about one
course and some of its learners tell. The companion plugin needs one capability in place of most of these.
"""

from collections.abc import Collection, Sequence

from connector.platforms import Check, Reading, Verdict
from connector.platforms.moodle.client import Client
from connector.platforms.moodle.courses import SITE_COURSE
from connector.platforms.moodle.errors import MoodleError
from connector.platforms.moodle.functions import (
    ACTIVITIES,
    BADGES,
    CONTENTS,
    CORE,
    COURSES,
    ENROLLED,
    GRADES,
    PLUGIN,
    REST,
    SITE_INFO,
    TOTALS,
    USERS_COURSES,
    VIEW_COURSE,
    VIEW_HIDDEN,
)
from connector.platforms.moodle.probes import (
    ALL_GRADES,
    GROUPS,
    HIDDEN_ACTIVITIES,
    MODULES,
    PROGRESS,
    RIGHTS,
    USER_REPORT,
    Probes,
)

READ = "local/thaksa:read"

FUNCTIONS = (SITE_INFO, *PLUGIN, *CORE, GRADES, ACTIVITIES, CONTENTS, BADGES)
_ORDER = (*FUNCTIONS, REST, READ, *RIGHTS)

_ADD = "add it to the service"
_INSTALL = "install the plugin local_thaksa: then two calls tell that nothing has changed"
_ALLOW = "allow it in the role of the web service account"
_UNTRIED = {
    HIDDEN_ACTIVITIES: f"hidden activities are missing from lists without it: {_ALLOW}",
    GROUPS: f"courses with separate groups show nobody without it: {_ALLOW}",
}
_UNTRIED_FOR_LACK = "not tried: mend the rest, then check again"


class MoodleDoctor:
    """Of one site (connector.platforms.Doctor)."""

    def __init__(self, client: Client, reading: Reading) -> None:
        self._client = client
        self._reading = reading

    def examine(self) -> Sequence[Check]:
        """Functions, then rights."""
        info = self._client.call(SITE_INFO)
        offered = {str(function["name"]) for function in info["functions"]}
        found = {name: Check(name, Verdict.OK) for name in (SITE_INFO, REST)}
        by_plugin = self._plugin(offered, found)
        self._functions(offered, by_plugin, found)
        if not by_plugin and offered.issuperset((COURSES, ENROLLED, USERS_COURSES)):
            self._probe(offered, found)
        for name in _ORDER:
            found.setdefault(name, self._default(name, by_plugin))
        return [found[name] for name in _ORDER]

    def _plugin(self, offered: Collection[str], found: dict[str, Check]) -> bool:
        """Whether it answers. It is optional, all of it: there is the other way."""
        missing = [name for name in PLUGIN if name not in offered]
        for name in PLUGIN:
            remedy = _INSTALL if len(missing) == len(PLUGIN) else _ADD
            found[name] = (
                Check(name, Verdict.OPTIONAL, remedy) if name in missing else Check(name, Verdict.OK)
            )
        if missing:
            return False
        try:
            courses = self._client.call(TOTALS, include={"activities": False})["courses"]
        except MoodleError as error:
            if error.code != "nopermissions":
                raise
            found[READ] = Check(READ, Verdict.OPTIONAL, f"the plugin refuses: {_ALLOW}")
            return False
        found[READ] = Check(READ, Verdict.OK)
        found[VIEW_COURSE] = Check(VIEW_COURSE, Verdict.OK)
        if not courses:
            why = f"the plugin shows no course that tracks completion: {_ALLOW}"
            found[VIEW_COURSE] = Check(VIEW_COURSE, Verdict.MISSING, why)
        return True

    def _functions(self, offered: Collection[str], by_plugin: bool, found: dict[str, Check]) -> None:
        for name in FUNCTIONS:
            if name in found:
                continue
            if not self._is_wanted(name, by_plugin):
                found[name] = Check(name, Verdict.NOT_NEEDED)
            elif name in offered:
                found[name] = Check(name, Verdict.OK)
            else:
                verdict = Verdict.OPTIONAL if name == GRADES else Verdict.MISSING
                found[name] = Check(name, verdict, _ADD)

    def _is_wanted(self, name: str, by_plugin: bool) -> bool:
        """Whether a function or right is of use, as the platform is to be read."""
        if name == BADGES:
            return self._reading.badges
        if name == CONTENTS:
            return self._reading.activities
        if by_plugin and name != READ:
            return False
        if name in (GRADES, USER_REPORT, ALL_GRADES):
            return self._reading.grades
        if name in (ACTIVITIES, PROGRESS, MODULES, HIDDEN_ACTIVITIES):
            return self._reading.activities
        # Hidden courses are not read: Moodle shows them to nobody whose completions count.
        return name != VIEW_HIDDEN

    def _probe(self, offered: Collection[str], found: dict[str, Check]) -> None:
        rows = [row for row in self._client.call(COURSES)["courses"] if row["id"] != SITE_COURSE]
        wanted = [name for name in (GRADES, ACTIVITIES) if self._is_wanted(name, False) and name in offered]
        probes = Probes(self._client, wanted)
        probes.courses(rows)
        for name, check in probes.found.items():
            found.setdefault(name, check)

    def _default(self, name: str, by_plugin: bool) -> Check:
        """Of what nothing was found out."""
        if not self._is_wanted(name, by_plugin) or (name == READ and not by_plugin):
            return Check(name, Verdict.NOT_NEEDED)
        return Check(name, Verdict.UNKNOWN, _UNTRIED.get(name, _UNTRIED_FOR_LACK))
