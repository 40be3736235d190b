"""What If-Match and If-None-Match ask of a document (xAPI Communication 3.1, RFC 9110 section 13). Pure."""

import re
from dataclasses import dataclass
from hashlib import sha1

from lrs.errors import BadRequest, PreconditionFailed

ANY = "*"
# In quotes, or bare: adl-xapiwrapper for Node sends its SHA-1 without them.
_TAG = re.compile(r'(W/)?(?:"([\x21\x23-\x7e\x80-\xff]*)"|([0-9A-Fa-f]{40}))')
_TAGS = re.compile(rf"(?:{_TAG.pattern}\s*(?:,\s*|$))+")


def tag_of(content: bytes) -> str:
    """The entity tag of a content, without its quotes: 1.0.3 wants the SHA-1 in hexadecimal."""
    return sha1(content, usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class Conditions:
    """The tags of If-Match and of If-None-Match, which may be ANY; None: there is no such header."""

    match: frozenset[str] | None = None
    none_match: frozenset[str] | None = None

    @property
    def given(self) -> bool:
        """Whether there is a condition at all."""
        return self.match is not None or self.none_match is not None

    def check(self, tag: str | None) -> None:
        """Raise PreconditionFailed unless a document with this tag meets them; None: there is no document."""
        if self.match is not None and not _names(self.match, tag):
            raise PreconditionFailed(
                "If-Match names another document than is stored now: "
                "fetch its current state and its ETag (xAPI Communication 3.1)"
            )
        if self.unchanged(tag):
            raise PreconditionFailed(
                "If-None-Match names the document that is stored: "
                "fetch its current state and its ETag (xAPI Communication 3.1)"
            )

    def unchanged(self, tag: str | None) -> bool:
        """Whether there is a document and If-None-Match names it."""
        return self.none_match is not None and _names(self.none_match, tag)


def conditions(if_match: str | None, if_none_match: str | None) -> Conditions:
    """From the two headers. Raises BadRequest naming the one that is wrong."""
    # A weak tag says that octets may differ, which is not enough to overwrite (RFC 9110 section 13.1.1).
    return Conditions(
        _tags("If-Match", if_match, weak=False), _tags("If-None-Match", if_none_match, weak=True)
    )


def _names(tags: frozenset[str], tag: str | None) -> bool:
    return tag is not None and (ANY in tags or tag in tags)


def _tags(name: str, header: str | None, *, weak: bool) -> frozenset[str] | None:
    if header is None:
        return None
    if header.strip() == ANY:
        return frozenset({ANY})
    if _TAGS.fullmatch(header.strip()) is None:
        raise BadRequest(f"{name} must be * or entity tags in quotes (xAPI Communication 3.1)")
    found = (match.groups() for match in _TAG.finditer(header))
    return frozenset(quoted or bare.lower() for is_weak, quoted, bare in found if weak or not is_weak)
