"""The calls of Open edX that are made. Paths as in edx-platform; the parts in braces are quoted."""

from typing import NamedTuple


class Call(NamedTuple):
    """What messages call it, and where it is."""

    name: str
    path: str


TOKEN = Call("the access token", "/oauth2/access_token")
COURSES = Call("courses", "/api/courses/v1/courses/")
GRADES = Call("grades", "/api/grades/v1/courses/{course}/")
ENROLMENTS = Call("enrolments", "/api/enrollment/v1/enrollments")
# Usernames stand in these two addresses: the platform offers no other way. Errors never repeat an address.
ACCOUNTS = Call("accounts", "/api/user/v1/accounts")
CERTIFICATE = Call("certificates", "/api/certificates/v0/certificates/{username}/courses/{course}/")
# Of staff alone: to others the address does not exist.
EMAILS = Call("e-mail look-up", "/api/user/v1/accounts/search_emails")
