"""Statements of many learners about a few courses."""

from typing import Any
from uuid import uuid4

SITE = "https://moodle.example"
COMPLETED = "http://adlnet.gov/expapi/verbs/completed"
VOIDED = "http://adlnet.gov/expapi/verbs/voided"


def completed(
    learner: int = 1, course: int = 1, title: str = "คอมพิวเตอร์", site: str = SITE, **more: Any
) -> dict[str, Any]:
    """A learner completed a course; a fresh id unless one is given."""
    return {
        "id": str(uuid4()),
        "actor": {"account": {"homePage": site, "name": str(learner)}},
        "verb": {"id": COMPLETED, "display": {"en": "completed"}},
        "object": {
            "id": f"{site}/course/view.php?id={course}",
            "definition": {"name": {"th": title}, "type": "https://w3id.org/xapi/cmi5/activitytype/course"},
        },
        "timestamp": "2026-01-02T03:04:05Z",
        **more,
    }


def voiding(target: str) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "actor": {"account": {"homePage": SITE, "name": "admin"}},
        "verb": {"id": VOIDED},
        "object": {"objectType": "StatementRef", "id": target},
    }
