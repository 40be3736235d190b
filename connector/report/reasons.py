"""Why rows and files are refused, in the reader's language: for pages, and for files of refused rows.

The readers say it in English. A reason without a translation is shown as it is.
"""

import re

from connector.report.words import THAI, language

_FORM = "เขียนเป็น 5/7/2567, 5 ก.ค. 2567 หรือ 2024-07-05"
_WRONG_COLUMN = "เหมือนเลขประจำตัวประชาชน อาจอยู่ผิดคอลัมน์"
_ONE_WRONG = "ตรวจว่าค่าใดผิด"

_REASONS = {
    r"must not be empty": "ต้องไม่ว่าง",
    r"must not be empty: nothing else in the row says who it is": "ต้องไม่ว่าง ไม่มีข้อมูลอื่นในแถวที่ระบุตัวบุคคล",
    r"must not be empty where there is a last day": "ต้องระบุวันเริ่มใช้เมื่อมีวันเลิกใช้",
    r"is after the last day": "วันเริ่มใช้อยู่หลังวันเลิกใช้",
    r"must be one of (.+)": "ต้องเป็นค่าใดค่าหนึ่งใน {1}",
    r"must be empty or one of (.+)": "ต้องว่างหรือเป็นค่าใดค่าหนึ่งใน {1}",
    r"is in an earlier row already": "ซ้ำกับแถวก่อนหน้า",
    r"an earlier row means the same person": "แถวก่อนหน้าเป็นบุคคลเดียวกัน",
    r"row (\d+) is about the same person: one row a person": "ซ้ำกับบุคคลในแถวที่ {1} ให้มีคนละหนึ่งแถว",
    r"another row has this name at this unit, and this one has no id": (
        "มีชื่อซ้ำในหน่วยงานเดียวกัน และแถวนี้ไม่มีเลขประจำตัว"
    ),
    r"several people at this unit have this name: give an id": ("ในหน่วยงานนี้มีผู้ใช้ชื่อนี้หลายคน กรุณาระบุเลขประจำตัว"),
    r"no unit has this code or name today, or several have": "ไม่มีหน่วยงานที่ใช้รหัสหรือชื่อนี้ในวันนี้ หรือมีหลายแห่ง",
    r"this unit, or one above it, has a parent that does not exist": "ไม่พบต้นสังกัดของหน่วยงานนี้หรือของต้นสังกัด",
    r"the unit would lie within itself": "หน่วยงานจะสังกัดตัวเอง",
    r"is a day that is still to come|is a day that has not come yet": "เป็นวันที่ยังมาไม่ถึง",
    r"differs from that of the person whom the row's other ids mean: .+": (
        f"ไม่ตรงกับบุคคลที่ข้อมูลอื่นในแถวระบุ {_ONE_WRONG}"
    ),
    r"belongs to another person.*": f"เป็นของบุคคลอื่น {_ONE_WRONG}",
    r"this person was erased on request: leave the row out": "บุคคลนี้ขอลบข้อมูลแล้ว กรุณานำแถวนี้ออก",
    r"nobody on the rosters is known by this": "ไม่พบบุคคลนี้ในทะเบียน กรุณานำเข้ารายชื่อบุคลากรก่อน",
    r"nobody of your unit is known by this: .+": "ไม่พบบุคคลนี้ในหน่วยงานของท่าน บุคคลของหน่วยงานอื่นให้หน่วยงานนั้นนำเข้า",
    r"is a unit outside of yours: .+": "เป็นหน่วยงานนอกขอบเขตของท่าน ให้หน่วยงานนั้นนำเข้าเอง",
    r"this person works outside of your unit: .+": (
        "บุคคลนี้ปฏิบัติงานนอกขอบเขตของท่าน ให้หน่วยงานเดิมบันทึกว่าพ้นจากตำแหน่งก่อน แล้วจึงนำเข้า"
    ),
    r"several people on the rosters have this": "มีหลายคนในทะเบียนที่ใช้ค่านี้",
    r"is another person's than the row's (.+)|is another one than that of the person with this (.+)": (
        f"ไม่ใช่บุคคลเดียวกับที่ {{1}}{{2}} ระบุ {_ONE_WRONG}"
    ),
    r"has 13 digits like a national id: is it in the wrong column\?": f"มี 13 หลัก {_WRONG_COLUMN}",
    r"holds what looks like a national id: is it in the wrong column\?": f"มีค่า{_WRONG_COLUMN}",
    r"must have 13 digits": "ต้องมี 13 หลัก",
    r"must have 13 digits: .+": "ต้องมี 13 หลัก โปรแกรมตารางย่อตัวเลขจนหลักหายไป ตั้งคอลัมน์เป็นข้อความแล้วพิมพ์ใหม่",
    r"the last digit does not fit the others: a slip in typing": "เลขหลักสุดท้ายไม่ถูกต้อง อาจพิมพ์ผิด",
    r"a spreadsheet shortened the number and its digits are lost.+": (
        "โปรแกรมตารางย่อตัวเลขจนหลักหายไป ตั้งคอลัมน์เป็นข้อความแล้วพิมพ์ใหม่"
    ),
    r"is a number of (\d+) digits; .+|has (\d+) digits; codes have .+": (
        "มี {1}{2} หลัก รหัสต้องมี 10, 8, 6 หรือ 4 หลัก เลขศูนย์ข้างหน้าอาจหายไป"
    ),
    r"is a date: format the cell as text and type it again": "เป็นวันที่ ตั้งเซลล์เป็นข้อความแล้วพิมพ์ใหม่",
    r"is a bare number: format the cell as a date": "เป็นตัวเลขเปล่า ตั้งเซลล์เป็นวันที่",
    r"is not a day: .+": f"ไม่ใช่วันที่ {_FORM}",
    r"has no month that is known: .+": f"ไม่รู้จักชื่อเดือน {_FORM}",
    r"the year must have four digits": "ปีต้องมีสี่หลัก",
    r"the year (\d+) may be (\d+) or (\d+): write four digits": "ปี {1} อาจเป็น {2} หรือ {3} กรุณาเขียนสี่หลัก",
    r"the year does not fit the era written beside it": "ปีไม่ตรงกับศักราชที่เขียนไว้",
    r"there is no month (\d+): .+": f"ไม่มีเดือน {{1}} เขียนวันก่อนเดือน {_FORM}",
    r"the year (\d+) \(common era\) cannot be meant: .+": f"ปี ค.ศ. {{1}} เป็นไปไม่ได้ {_FORM}",
    r"there is no such day in that month": "เดือนนั้นไม่มีวันที่นี้",
    r"ends before it begins": "วันสิ้นสุดอยู่ก่อนวันเริ่ม",
    r"must have the given and the family name with a space between them": "ต้องมีชื่อและนามสกุลคั่นด้วยช่องว่าง",
    r"is no e-mail address": "ไม่ใช่ที่อยู่อีเมล",
    r"is no score: write 85, 85% or 17/20": "ไม่ใช่คะแนน เขียนเป็น 85, 85% หรือ 17/20",
    r"is more than the highest score (.+)": "มากกว่าคะแนนเต็ม {1}",
    r"says neither yes nor no: write ผ่าน or ไม่ผ่าน": "ไม่บอกว่าผ่านหรือไม่ เขียนว่า ผ่าน หรือ ไม่ผ่าน",
    r"is no number of hours: more than 0, at most (\d+)": "ไม่ใช่จำนวนชั่วโมง ต้องมากกว่า 0 และไม่เกิน {1}",
    r"has no certificate code and no address": "ไม่มีรหัสเกียรติบัตรหรือที่อยู่เว็บ",
    r"holds something that is neither a certificate code nor an address": "มีสิ่งที่ไม่ใช่รหัสเกียรติบัตรหรือที่อยู่เว็บ",
    r"no course of the mappings has this label, code or activity": "ไม่มีหลักสูตรชื่อหรือรหัสนี้ในระบบ",
    r"several courses of the mappings are called so: .+": "มีหลายหลักสูตรที่เรียกเช่นนี้ กรุณาระบุรหัสหลักสูตร",
    r"the row has more cells than the header: a comma without quotes\?": (
        "แถวมีช่องมากกว่าหัวตาราง อาจมีเครื่องหมายจุลภาคที่ไม่อยู่ในเครื่องหมายคำพูด"
    ),
    r"the formula in (\w+) has no stored value: .+": (
        "สูตรในเซลล์ {1} ไม่มีค่าเก็บไว้ เปิดไฟล์ใน Excel หรือ LibreOffice แล้วบันทึกใหม่"
    ),
    r"(\w+) shows the spreadsheet's error (.+)": "เซลล์ {1} แสดงข้อผิดพลาด {2}",
    r"(\w+) holds a time of day": "เซลล์ {1} เป็นเวลา ไม่ใช่ข้อความ",
    # Of a whole file: its name stays in front.
    r"(.+): (?:row (\d+)|the first row) lacks (.+); expected: .+": (
        "{1}: ไม่พบหัวตาราง {3} (แถวที่ {2}) ตรวจว่าเลือกประเภทของไฟล์ถูกต้องและมีหัวตารางครบ"
    ),
    r"(.+): (?:row (\d+)|the first row) has (.+) more than once": "{1}: มีหัวตาราง {3} มากกว่าหนึ่งคอลัมน์",
    r"(.+): is not UTF-8 text, nor Thai text of Windows .+": (
        "{1}: ไม่ใช่ไฟล์ข้อความที่อ่านได้ ใน Excel ให้บันทึกเป็น CSV UTF-8 (comma delimited) หรือ .xlsx"
    ),
    r"(.+): is an old Excel workbook \(\.xls\) or has a password; .+": (
        "{1}: เป็นไฟล์ Excel รุ่นเก่า (.xls) หรือมีรหัสผ่าน กรุณาบันทึกเป็น .xlsx ที่ไม่มีรหัสผ่าน"
    ),
    r"(.+): the sheets (.+) have such a table each; leave one in the file": (
        "{1}: แผ่นงาน {2} มีตารางแบบเดียวกัน กรุณาให้เหลือแผ่นเดียว"
    ),
    r"(.+): every sheet is hidden": "{1}: ทุกแผ่นงานถูกซ่อนไว้",
    r"(.+): holds more than 2 GB when unpacked; .+": "{1}: ใหญ่เกินไปเมื่อคลายออก กรุณาบันทึกเป็น CSV UTF-8",
    r"(.+): the event has no title: .+": "{1}: ไม่มีชื่อกิจกรรม เขียน ชื่อกิจกรรม: … ไว้เหนือตาราง",
    r"(.+): the event has not ended yet: .+": "{1}: กิจกรรมยังไม่สิ้นสุด กรุณานำเข้าหลังวันสุดท้าย",
    r"(.+): the event's days '(.*)' .+": "{1}: วันที่ของกิจกรรม “{2}” ไม่ถูกต้อง เขียน วันที่: 5-6 ก.ค. 2567 เหนือตาราง",
    r"(.+): the event's hours '(.*)' .+": "{1}: จำนวนชั่วโมงของกิจกรรม “{2}” ไม่ถูกต้อง",
    r"(.+): the event's mode '(.*)' must be one of (.+)": (
        "{1}: ไม่รู้จักรูปแบบของกิจกรรม “{2}” เขียน รูปแบบ: … ไว้เหนือตาราง เช่น อบรมเชิงปฏิบัติการ ออนไลน์สด สอนงาน หรือ {3}"
    ),
    r"(.+): competencies: '(.+)' is not in the framework": "{1}: ไม่มีสมรรถนะ {2} ในกรอบแนวทาง",
    r"the service was stopped while it read the file: .+": "ระบบหยุดทำงานระหว่างอ่านไฟล์ กรุณานำเข้าไฟล์ใหม่",
    r"the file could not be read because of a fault of the service.+": (
        "อ่านไฟล์ไม่ได้เพราะระบบขัดข้อง กรุณานำเข้าใหม่ หากยังไม่ได้ให้แจ้งผู้ดูแลระบบ"
    ),
}
_PATTERNS = [(re.compile(pattern), thai) for pattern, thai in _REASONS.items()]


def thai_reason(reason: str) -> str:
    """A reason in Thai for who reads Thai; as it is where it has no translation."""
    if language() != THAI:
        return reason
    for pattern, thai in _PATTERNS:
        if found := pattern.fullmatch(reason):
            return thai.format("", *(group or "" for group in found.groups())).replace(" (แถวที่ )", "")
    return reason
