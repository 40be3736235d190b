"""The environment of the templates: their filters, and what every page may ask."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from operator import getitem
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from connector.access.form_tokens import FormTokens
from connector.access.rights import may
from connector.access.viewer import current
from connector.imports.event import MODES
from connector.report import thai
from connector.report.words import LANGUAGES, Words, gettext, language, ngettext, pgettext, shown, this_page
from mappings import vocabulary

VERBS = Words(
    {
        vocabulary.COMPLETED: "เรียนจบ",
        vocabulary.PASSED: "สอบผ่าน",
        vocabulary.FAILED: "ยังไม่ผ่าน",
        vocabulary.EARNED: "ได้คะแนน",
        vocabulary.REGISTERED: "ลงทะเบียน",
        vocabulary.UNREGISTERED: "ถอนการลงทะเบียน",
        vocabulary.PROGRESSED: "กำลังเรียน",
        vocabulary.INITIALIZED: "เริ่มเรียน",
        vocabulary.ATTENDED: "เข้าร่วม",
        vocabulary.VOIDED: "ยกเลิกบันทึก",
    }
)


def environment() -> Environment:
    """The templates with their filters; every value is escaped, an unknown name is an error."""
    env = Environment(
        loader=PackageLoader("connector.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=[FormTokens, "jinja2.ext.i18n"],
    )
    env.policies["ext.i18n.trimmed"] = True
    # The extension gives the environment this method as it is loaded.
    env.install_gettext_callables(gettext, ngettext, newstyle=True, pgettext=pgettext)  # type: ignore[attr-defined]
    # Tables say the same texts in each row: these need not be made again.
    env.globals["_"] = shown
    env.filters |= {
        "iso_day": date.fromisoformat,
        "thai_date": thai.thai_date,
        "thai_moment": thai.thai_moment,
        "thai_age": thai.thai_age,
        "thai_duration": thai.thai_duration,
        "hours": thai.hours,
        "bar_width": thai.bar_width,
        "query": _query,
        "pick": _pick,
        "verb": lambda iri: VERBS.get(iri, iri.rsplit("/", 1)[-1]),
    }
    env.globals |= {
        "states": thai.STATES,
        "levels": thai.LEVELS,
        "categories": thai.CATEGORIES,
        "group_name": thai.group_name,
        "modes": Words({mode: words[0] for mode, words in MODES.items()}),
        "viewer": current,
        "may": may,
        "at_times": _at_times,
        "language": language,
        "languages": LANGUAGES,
        "this_page": this_page,
        "percent": thai.percent,
        "share": thai.share,
    }
    return env


@pass_context
def _query(context: Context, values: Mapping[str, object]) -> str:
    """What an address says after "?"; links of a report keep the two times that it was asked about."""
    said = {**values, **getattr(context.get("basis"), "asked", {})}
    return urlencode({name: value for name, value in said.items() if value})


def _pick(pieces: Iterable[Sequence[Markup]], numbers: Iterable[int]) -> Markup:
    """Of each the one of this number, joined: a table has a thousand cells, and a loop takes longer."""
    return Markup("".join(map(getitem, pieces, numbers)))  # noqa: S704 - pieces are escaped


@pass_context
def _at_times(context: Context) -> str:
    """For a link that says nothing else: the two times, if the report was asked about any."""
    said = _query(context, {})
    return f"?{said}" if said else ""


ENVIRONMENT = environment()
