"""`thaksa reconcile` as an operator runs it."""

import json
from pathlib import Path

from connector.settings import load
from connector.upgrade import upgrade
from lrs.clock import utc_now
from lrs.database import connect
from tests.connector.pushing import HOME, completed_at_site, open_lab
from tests.connector.test_push import variant
from tests.system.demo import thaksa


def test_reconcile(tmp_path: Path) -> None:
    engine = connect(load(data=tmp_path).database)
    upgrade(engine, utc_now())
    for lab in open_lab(engine):
        lab.push(*completed_at_site(1), *variant("mbox"))
        lab.sync(1)
    engine.dispose()

    printed = thaksa("reconcile", data=tmp_path).stdout
    assert f"moodle {HOME}" in printed
    assert "7 DL106" in printed
    assert "2 pushed completions prove nothing: switch off mbox" in printed
    assert "teacher" not in printed

    (one,) = json.loads(thaksa("reconcile", "moodle", "--json", data=tmp_path).stdout)
    assert sum(course["both"]["count"] for course in one["courses"]) == 135
    assert one["confirmed_to"]

    refused = thaksa("reconcile", "other", data=tmp_path)
    assert refused.returncode == 1
    assert "'other' was never synced: run `thaksa sync other` first" in refused.stderr
