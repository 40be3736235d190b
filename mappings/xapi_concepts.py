"""The concepts of our xAPI Profile: what the words that are ours are called and how they are used (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mappings import vocabulary as words

CATEGORY_TYPE = f"{words.OURS}activity-types/learning-category"


@dataclass(frozen=True, slots=True)
class Concept:
    """What a word is called and how it is used; `schema` is a JSON Schema of an extension's value."""

    kind: str
    label_en: str
    label_th: str
    usage: str
    schema: Mapping[str, Any] | None = None


_COUNT = {"type": "integer", "minimum": 0}

CONCEPTS: Mapping[str, Concept] = {
    words.REPORTED: Concept(
        "Verb",
        "reported",
        "รายงาน",
        "An office, as a Group, reports how many of its people have completed a competency. Never about a "
        "person.",
    ),
    words.COMPETENCY: Concept(
        "ActivityType", "competency", "ทักษะ", "A competency of one version of a framework."
    ),
    words.PERSONS_EXTENSION: Concept(
        "ResultExtension", "persons", "จำนวนคน", "Of how many people the competency is asked.", _COUNT
    ),
    words.COMPLETE_EXTENSION: Concept(
        "ResultExtension", "complete", "ผ่านแล้ว", "How many of them have completed it.", _COUNT
    ),
    words.BEGUN_EXTENSION: Concept(
        "ResultExtension", "in progress", "กำลังเรียน", "How many of the others have begun.", _COUNT
    ),
    words.MONTH_EXTENSION: Concept(
        "ContextExtension",
        "month",
        "เดือน",
        "The month that is reported; counted is at the end of its last day in Bangkok, the timestamp.",
        {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"},
    ),
    words.KNOWN_AT_EXTENSION: Concept(
        "ContextExtension",
        "known at",
        "ตามที่ทราบเมื่อ",
        "What was known at that moment was counted.",
        {"type": "string", "format": "date-time"},
    ),
    words.FRAMEWORK_EXTENSION: Concept(
        "ContextExtension",
        "framework",
        "กรอบสมรรถนะ",
        "Code and version of the framework, with a space between.",
        {"type": "string"},
    ),
    words.THRESHOLD_EXTENSION: Concept(
        "ContextExtension",
        "hidden below",
        "ปิดบังจำนวนที่น้อยกว่า",
        "Counts of fewer people are left out, and those that would give them away.",
        {"type": "integer", "minimum": 0},
    ),
    words.CERTIFICATE: Concept(
        "ActivityType",
        "certificate",
        "เกียรติบัตร",
        "A certificate whose course is not known yet. Its IRI does not tell the code.",
    ),
    CATEGORY_TYPE: Concept(
        "ActivityType", "learning category", "ประเภทการเรียนรู้", "A part of 70:20:10, as a category of context."
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
