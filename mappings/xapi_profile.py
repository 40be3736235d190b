"""The xAPI Profile (JSON-LD, xAPI Profile Specification 1.0) of the statements that we write and count.

Pure. Words come from `mappings.vocabulary`. Those of ours are defined here as concepts; those of ADL, cmi5,
TinCan and others belong to other profiles, which a profile must not define again (7.0): statement templates
say how they are used. A word of the vocabulary that is neither fails a test.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from mappings import vocabulary as words
from mappings.framework import LearningCategory
from mappings.xapi_concepts import CATEGORY_TYPE, CONCEPTS, Concept

Json = dict[str, Any]

PROFILE = f"{words.OURS}profile"
VERSION = f"{PROFILE}/v1"
CONTEXT = "https://w3id.org/xapi/profiles/context"
ACTIVITY_CONTEXT = "https://w3id.org/xapi/profiles/activity-context"
SPECIFICATION = "https://w3id.org/xapi/profiles#1.0"
_PUBLISHED = "2026-11-22T00:00:00Z"


def build_profile(categories: Sequence[LearningCategory], part_types: Iterable[str] = ()) -> Json:
    """The whole profile. `categories` are those of 70:20:10; `part_types` the activity types that platforms
    give the parts of courses.
    """
    concepts = [_concept(iri, concept) for iri, concept in CONCEPTS.items()]
    return {
        "@context": CONTEXT,
        "id": PROFILE,
        "type": "Profile",
        "conformsTo": SPECIFICATION,
        "prefLabel": {"en": "Thaksa", "th": "ทักษะ"},
        "definition": {
            "en": "Completions of courses, events and certificates as evidence for digital competencies.",
            "th": "การเรียนจบหลักสูตร กิจกรรม และเกียรติบัตร ที่เป็นหลักฐานของทักษะด้านดิจิทัล",
        },
        "versions": [{"id": VERSION, "generatedAtTime": _PUBLISHED}],
        "author": {"type": "Organization", "name": "Thaksa"},
        "concepts": [*concepts, *(_category(each) for each in categories)],
        "templates": [*_written(), *_part_completed(part_types), *_published(), *_pushed()],
    }


def find_concept(profile: Json, iri: str) -> Json | None:
    """The concept or template of an IRI as JSON-LD of its own; the profile itself under its own IRIs."""
    if iri in (PROFILE, VERSION):
        return profile
    for each in (*profile["concepts"], *profile["templates"]):
        if each["id"] == iri:
            return {"@context": CONTEXT, **each}
    return None


def category_iri(code: str) -> str:
    """The activity that stands for a learning category."""
    return words.own_activity("categories", code)


def _entry(iri: str, kind: str, label_en: str, label_th: str, usage: str) -> Json:
    return {
        "id": iri,
        "type": kind,
        "inScheme": VERSION,
        "prefLabel": {"en": label_en, "th": label_th},
        "definition": {"en": usage},
    }


def _concept(iri: str, concept: Concept) -> Json:
    found = _entry(iri, concept.kind, concept.label_en, concept.label_th, concept.usage)
    return found | ({"inlineSchema": json.dumps(concept.schema)} if concept.schema else {})


def _category(category: LearningCategory) -> Json:
    return {
        "id": category_iri(category.code),
        "type": "Activity",
        "inScheme": VERSION,
        "activityDefinition": {
            "@context": ACTIVITY_CONTEXT,
            "type": CATEGORY_TYPE,
            "name": {"en": f"{category.name_en} ({category.weight})"},
            "description": {"th": category.description_th},
        },
    }


# ---- statement templates: one whose rules change gets another name, and the profile a version ----


COURSE, COURSE_OPENEDX = words.COURSE_TYPES

# The actor is an account of a platform: no name, no e-mail address.
_ALWAYS: tuple[Json, ...] = (
    {"location": "$.actor.account.homePage", "presence": "included"},
    {"location": "$.actor.name", "presence": "excluded"},
    {"location": "$.actor.mbox", "presence": "excluded"},
    {"location": "$.timestamp", "presence": "included"},
)
_DONE: Json = {"location": "$.result.completion", "all": [True]}
_SITE: Json = {"location": "$.context.contextActivities.category[*].definition.type", "any": [words.LMS]}
_FILE: tuple[Json, ...] = tuple(
    {"location": f"$.context.extensions['{iri}']", "presence": "included"}
    for iri in (words.IMPORT_EXTENSION, words.ROW_EXTENSION)
)
_PROGRESS: Json = {
    "location": f"$.result.extensions['{words.PROGRESS_EXTENSION}']",
    "presence": "recommended",
}
_VOIDED: Json = {"location": "$.object.objectType", "all": ["StatementRef"]}


def _written() -> Iterator[Json]:
    """What is written of platforms and of files."""
    done = (*_ALWAYS, _DONE)
    yield _template(
        "course-completed", "Course completed", "เรียนจบหลักสูตร", words.COMPLETED, *done, about=COURSE
    )
    yield _template(
        "course-registered",
        "Enrolled in a course",
        "ลงทะเบียน",
        words.REGISTERED,
        *_ALWAYS,
        _SITE,
        about=COURSE,
    )
    yield _template(
        "course-progressed",
        "Course under way",
        "กำลังเรียน",
        words.PROGRESSED,
        *_ALWAYS,
        _SITE,
        _PROGRESS,
        about=COURSE,
    )
    yield _template(
        "badge-achieved", "Badge given", "ได้รับเหรียญตรา", words.ACHIEVED, *done, _SITE, about=words.BADGE
    )
    yield _template(
        "event-attended", "Event attended", "เข้าร่วมกิจกรรม", words.ATTENDED, *done, *_FILE, about=words.EVENT
    )
    yield _template(
        "certificate-completed",
        "Certificate of an unknown course",
        "เกียรติบัตร",
        words.COMPLETED,
        *done,
        *_FILE,
        about=words.CERTIFICATE,
    )
    yield _template("statement-voided", "Taken back", "ยกเลิกบันทึก", words.VOIDED, *_ALWAYS, _VOIDED)


_REPORTED: tuple[Json, ...] = (
    {"location": "$.actor.objectType", "all": ["Group"]},
    {"location": "$.actor.account.homePage", "all": [words.UNITS]},
    {"location": "$.actor.member", "presence": "excluded"},
    {"location": "$.timestamp", "presence": "included"},
    {"location": "$.result.score.scaled", "presence": "recommended"},
    *(
        {"location": f"$.result.extensions['{iri}']", "presence": "recommended"}
        for iri in (words.PERSONS_EXTENSION, words.COMPLETE_EXTENSION, words.BEGUN_EXTENSION)
    ),
    *(
        {"location": f"$.context.extensions['{iri}']", "presence": "included"}
        for iri in (
            words.MONTH_EXTENSION,
            words.KNOWN_AT_EXTENSION,
            words.FRAMEWORK_EXTENSION,
            words.THRESHOLD_EXTENSION,
        )
    ),
    {"location": "$.context.contextActivities.category[*].id", "any": [VERSION]},
)


def _published() -> Iterator[Json]:
    """What is written of offices, for readers who see no person."""
    yield _template(
        "competency-reported",
        "People of an office who have completed a competency",
        "รายงานทักษะของสำนักงาน",
        words.REPORTED,
        *_REPORTED,
        about=words.COMPETENCY,
    )


def _part_completed(part_types: Iterable[str]) -> Iterator[Json]:
    """What is written of an activity of a course, which has the type that its platform gives it."""
    if types := sorted(part_types):
        kind: Json = {"location": "$.object.definition.type", "any": types}
        found = _template(
            "part-completed",
            "Part of a course completed",
            "เรียนจบกิจกรรมในหลักสูตร",
            words.COMPLETED,
            *_ALWAYS,
            _DONE,
            _SITE,
            kind,
        )
        yield found | {"contextParentActivityType": [COURSE]}


def _pushed() -> Iterator[Json]:
    """What platforms push and mappings may ask for; none of it is written by us."""
    yield _template("course-passed", "Course passed", "สอบผ่าน", words.PASSED, about=COURSE_OPENEDX)
    yield _template(
        "course-failed", "Not passed; takes nothing back", "ยังไม่ผ่าน", words.FAILED, about=COURSE_OPENEDX
    )
    yield _template(
        "grade-earned", "Grade so far; completes nothing", "ได้คะแนน", words.EARNED, about=COURSE_OPENEDX
    )
    yield _template("course-initialized", "Course begun", "เริ่มเรียน", words.INITIALIZED, about=COURSE)
    yield _template(
        "course-unregistered",
        "Enrolled no more; takes nothing back",
        "ถอนการลงทะเบียน",
        words.UNREGISTERED,
        about=COURSE_OPENEDX,
    )


def _template(name: str, label_en: str, label_th: str, verb: str, *rules: Json, about: str = "") -> Json:
    """A template of statements with this verb about an activity of the type `about`."""
    found = _entry(f"{words.OURS}templates/{name}", "StatementTemplate", label_en, label_th, f"{label_en}.")
    found["verb"] = verb
    return (
        found | ({"objectActivityType": about} if about else {}) | ({"rules": list(rules)} if rules else {})
    )
