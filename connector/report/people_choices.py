"""What the filters and orders of a list of people are called."""

from connector.report import thai
from connector.report.queries.people_filters import OUTSIDE, UNCLASSIFIED, State
from connector.report.words import Words

STATE_CHOICES = Words(
    {
        State.NOT_FINISHED: "ยังไม่ผ่าน",
        State.COMPLETE: "ผ่านแล้ว",
        State.IN_PROGRESS: "กำลังเรียน",
        State.NOT_STARTED: "ยังไม่เริ่ม",
    }
)
GROUP_CHOICES = Words(
    {
        **{code: thai.group_name(code) for code in thai.GROUPS},
        UNCLASSIFIED: thai.UNCLASSIFIED,
        OUTSIDE: thai.OUTSIDE,
    }
)
SORT_CHOICES = Words(
    {
        "": "ชื่อ",
        "school": "หน่วยงาน",
        "fewest": "ผ่านน้อยข้อที่สุดก่อน",
        "most": "ผ่านมากข้อที่สุดก่อน",
    }
)
