"""The xAPI Profile (JSON-LD, xAPI Profile Specification 1.0) of the words that statements and mappings use.

Pure. Keyed by `mappings.vocabulary`, which is where the words are: a word of it that is not described here
fails a test. Words of ADL, cmi5, TinCan and others keep their IRIs; here stands how they are used.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mappings import vocabulary as words
from mappings.framework import LearningCategory

Json = dict[str, Any]

PROFILE = f"{words.OURS}profile"
VERSION = f"{PROFILE}/v1"
CONTEXT = "https://w3id.org/xapi/profiles/context"
ACTIVITY_CONTEXT = "https://w3id.org/xapi/profiles/activity-context"
SPECIFICATION = "https://w3id.org/xapi/profiles#1.0"
CATEGORY_TYPE = f"{words.OURS}activity-types/learning-category"
_PUBLISHED = "2026-11-22T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Concept:
    """What a word is called and how it is used; `schema` is a JSON Schema of an extension's value."""

    kind: str
    label_en: str
    label_th: str
    usage: str
    schema: Mapping[str, Any] | None = None

    def json_ld(self, iri: str) -> Json:
        """The concept as the profile has it."""
        found = _entry(iri, self.kind, self.label_en, self.label_th, self.usage)
        return found | ({"inlineSchema": json.dumps(self.schema)} if self.schema else {})


CONCEPTS: Mapping[str, Concept] = {
    words.COMPLETED: Concept(
        "Verb", "completed", "เรียนจบ", "All that a course, activity or certificate asks for is done."
    ),
    words.PASSED: Concept(
        "Verb", "passed", "สอบผ่าน", "A course or assessment was passed. Completes as 'completed'."
    ),
    words.FAILED: Concept("Verb", "failed", "ยังไม่ผ่าน", "Not passed this time. Takes nothing back."),
    words.EARNED: Concept(
        "Verb", "earned", "ได้คะแนน", "A grade so far, which may change. Completes nothing."
    ),
    words.REGISTERED: Concept(
        "Verb", "registered", "ลงทะเบียน", "Enrolled in a course, with nothing done yet."
    ),
    words.UNREGISTERED: Concept(
        "Verb", "unregistered", "ถอนการลงทะเบียน", "Enrolled no more. Takes nothing back."
    ),
    words.PROGRESSED: Concept("Verb", "progressed", "กำลังเรียน", "A course is under way."),
    words.INITIALIZED: Concept("Verb", "initialized", "เริ่มเรียน", "A course was begun."),
    words.ACHIEVED: Concept("Verb", "achieved", "ได้รับ", "A badge was given."),
    words.ATTENDED: Concept(
        "Verb", "attended", "เข้าร่วม", "Took part in an event, which the result's duration gives the hours of."
    ),
    words.VOIDED: Concept(
        "Verb", "voided", "ยกเลิกบันทึก", "The statement that is the object says what is not so."
    ),
    words.COURSE_TYPES[0]: Concept("ActivityType", "course", "หลักสูตร", "A course of a platform."),
    words.COURSE_TYPES[1]: Concept(
        "ActivityType", "course", "หลักสูตร", "A course, as Open edX names the type."
    ),
    words.BADGE: Concept("ActivityType", "badge", "เหรียญตรา", "A badge of a platform."),
    words.EVENT: Concept("ActivityType", "event", "กิจกรรมพัฒนา", "A seminar, a workshop or a coaching."),
    words.CERTIFICATE: Concept(
        "ActivityType",
        "certificate",
        "เกียรติบัตร",
        "A certificate whose course is not known yet. Its IRI does not tell the code.",
    ),
    words.LMS: Concept(
        "ActivityType", "learning management system", "ระบบการเรียน", "The site, as a category of context."
    ),
    CATEGORY_TYPE: Concept(
        "ActivityType", "learning category", "ประเภทการเรียนรู้", "A part of 70:20:10, as a category of context."
    ),
    words.PROGRESS_EXTENSION: Concept(
        "ResultExtension",
        "progress",
        "ความก้าวหน้า",
        "Per cent of the course that is done.",
        {"type": "integer", "minimum": 0, "maximum": 100},
    ),
    words.IMPORT_EXTENSION: Concept(
        "ContextExtension",
        "import",
        "ไฟล์นำเข้า",
        "The file, by its UUID, that the statement was made of.",
        {"type": "string", "format": "uuid"},
    ),
    words.ROW_EXTENSION: Concept(
        "ContextExtension", "row", "แถว", "The row's number in that file.", {"type": "integer", "minimum": 1}
    ),
}


def build_profile(categories: Sequence[LearningCategory], part_types: Iterable[str] = ()) -> Json:
    """The whole profile. `categories` are those of 70:20:10; `part_types` the activity types that platforms
    give the parts of courses.
    """
    known = [concept.json_ld(iri) for iri, concept in CONCEPTS.items()]
    parts = [_part_type(iri).json_ld(iri) for iri in sorted({*part_types} - CONCEPTS.keys())]
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
        "concepts": [*known, *parts, *(_category(each) for each in categories)],
        "templates": _templates(),
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
    labels = {"en": label_en, "th": label_th} if label_th else {"en": label_en}
    return {
        "id": iri,
        "type": kind,
        "inScheme": VERSION,
        "prefLabel": labels,
        "definition": {"en": usage},
    }


def _part_type(iri: str) -> Concept:
    label = iri.rpartition("/")[2].replace("-", " ").replace(".", " ")
    return Concept("ActivityType", label, "", "A part of a course, as its platform names the type.")


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


# ---- what a statement looks like ----------------------------------------------------------------


def _templates() -> list[Json]:
    course, done = words.COURSE_TYPES[0], {"location": "$.result.completion", "all": [True]}
    site = {"location": "$.context.contextActivities.category[*].definition.type", "any": [words.LMS]}
    file = [
        {"location": f"$.context.extensions['{iri}']", "presence": "included"}
        for iri in (words.IMPORT_EXTENSION, words.ROW_EXTENSION)
    ]
    return [
        _template("course-completed", "Course completed", words.COMPLETED, course, [*_ALWAYS, done]),
        _template("course-registered", "Enrolled in a course", words.REGISTERED, course, [*_ALWAYS, site]),
        _template("course-progressed", "Course under way", words.PROGRESSED, course, [*_ALWAYS, site]),
        _template("badge-achieved", "Badge given", words.ACHIEVED, words.BADGE, [*_ALWAYS, done, site]),
        _template("event-attended", "Event attended", words.ATTENDED, words.EVENT, [*_ALWAYS, done, *file]),
        _template(
            "certificate-completed",
            "Certificate",
            words.COMPLETED,
            words.CERTIFICATE,
            [*_ALWAYS, done, *file],
        ),
    ]


# The actor is an account of a platform: no name, no e-mail address.
_ALWAYS: Sequence[Json] = (
    {"location": "$.actor.account.homePage", "presence": "included"},
    {"location": "$.actor.name", "presence": "excluded"},
    {"location": "$.actor.mbox", "presence": "excluded"},
    {"location": "$.timestamp", "presence": "included"},
)


def _template(name: str, label: str, verb: str, object_type: str, rules: Sequence[Json]) -> Json:
    return {
        "id": f"{words.OURS}templates/{name}",
        "type": "StatementTemplate",
        "inScheme": VERSION,
        "prefLabel": {"en": label},
        "definition": {"en": f"{label}: used for each such fact by itself, in no pattern."},
        "allowedSolo": True,
        "verb": verb,
        "objectActivityType": object_type,
        "rules": list(rules),
    }
