"""What a target's answers to a look-up after a conflict mean, at the wire."""

from pathlib import Path

import pytest
import responses
from responses.matchers import query_param_matcher

from connector.forwarding.answers import Answer, Outcome, Reason
from connector.forwarding.letters import Letter
from connector.forwarding.target import Target
from connector.platforms.http import Http
from connector.settings_target import TargetSettings
from lrs.attachments import Folder

ENDPOINT = "https://lrs.example/xapi"
LETTER = Letter(1, "11111111-1111-4111-8111-111111111111", {})


@pytest.mark.parametrize(
    ("first", "second", "meant"),
    [(404, 404, Reason.UNREADABLE), (403, 403, Reason.UNREADABLE), (503, 404, Outcome.LATER)],
)
def test_a_look_up_that_is_put_off_decides_nothing(
    tmp_path: Path, first: int, second: int, meant: Reason | Outcome
) -> None:
    target = Target(
        TargetSettings(endpoint=ENDPOINT, key="key"), "secret", Folder(tmp_path), Http(calls_at_once=1)
    )
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        for name, status in (("statementId", first), ("voidedStatementId", second)):
            wire.get(f"{ENDPOINT}/statements", status=status, match=[query_param_matcher({name: LETTER.id})])
        found = target.compare(LETTER)
    assert (found.outcome if isinstance(found, Answer) else found) is meant
