"""The learners of a Moodle site: everybody enrolled in one of the courses, whatever their role there."""

from collections.abc import Iterator

import structlog

from connector.completion import Learner
from connector.platforms import PlatformError
from connector.platforms.moodle.client import Client
from connector.platforms.moodle.courses import Courses, Row, in_course
from connector.platforms.moodle.errors import MoodleError
from connector.platforms.moodle.functions import ENROLLED
from mappings.people import HashKeys, IdHash

USERS_A_CALL = 500
# Few and small: asked for everything, Moodle takes twice as long and answers seven times as much.
FIELDS = "id,fullname,idnumber,email,username"
NATIONAL_ID_DIGITS = 13

# No right to enter the course: expected of a hidden one, an error for a visible one.
_CLOSED = {"errorcoursecontextnotvalid", "requireloginerror"}

log = structlog.get_logger()


class Accounts:
    """Makes learners of users; a national id goes no further than this: it leaves as its keyed hash."""

    def __init__(self, home_page: str, hash_keys: HashKeys) -> None:
        self._home_page = home_page
        self._hash_keys = hash_keys

    def learner(self, user: Row) -> Learner:
        """Of a user as Moodle tells it; fields that it hides are absent, and so are many empty ones."""
        hashed = self._hash(str(user.get("idnumber") or ""))
        return Learner(
            home_page=self._home_page,
            account_name=str(user["id"]),
            display_name=str(user.get("fullname") or ""),
            id_hmac=hashed.hmac if hashed else None,
            email=str(user.get("email") or ""),
            username=str(user.get("username") or ""),
            id_key=hashed.key if hashed else None,
            id_before=hashed.before if hashed else None,
        )

    def bare(self, account_name: str) -> Learner:
        """An account that is shown no longer."""
        return Learner(self._home_page, account_name, "", None)

    def _hash(self, idnumber: str) -> IdHash | None:
        digits = idnumber.replace("-", "").replace(" ", "")
        if len(digits) != NATIONAL_ID_DIGITS or not (digits.isascii() and digits.isdigit()):
            return None
        return self._hash_keys.hash(digits)


def read_learners(client: Client, courses: Courses, accounts: Accounts) -> dict[int, Learner]:
    """By user id. Raises PlatformError where nobody is visible in any course."""
    found: dict[int, Learner] = {}

    def read(number: int) -> dict[int, Learner]:
        return {int(user["id"]): accounts.learner(user) for user in _enrolled(client, courses.row(number))}

    for learners in client.at_once(read, courses):
        found |= learners
    if len(courses) and not found:
        raise PlatformError(
            f"Moodle at {client.host}: no learner is visible in any of {len(courses)} courses: give "
            "the web service account moodle/user:viewdetails and moodle/course:viewparticipants",
            permanent=True,
        )
    without = sum(learner.id_hmac is None for learner in found.values())
    log.info("moodle learners", courses=len(courses), learners=len(found), without_national_id=without)
    return found


def anybody_active(client: Client, courses: Courses) -> bool | None:
    """Whether somebody is actively enrolled in one of the courses; None: the account may not know."""
    options = {"onlyactive": 1, "userfields": "id", "limitnumber": 1}
    pairs = [{"name": name, "value": value} for name, value in options.items()]
    try:
        return any(client.call(ENROLLED, courseid=number, options=pairs) for number in courses)
    except MoodleError as error:
        if error.code in {"nopermissions", *_CLOSED}:
            return None
        raise


def _enrolled(client: Client, row: Row) -> Iterator[Row]:
    start = 0
    while True:
        options = {"userfields": FIELDS, "sortby": "id", "limitfrom": start, "limitnumber": USERS_A_CALL}
        pairs = [{"name": name, "value": value} for name, value in options.items()]
        try:
            page = client.call(ENROLLED, courseid=row["id"], options=pairs)
        except MoodleError as error:
            if error.code in _CLOSED and not row.get("visible", 1):
                log.info("moodle course skipped", course=row["id"], code=error.code)
                return
            raise in_course(error, row) from error
        yield from page
        if len(page) < USERS_A_CALL:
            return
        # By number, for Moodle pages these in no other way: who moves across a page's edge comes next time.
        start += USERS_A_CALL
