"""Required and allowed fields of CASE 1.1 with their types, as its REST/JSON binding 1.0 lists them.

The published schema may not be copied here; it allows no other fields, and neither does this.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

Check = Callable[[Any], bool]

_UUID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_TYPES = (
    "isChildOf", "isPeerOf", "isPartOf", "exactMatchOf", "precedes", "isRelatedTo", "replacedBy", "exemplar",
    "hasSkillLevel", "isTranslationOf",
)  # fmt: skip


def text(value: Any) -> bool:
    return isinstance(value, str)


def normalized(value: Any) -> bool:
    return isinstance(value, str) and not re.search(r"[\t\r\n]", value)


def uuid(value: Any) -> bool:
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


def uri(value: Any) -> bool:
    return (
        isinstance(value, str)
        and bool(urlsplit(value).scheme and urlsplit(value).netloc)
        and " " not in value
    )


def moment(value: Any) -> bool:
    return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None


def day(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 10 and bool(date.fromisoformat(value))


def texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(text, value))


def whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**31


def mapping(value: Any) -> bool:
    return isinstance(value, dict)


def one_of(*words: str) -> Check:
    return lambda value: value in words


def shape(required: dict[str, Check], allowed: dict[str, Check]) -> Check:
    def check(value: Any) -> bool:
        assert isinstance(value, dict), value
        assert required.keys() <= value.keys(), (required.keys() - value.keys(), value)
        known = required | allowed
        for name, one in value.items():
            assert name in known, name
            assert known[name](one), (name, one)
        return True

    return check


def many(check: Check) -> Check:
    return lambda value: isinstance(value, list) and all(check(each) for each in value)


LINK = shape({"title": normalized, "identifier": uuid, "uri": uri}, {})
NODE = shape({"title": normalized, "identifier": normalized, "uri": uri}, {"targetType": one_of("CASE")})
_DOCUMENT: dict[str, Check] = {
    "identifier": uuid,
    "uri": uri,
    "creator": normalized,
    "title": normalized,
    "lastChangeDateTime": moment,
}
_DOCUMENT_ALLOWED: dict[str, Check] = {
    "frameworkType": normalized,
    "caseVersion": one_of("1.1"),
    "officialSourceURL": uri,
    "publisher": normalized,
    "description": text,
    "subject": texts,
    "subjectURI": many(LINK),
    "language": normalized,
    "version": normalized,
    "adoptionStatus": normalized,
    "statusStartDate": day,
    "statusEndDate": day,
    "licenseURI": LINK,
    "notes": text,
    "extensions": mapping,
}
_ITEM: dict[str, Check] = {
    "identifier": uuid,
    "fullStatement": text,
    "uri": uri,
    "lastChangeDateTime": moment,
}
_ITEM_ALLOWED: dict[str, Check] = {
    "alternativeLabel": normalized,
    "CFItemType": normalized,
    "humanCodingScheme": normalized,
    "listEnumeration": normalized,
    "abbreviatedStatement": normalized,
    "conceptKeywords": texts,
    "conceptKeywordsURI": LINK,
    "notes": text,
    "subject": texts,
    "subjectURI": many(LINK),
    "language": normalized,
    "educationLevel": texts,
    "CFItemTypeURI": LINK,
    "licenseURI": LINK,
    "statusStartDate": day,
    "statusEndDate": day,
    "extensions": mapping,
}
_ASSOCIATION: dict[str, Check] = {
    "identifier": uuid,
    "associationType": one_of(*_TYPES),
    "uri": uri,
    "originNodeURI": NODE,
    "destinationNodeURI": NODE,
    "lastChangeDateTime": moment,
}
_ASSOCIATION_ALLOWED: dict[str, Check] = {
    "sequenceNumber": whole,
    "CFAssociationGroupingURI": LINK,
    "notes": text,
    "extensions": mapping,
}
PACKAGE = shape(
    {"CFDocument": shape(_DOCUMENT, _DOCUMENT_ALLOWED)},
    {
        "CFItems": many(shape(_ITEM, _ITEM_ALLOWED)),
        "CFAssociations": many(shape(_ASSOCIATION, _ASSOCIATION_ALLOWED)),
        "CFDefinitions": mapping,
        "CFRubrics": many(mapping),
        "extensions": mapping,
    },
)
DOCUMENT = shape(_DOCUMENT | {"CFPackageURI": LINK}, _DOCUMENT_ALLOWED)
ITEM = shape(_ITEM | {"CFDocumentURI": LINK}, _ITEM_ALLOWED)
ASSOCIATION = shape(_ASSOCIATION, _ASSOCIATION_ALLOWED | {"CFDocumentURI": LINK})
DOCUMENTS = shape({"CFDocuments": many(DOCUMENT)}, {})
ITEM_ASSOCIATIONS = shape(
    {"CFItem": ITEM, "CFAssociations": many(shape(_ASSOCIATION, _ASSOCIATION_ALLOWED))}, {}
)
_MINOR = shape(
    {
        "imsx_codeMinorFieldName": normalized,
        "imsx_codeMinorFieldValue": one_of("invalid_uuid", "unknownobject"),
    },
    {},
)
STATUS = shape(
    {
        "imsx_codeMajor": one_of("failure", "processing", "success", "unsupported"),
        "imsx_severity": one_of("error", "status", "warning"),
    },
    {"imsx_description": text, "imsx_codeMinor": shape({"imsx_codeMinorField": many(_MINOR)}, {})},
)
