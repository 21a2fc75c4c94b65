"""An opener's code: 160 random bits, written down as groups of letters, from which the opener's key pair follows.

Nothing secret of an opener is stored anywhere but on their paper. Who types the code holds the key; the house keeps the public half.
"""

import secrets
import unicodedata
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from nacl.public import PrivateKey

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U"
"""Crockford's: no I, L, O or U among the 32 digits, so that none is taken for another; the last five only check."""

_DIGITS: Final = 32
_GROUP: Final = 4
_READ_AS: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})


class UnreadableCode(ValueError):
    """The text is no opener's code: a character is missing, too many or mistaken."""


def new_code() -> str:
    """A fresh code, as it is shown: eight groups of four, and a character that shows a slip of the pen."""
    return written(secrets.token_bytes(_DIGITS * 5 // 8))


def written(secret: bytes) -> str:
    """``secret`` (20 bytes) as groups of letters."""
    number = int.from_bytes(secret)
    digits = "".join(_ALPHABET[number >> shift & 31] for shift in range(5 * (_DIGITS - 1), -1, -5))
    groups = [digits[at : at + _GROUP] for at in range(0, _DIGITS, _GROUP)]
    return "-".join([*groups, _ALPHABET[number % 37]])


def read_code(text: str) -> bytes:
    """The 20 bytes of a code as somebody typed it: letters in any case or width, any gaps, O for 0, I and L for 1. Raises UnreadableCode."""
    folded = unicodedata.normalize("NFKC", text).upper().translate(_READ_AS)
    typed = [char for char in folded if not char.isspace() and unicodedata.category(char) != "Pd"]
    if len(typed) != _DIGITS + 1 or any(char not in _ALPHABET for char in typed):
        raise UnreadableCode
    values = [_ALPHABET.index(char) for char in typed]
    number = 0
    for value in values[:-1]:
        if value > 31:
            raise UnreadableCode
        number = number << 5 | value
    if number % 37 != values[-1]:
        raise UnreadableCode
    return number.to_bytes(_DIGITS * 5 // 8)


def private_key(code: str, tender_id: UUID) -> PrivateKey:
    """The key that ``code`` stands for in this tender; for another tender it is another. Raises UnreadableCode."""
    derive = HKDF(algorithm=SHA256(), length=32, salt=tender_id.bytes, info=b"wushe/opener/1")
    return PrivateKey(derive.derive(read_code(code)))


def public_key(code: str, tender_id: UUID) -> bytes:
    """What the house keeps of an opener's code: 32 bytes that seal to it and open nothing. Raises UnreadableCode."""
    return bytes(private_key(code, tender_id).public_key)
