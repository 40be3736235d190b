"""Why competencies are complete or not, for a person's page: explanations, and the reasons in Thai."""

from collections.abc import Mapping

from sqlalchemy import Connection

from connector.report.queries.basis import Basis
from connector.report.words import Words
from lrs.clock import to_micros
from mappings.explain import Explanation, Why, explain
from mappings.explain_known import as_known
from mappings.explain_rows import read_facts
from mappings.times import Times

MOST_TRIED = 5
"""Statements of a competency that the page shows; `thaksa explain` tells all."""

WHYS: Mapping[Why, str] = Words(
    {
        Why.DRAFT: "การเทียบหลักสูตรยังเป็นฉบับร่าง",
        Why.MAPPING_UNKNOWN: "บันทึกการเทียบหลักสูตรภายหลังการประมวลผลครั้งนี้",
        Why.MAPPING_ENDED: "การเทียบหลักสูตรนี้ถูกแทนที่หรือยกเลิกแล้ว",
        Why.MAPPING_DAYS: "การเทียบหลักสูตรไม่มีผลในวันที่รายงาน",
        Why.FRAMEWORK_DAYS: "กรอบสมรรถนะไม่มีผลในวันที่รายงาน",
        Why.NAME_DAYS: "กิจกรรมนี้ไม่ได้แทนหลักสูตรในวันที่รายงาน",
        Why.LEVEL: "ระดับของหลักฐานต่ำกว่าที่กำหนด",
        Why.SCORE: "คะแนนต่ำกว่าเกณฑ์หรือไม่ทราบคะแนน",
        Why.NOT_PASSED: "บันทึกระบุว่าไม่ผ่านหรือยังเรียนไม่จบ",
        Why.VERB: "ยังไม่ใช่บันทึกว่าเรียนสำเร็จ",
        Why.VOIDED: "บันทึกถูกยกเลิกแล้ว",
        Why.ACCOUNT: "บัญชีไม่ได้เชื่อมกับบุคคลนี้",
        Why.LATER: "เกิดขึ้นหลังวันที่รายงาน",
        Why.STORED_LATER: "ได้รับบันทึกภายหลังการประมวลผลครั้งนี้",
    }
)


def read_explanations(conn: Connection, basis: Basis, person_id: int) -> dict[int, Explanation]:
    """Competency's id -> why, at the report's two times; none before progress was computed once."""
    if basis.known_at is None:
        return {}
    times = Times(basis.as_of, to_micros(basis.known_at))
    facts = read_facts(conn, person_id, [one.id for one in basis.items])
    return {id_: explain(as_known(one, times.known_at), times) for id_, one in facts.items()}
