"""The draw of a panel: anybody can redo it, nobody can choose it (docs/adr/0027).

1. When a tender is published the house makes a secret of 64 hexadecimal digits and puts SHA-256 of it, the **commitment**, on the record.
2. The opening of the bids has a public record with a hash that nobody knew before: it is made of every sealed bid.
3. The **pool** are the fitting experts registered before the opening who are not tied to a bidder: a line an id, in order, hashed.
4. The **seed** is SHA-256 of "secret opening pool". Expert e draws SHA-256 of "seed e"; the smallest sits first, replacements follow.

       printf %s "$secret" | sha256sum                                # the commitment
       pool=$(printf '%s\\n' $ids | LC_ALL=C sort | sha256sum | cut -d' ' -f1)
       seed=$(printf '%s %s %s' "$secret" "$opening" "$pool" | sha256sum | cut -d' ' -f1)
       printf '%s %s' "$seed" "$id" | sha256sum                       # what one expert drew
"""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Draw:
    """A draw with everything to redo it. ``order`` holds the whole pool."""

    commitment: str
    secret: str
    opening_hash: str
    pool: Sequence[str]
    pool_hash: str
    seed: str
    order: Sequence[str]


class Fault(StrEnum):
    """What does not hold in a draw."""

    COMMITMENT_WAS_BROKEN = "commitment_was_broken"
    POOL_WAS_CHANGED = "pool_was_changed"
    SEED_IS_ANOTHER = "seed_is_another"
    ORDER_IS_ANOTHER = "order_is_another"


def new_secret() -> str:
    """A secret that nobody can guess."""
    return secrets.token_hex(32)


def commitment(secret: str) -> str:
    """What is promised before anybody knows who bids."""
    return _hash(secret)


def draw(secret: str, opening_hash: str, pool: Collection[str]) -> Draw:
    """The order of all who may be drawn. In which order they are handed over does not matter."""
    listed = sorted(set(pool))
    pool_hash = _hash("".join(f"{one}\n" for one in listed))
    seed = _hash(f"{secret} {opening_hash} {pool_hash}")
    order = sorted(listed, key=lambda one: _hash(f"{seed} {one}"))
    return Draw(commitment(secret), secret, opening_hash, tuple(listed), pool_hash, seed, tuple(order))


def verify(published: Draw) -> tuple[Fault, ...]:
    """Redoes a draw from what is published of it: what does not hold, nothing if all does."""
    again = draw(published.secret, published.opening_hash, published.pool)
    checks = (
        (published.commitment != again.commitment, Fault.COMMITMENT_WAS_BROKEN),
        (
            published.pool_hash != again.pool_hash or tuple(published.pool) != again.pool,
            Fault.POOL_WAS_CHANGED,
        ),
        (published.seed != again.seed, Fault.SEED_IS_ANOTHER),
        (tuple(published.order) != again.order, Fault.ORDER_IS_ANOTHER),
    )
    return tuple(fault for broken, fault in checks if broken)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
