"""Signed statements: a JSON web signature as an attachment (xAPI Data 2.6, IEEE 9274.1.1 4.2.6).

What is checked is that the signature belongs to the statement and, where it brings a certificate, that it
was made with that certificate's key. Whether the certificate is to be trusted is for the reader to judge.
"""

from base64 import b64decode
from datetime import timedelta
from itertools import pairwise
from typing import Any

import jwt
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from lrs import validation, values
from lrs.comparison import fingerprint
from lrs.errors import BadRequest, BadStatement, TooLarge
from lrs.json_input import parse

USAGE = "http://adlnet.gov/expapi/attachments/signature"
CONTENT_TYPE = "application/octet-stream"
ALGORITHMS = ("RS256", "RS384", "RS512")
# A signature holds one statement, and is read whole.
MOST_OCTETS = 4 * 1024 * 1024
_MOST_CERTIFICATES = 10
# A store may cut a timestamp to this (Data 4.5).
_PRECISION = timedelta(milliseconds=1)
_SECTION = "(xAPI Data 2.6)"
# RFC 7518 section 3.3: keys of 2048 bits or more.
_JWS = jwt.PyJWS(ALGORITHMS, {"verify_signature": True, "enforce_minimum_key_length": True})


def is_signature(attachment: dict[str, Any]) -> bool:
    """Whether an attachment says that it signs its statement."""
    return attachment.get("usageType") == USAGE


def check_size(octets: int) -> None:
    """Raise TooLarge unless a signature of this length would be read."""
    if octets > MOST_OCTETS:
        raise TooLarge(f"a signature is larger than {MOST_OCTETS} octets {_SECTION}")


def check(token: bytes, statement: dict[str, Any], version: str, most_depth: int) -> None:
    """Raise BadStatement unless `token` is a compact JWS of this valid statement, in an allowed algorithm.

    `most_depth` is that of `lrs.json_input`.
    """
    payload = _payload(token)
    try:
        signed = parse(payload, most_depth)
        validation.STATEMENT[version](signed, "payload")
        same = _same(signed, statement)
    except BadRequest as error:
        raise _bad(f"has a payload that cannot be read: {error.message}") from None
    except BadStatement as error:
        raise _bad(f"signs no statement: {error.message}") from None
    if not same:
        raise _bad("signs another statement")


def _payload(token: bytes) -> bytes:
    """What was signed; the signature is verified where the header brings a certificate."""
    try:
        header = _JWS.get_unverified_header(token)
        if header.get("alg") not in ALGORITHMS:
            raise _bad(f"uses none of {', '.join(ALGORITHMS)}")
        key = _certified_key(header["x5c"]) if "x5c" in header else None
        if key is None:
            found = _JWS.decode_complete(token, options={"verify_signature": False})
        else:
            found = _JWS.decode_complete(token, key, ALGORITHMS)
    except jwt.InvalidSignatureError:
        raise _bad("was not made with the key of its certificate") from None
    except jwt.PyJWTError:
        raise _bad("is not a compact JSON web signature (RFC 7515)") from None
    if not found["signature"]:
        raise _bad("is empty")
    payload: bytes = found["payload"]
    return payload


def _certified_key(chain: object) -> RSAPublicKey:
    """The key of the first certificate; the others must each have issued the one before (RFC 7515 4.1.6)."""
    try:
        if not isinstance(chain, list) or not 0 < len(chain) <= _MOST_CERTIFICATES:
            raise ValueError
        certificates = [x509.load_der_x509_certificate(b64decode(one, validate=True)) for one in chain]
        for certificate, issuer in pairwise(certificates):
            certificate.verify_directly_issued_by(issuer)
        key = certificates[0].public_key()
    except (ValueError, TypeError, InvalidSignature, x509.InvalidVersion):
        raise _bad("has an x5c header that is no chain of certificates") from None
    if not isinstance(key, RSAPublicKey):
        raise _bad("has a certificate without an RSA key")
    return key


def _same(signed: dict[str, Any], received: dict[str, Any]) -> bool:
    """Logical equality, but for signatures and what a store on the way may have assigned."""
    return (
        fingerprint(_unsigned(signed), attachments=True) == fingerprint(_unsigned(received), attachments=True)
        and _same_id(signed.get("id"), received.get("id"))
        and _same_moment(signed.get("timestamp"), received.get("timestamp"))
    )


def _unsigned(statement: dict[str, Any]) -> dict[str, Any]:
    attachments = [one for one in statement.get("attachments", ()) if not is_signature(one)]
    rest = {key: item for key, item in statement.items() if key != "attachments"}
    return {**rest, "attachments": attachments} if attachments else rest


def _same_id(signed: str | None, received: str | None) -> bool:
    return signed is None or received is None or signed.lower() == received.lower()


def _same_moment(signed: str | None, received: str | None) -> bool:
    if signed is None or received is None:
        return True
    one, other = values.instant(signed), values.instant(received)
    return one is not None and other is not None and abs(one - other) < _PRECISION


def _bad(problem: str) -> BadStatement:
    return BadStatement(f"is a signature that {problem} {_SECTION}")
