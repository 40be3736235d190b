"""The accounts of learners. They are named by their number: a username may be a person's name or e-mail."""

from collections.abc import Collection, Mapping

from connector.completion import Learner
from connector.platforms.openedx.calls import ACCOUNTS
from connector.platforms.openedx.client import Client, Row
from connector.platforms.openedx.errors import OpenEdxError, not_visible

USERNAMES_A_CALL = 50


def read_learners(client: Client, home_page: str, usernames: Collection[str]) -> Mapping[str, Learner]:
    """By username, of at most USERNAMES_A_CALL; ones that are gone are absent."""
    if not usernames:
        return {}
    try:
        rows = client.get(ACCOUNTS, {"username": ",".join(sorted(usernames))})
    except OpenEdxError as error:
        if error.status == 404:
            return {}
        raise
    with client.understanding(ACCOUNTS):
        if any("id" not in row for row in rows):
            raise not_visible(client.host, ACCOUNTS, "show no id: make the application's user staff")
        return {str(row["username"]): _learner(home_page, row) for row in rows}


def _learner(home_page: str, row: Row) -> Learner:
    return Learner(
        home_page=home_page,
        account_name=str(row["id"]),
        display_name=str(row.get("name") or ""),
        id_hmac=None,
        email=str(row.get("email") or ""),
        username=str(row["username"]),
    )


def bare(home_page: str, account_name: str) -> Learner:
    """An account that is shown no longer."""
    return Learner(home_page, account_name, "", None)
