"""The tender key in parts: split among the openers by Shamir's scheme, each part committed to, any ``threshold`` of them enough."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final
from uuid import UUID

import shamirs
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

MODULUS: Final = 2**256 + 297
"""The first prime above 2^256, so that every 32-byte key is a number below it."""

_VALUE: Final = 33
_SALT: Final = 16


class SharesDoNotOpen(ValueError):
    """These shares do not make the key of this tender."""


@dataclass(frozen=True, slots=True)
class Share:
    """A point of the polynomial whose value at 0 is the private key. ``index`` is the opener's number, from 1."""

    index: int
    value: int

    def __bytes__(self) -> bytes:
        return self.index.to_bytes(1) + self.value.to_bytes(_VALUE)

    @classmethod
    def read(cls, packed: bytes) -> "Share":
        """Raises SharesDoNotOpen for anything that ``bytes(share)`` never gave."""
        if len(packed) != 1 + _VALUE or packed[0] == 0:
            raise SharesDoNotOpen
        share = cls(packed[0], int.from_bytes(packed[1:]))
        if share.value >= MODULUS:
            raise SharesDoNotOpen
        return share


def split(key: bytes, openers: int, threshold: int) -> list[Share]:
    """The 32 bytes of ``key`` as one share an opener; fewer than ``threshold`` of them say nothing about it."""
    made = shamirs.shares(int.from_bytes(key), openers, modulus=MODULUS, threshold=threshold)
    return [Share(one.index, one.value) for one in made]


def combined(shares: Sequence[Share]) -> bytes:
    """The key that these shares make. Shares that do not belong together make another number, or none: raises SharesDoNotOpen."""
    if len({share.index for share in shares}) != len(shares) or not shares:
        raise SharesDoNotOpen
    points = [shamirs.share(one.index, one.value, MODULUS) for one in shares]
    key = int(shamirs.interpolate(points, threshold=len(points)))
    if key >= 2**256:
        raise SharesDoNotOpen
    return key.to_bytes(32)


def new_salt() -> bytes:
    return secrets.token_bytes(_SALT)


def commitment(share: Share, salt: bytes, tender_id: UUID) -> bytes:
    """SHA-256 that binds an opener to this share of this tender and tells nothing of it."""
    return hashlib.sha256(b"wushe/share/1" + tender_id.bytes + salt + bytes(share)).digest()


def seal_share(share: Share, opener: bytes) -> bytes:
    """The share, readable only with the code of the opener whose public key this is."""
    return SealedBox(PublicKey(opener)).encrypt(bytes(share))


def unseal_share(sealed: bytes, opener: PrivateKey) -> Share:
    """Raises SharesDoNotOpen when the share was not sealed to this opener's code, or was altered."""
    try:
        return Share.read(SealedBox(opener).decrypt(sealed))
    except (CryptoError, ValueError):
        raise SharesDoNotOpen from None


def canary(tender_id: UUID, tender_key: PublicKey) -> bytes:
    """A sealed text whose content everybody knows: who opens it holds the key."""
    return SealedBox(tender_key).encrypt(_canary_text(tender_id))


def opens(canary: bytes, tender_id: UUID, shares: Sequence[Share]) -> PrivateKey | None:
    """The private key that ``shares`` make, if it opens this tender's canary."""
    try:
        key = PrivateKey(combined(shares))
        return key if SealedBox(key).decrypt(canary) == _canary_text(tender_id) else None
    except (CryptoError, SharesDoNotOpen):
        return None


def all_open(canary: bytes, tender_id: UUID, shares: Sequence[Share], threshold: int) -> int:
    """How many combinations of ``threshold`` shares there are. Raises SharesDoNotOpen unless every one opens the canary."""
    tried = 0
    for some in combinations(shares, threshold):
        if opens(canary, tender_id, some) is None:
            raise SharesDoNotOpen
        tried += 1
    return tried


def _canary_text(tender_id: UUID) -> bytes:
    return b"wushe/canary/1" + tender_id.bytes
