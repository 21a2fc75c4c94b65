"""Personal data at rest: encrypted to be shown again, hashed with a key to be found again, masked to be seen."""

import base64
import hashlib
import hmac
import secrets

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12


class Vault:
    """Encrypts with AES-256-GCM and hashes with HMAC-SHA-256, each purpose under a key derived from one secret.

    ``secret`` is at least 32 bytes. Losing it loses every phone number; changing it needs re-encryption.
    """

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 32:
            raise ValueError("the vault's secret needs at least 32 bytes")
        self._secret = secret
        self._cipher = AESGCM(self._key("encrypt"))

    def _key(self, purpose: str) -> bytes:
        return hmac.digest(self._secret, f"wushe/{purpose}".encode(), hashlib.sha256)

    def encrypt(self, text: str, purpose: str) -> bytes:
        """``text`` sealed for ``purpose``; only a decrypt for the same purpose opens it."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher.encrypt(nonce, text.encode(), purpose.encode())

    def decrypt(self, sealed: bytes, purpose: str) -> str:
        return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], purpose.encode()).decode()

    def fingerprint(self, text: str, purpose: str) -> bytes:
        """32 bytes that find ``text`` again without telling it to whoever lacks the key."""
        return hmac.digest(self._key(f"fingerprint/{purpose}"), text.encode(), hashlib.sha256)

    def sign(self, text: str, purpose: str) -> str:
        """A URL-safe signature of ``text`` for ``purpose`` (unsubscribe links, rotating check-in codes)."""
        digest = hmac.digest(self._key(f"sign/{purpose}"), text.encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest[:18]).decode()

    def is_signed(self, text: str, signature: str, purpose: str) -> bool:
        return hmac.compare_digest(self.sign(text, purpose).encode(), signature.encode())


def new_token() -> str:
    """A secret for a session, a token or a feed address: 256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def token_digest(token: str) -> bytes:
    """What is stored of a token. Plain SHA-256 suffices: the token has full entropy, there is nothing to guess."""
    return hashlib.sha256(token.encode()).digest()
