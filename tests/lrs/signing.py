"""Keys, certificates and signatures for tests (xAPI Data 2.6)."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any

import jwt
import orjson
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa_key
from cryptography.x509.oid import NameOID

_DAY = datetime(2026, 1, 1, tzinfo=UTC)


@cache
def rsa_key(name: str = "learner", bits: int = 2048) -> RSAPrivateKey:
    """A key for each name."""
    return generate_rsa_key(65537, bits)


@cache
def elliptic_key() -> EllipticCurvePrivateKey:
    return generate_private_key(SECP256R1())


def certificate(
    key: RSAPrivateKey | EllipticCurvePrivateKey,
    issuer: RSAPrivateKey | None = None,
    *,
    name: str = "signer",
    issuer_name: str = "issuer",
) -> str:
    """A certificate as x5c holds it; issued by the key itself unless another is given."""
    own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    by = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer_name if issuer else name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(own)
        .issuer_name(by)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(_DAY)
        .not_valid_after(_DAY + timedelta(days=1))
        .sign(issuer or key, hashes.SHA256())
    )
    return b64encode(made.public_bytes(serialization.Encoding.DER)).decode()


def sign(
    payload: dict[str, Any] | bytes,
    *,
    algorithm: str = "RS256",
    key: Any = ...,
    **headers: Any,
) -> bytes:
    """A compact JWS of a statement."""
    content = payload if isinstance(payload, bytes) else orjson.dumps(payload)
    signer = rsa_key() if key is ... else key
    return jwt.PyJWS().encode(content, signer, algorithm, headers or None).encode()


def attachment(content: bytes, **changes: Any) -> dict[str, Any]:
    """What a statement says of a signature with that content."""
    return {
        "usageType": "http://adlnet.gov/expapi/attachments/signature",
        "display": {"en": "Signature"},
        "contentType": "application/octet-stream",
        "length": len(content),
        "sha2": sha256(content).hexdigest(),
        **changes,
    }
