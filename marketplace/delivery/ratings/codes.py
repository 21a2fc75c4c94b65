"""Ticket codes: twelve characters derived from the house's secret, read as people write them, found by a keyed fingerprint.

Crockford's base 32 has no I, L, O and U, so that a code can be read out over the phone; sixty bits cannot be guessed.
"""

import unicodedata
from uuid import UUID

from marketplace.kernel.vault import Vault

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 12
_GROUP = 4
_LONGEST = 60
_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1"})


def code_of(vault: Vault, ticket_id: UUID) -> str:
    """The code of a ticket. It is stored nowhere: who has the secret and the id can print it again."""
    number = int.from_bytes(vault.fingerprint(str(ticket_id), "rating-ticket")[:8], "big") >> 4
    return "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(LENGTH)))


def fingerprint_of(vault: Vault, code: str) -> bytes:
    """What is stored of a code that ``read`` gave."""
    return vault.fingerprint(code, "rating-ticket-code")


def grouped(code: str) -> str:
    """As it is printed and read out: 7K2M-Q0XD-91AB."""
    return "-".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP))


def read(typed: str) -> str | None:
    """The code that ``typed`` spells: small letters, full width, spaces, dashes, O for 0, I and L for 1; None when it is none."""
    if len(typed) > _LONGEST:
        return None
    folded = unicodedata.normalize("NFKC", typed).upper()
    plain = "".join(char for char in folded if char.isalnum()).translate(_ALIKE)
    return plain if len(plain) == LENGTH and all(char in ALPHABET for char in plain) else None
