"""Whose accounts e-mail addresses are: for people whose accounts no course has shown yet."""

from collections.abc import Iterator, Sequence
from typing import Any

from connector.completion import Learner
from connector.platforms.openedx.calls import EMAILS
from connector.platforms.openedx.client import Client
from connector.platforms.openedx.errors import OpenEdxError, not_visible

EMAILS_A_CALL = 100


def find_by_email(client: Client, home_page: str, emails: Sequence[str]) -> Iterator[Learner]:
    """The accounts that there are, in the order of the addresses' batches."""
    batches = [emails[start : start + EMAILS_A_CALL] for start in range(0, len(emails), EMAILS_A_CALL)]
    for rows in client.at_once(lambda batch: _ask(client, batch), batches):
        with client.understanding(EMAILS):
            yield from [_learner(home_page, row) for row in rows]


def _ask(client: Client, emails: Sequence[str]) -> Any:
    try:
        return client.post(EMAILS, {"emails": list(emails)})
    except OpenEdxError as error:
        if error.status in (403, 404):
            remedy = (
                "is refused: make the application's user staff of the whole site, or leave look_up_emails out"
            )
            raise not_visible(client.host, EMAILS, remedy) from None
        raise


def _learner(home_page: str, row: Any) -> Learner:
    return Learner(
        home_page,
        account_name=str(row["id"]),
        display_name="",
        id_hmac=None,
        email=str(row["email"]),
        username=str(row["username"]),
    )
