"""Statements of a course platform, of about 1.2 kB: 2,000 actors, 50 activities."""

import random
from typing import Any
from uuid import uuid4

import orjson

SITE = "https://learn.example.org"
ACTORS, ACTIVITIES, BODIES = 2000, 50, 4000
ID = b"00000000-0000-4000-8000-000000000000"


def statements() -> list[bytes]:
    """Statements of a course platform, each with a placeholder for its id."""
    chance = random.Random(1)  # noqa: S311 - the same load at every run
    return [orjson.dumps(statement(chance)) for _ in range(BODIES)]


def statement(chance: random.Random) -> dict[str, Any]:
    """One of about 1.2 kB."""
    course = chance.randrange(ACTIVITIES)
    return {
        "id": ID.decode(),
        "actor": {
            "objectType": "Agent",
            "account": {"homePage": SITE, "name": f"{chance.randrange(ACTORS)}"},
        },
        "verb": {
            "id": "http://adlnet.gov/expapi/verbs/completed",
            "display": {"en": "completed", "th": "เรียนจบ"},
        },
        "object": {
            "objectType": "Activity",
            "id": f"{SITE}/course/view.php?id={course}",
            "definition": {
                "type": "http://adlnet.gov/expapi/activities/course",
                "name": {"th": f"หลักสูตรทักษะดิจิทัล รุ่นที่ {course}", "en": f"Digital skills {course}"},
                "description": {"en": "What it takes to work safely and well with digital tools."},
            },
        },
        "result": {
            "completion": True,
            "success": True,
            "score": {"scaled": chance.random(), "raw": chance.randrange(100), "min": 0, "max": 100},
            "duration": f"PT{chance.randrange(1, 9)}H{chance.randrange(60)}M",
        },
        "context": {
            "registration": str(uuid4()),
            "platform": "Moodle",
            "language": "th",
            "contextActivities": {
                "grouping": [
                    {"id": SITE, "definition": {"type": "http://id.tincanapi.com/activitytype/lms"}}
                ],
                "category": [
                    {
                        "id": "http://moodle.org",
                        "definition": {"type": "http://id.tincanapi.com/activitytype/source"},
                    }
                ],
            },
            "extensions": {
                "https://learn.example.org/event": {
                    "name": "\\core\\event\\course_completed",
                    "id": chance.randrange(10**9),
                }
            },
        },
        "timestamp": f"2026-01-{chance.randrange(10, 30)}T{chance.randrange(10, 24)}:00:00.000+07:00",
    }


def batch(bodies: list[bytes], size: int) -> bytes:
    """A request's body, each statement under a new id."""
    some = [body.replace(ID, str(uuid4()).encode(), 1) for body in random.sample(bodies, size)]
    return some[0] if size == 1 else b"[" + b",".join(some) + b"]"


def average_octets(bodies: list[bytes]) -> int:
    """Of a body."""
    return sum(map(len, bodies)) // len(bodies)
