"""Statements for tests."""

from copy import deepcopy
from typing import Any

COMPLETED = "http://adlnet.gov/expapi/verbs/completed"
VOIDED = "http://adlnet.gov/expapi/verbs/voided"
COURSE = "https://moodle.example/course/view.php?id=7"

FULL: dict[str, Any] = {
    "id": "fdb0b6d0-7a1e-4c44-8a3f-3f1c2d3e4f50",
    "actor": {
        "objectType": "Agent",
        "name": "A learner",
        "account": {"homePage": "https://moodle.example", "name": "42"},
    },
    "verb": {"id": COMPLETED, "display": {"en": "completed", "th": "เรียนจบ"}},
    "object": {
        "objectType": "Activity",
        "id": COURSE,
        "definition": {
            "name": {"th": "ความปลอดภัยไซเบอร์", "en": "Cyber safety"},
            "type": "http://adlnet.gov/expapi/activities/course",
            "extensions": {"https://example.org/x": None},
        },
    },
    "result": {
        "success": True,
        "completion": True,
        "score": {"scaled": 0.8, "raw": 80, "min": 0, "max": 100},
        "duration": "PT1H30M",
        "response": "a",
        "extensions": {"https://w3id.org/xapi/cmi5/result/extensions/progress": 75},
    },
    "context": {
        "registration": "3f1c2d3e-7a1e-4c44-8a3f-fdb0b6d04f50",
        "instructor": {"mbox": "mailto:teacher@example.org"},
        "team": {"objectType": "Group", "mbox": "mailto:team@example.org"},
        "contextActivities": {"parent": {"id": "https://moodle.example"}, "category": []},
        "language": "th-TH",
        "platform": "Moodle",
        "revision": "4",
        "statement": {"objectType": "StatementRef", "id": "0b6d0fd1-7a1e-4c44-8a3f-3f1c2d3e4f50"},
    },
    "timestamp": "2026-01-01T10:00:00.000+07:00",
    "attachments": [
        {
            "usageType": "https://example.org/certificate",
            "display": {"en": "Certificate"},
            "contentType": "application/pdf",
            "length": 27,
            "sha2": "495395e777cd98da653df9615d09c0fd6bb2f8d4788394cd53c56a3bfdcd848a",
            "fileUrl": "https://example.org/file.pdf",
        }
    ],
}


def full(**changes: Any) -> dict[str, Any]:
    """The full statement with some properties replaced."""
    return {**deepcopy(FULL), **changes}


def simple(name: str = "42", course: int = 7, **changes: Any) -> dict[str, Any]:
    """The least that a course's completion can say."""
    return {
        "actor": {"account": {"homePage": "https://moodle.example", "name": name}},
        "verb": {"id": COMPLETED},
        "object": {"id": f"https://moodle.example/course/view.php?id={course}"},
        **changes,
    }


def voiding(target: str, **changes: Any) -> dict[str, Any]:
    """A statement that voids another."""
    return {
        "actor": {"mbox": "mailto:admin@example.org"},
        "verb": {"id": VOIDED},
        "object": {"objectType": "StatementRef", "id": target},
        **changes,
    }
