"""The key that signs tokens, and how clients get its public half."""

from __future__ import annotations

import functools
import hashlib
import threading
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

ALGORITHM = "RS256"

_LOCK = threading.Lock()
_KEY_BITS = 2048


def read_claims(token: str, key: RSAPublicKey | None, algorithms: list[str]) -> dict[str, Any]:
    """
    Return the claims of a JWT. The caller checks its audience and its times.

    :param key: the key that has signed it; ``None`` accepts any signature.
    :raises jwt.InvalidTokenError: if it is no JWT, or another key has signed it.
    :raises RecursionError: if its JSON is nested too deeply.
    """
    return jwt.decode(
        token,
        key or "",
        algorithms=algorithms,
        options={
            "verify_signature": key is not None,
            "verify_aud": False,
            "verify_exp": False,
            "verify_nbf": False,
            "verify_iat": False,
        },
    )


class SigningKey:
    """
    An RSA key.

    :param key: the private key.
    """

    def __init__(self, key: RSAPrivateKey) -> None:
        self._key = key
        self._public = key.public_key()
        document = self._public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.key_id = hashlib.sha256(document).hexdigest()[:27]

    def sign(self, claims: dict[str, Any]) -> str:
        """Return a JWT."""
        return jwt.encode(claims, self._key, algorithm=ALGORITHM, headers={"kid": self.key_id})

    def read(self, token: str) -> dict[str, Any]:
        """
        Return the claims of a JWT that this key has signed. Its audience and its times are not checked.

        :raises jwt.InvalidTokenError: if it is no such JWT.
        :raises RecursionError: if its JSON is nested too deeply.
        """
        return read_claims(token, self._public, [ALGORITHM])

    def to_jwks(self) -> dict[str, Any]:
        """Return the public key as the login service publishes it, a JSON Web Key Set."""
        members = RSAAlgorithm.to_jwk(self._public, as_dict=True)
        return {"keys": [{"kty": "RSA", "use": "sig", "kid": self.key_id, "n": members["n"], "e": members["e"]}]}


def signing_key() -> SigningKey:
    """
    Return the key of this process, which the first caller makes.

    It takes a tenth of a second to make, so it is not made before a token is asked for, and all emulators of a process
    share it.
    """
    with _LOCK:
        return _make()


@functools.cache
def _make() -> SigningKey:
    return SigningKey(generate_private_key(public_exponent=65537, key_size=_KEY_BITS))
