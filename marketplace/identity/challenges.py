"""One-time codes: six digits, ten minutes, five wrong tries, counted in the database for each phone and each source.

The same rows and the same work for known and unknown numbers: nothing here looks at people. Whatever cannot be counted is
refused, because the count and the code are written by one transaction.
"""

import hmac
import ipaddress
import secrets
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select, text, update

from marketplace.db.session import Session
from marketplace.identity import phones
from marketplace.identity.errors import OneTimeCodeIsSpent, OneTimeCodeIsWrong, TooManyCodes
from marketplace.identity.gateway import CodeMessage
from marketplace.identity.models import SignInChallenge
from marketplace.kernel.errors import MarketplaceError
from marketplace.kernel.ids import new_id
from marketplace.kernel.vault import Vault

LASTS = timedelta(minutes=10)
MOST_WRONG_TRIES = 5
_PAUSE = timedelta(seconds=60)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
# A phone's limits keep its owner from being flooded; a source's are wide, because a community centre is one source.
_PHONE_LIMITS = ((_PAUSE, 1), (_HOUR, 5), (_DAY, 10))
_SOURCE_LIMITS = ((_HOUR, 60), (_DAY, 300))
_KEPT = timedelta(days=2)


class Purpose(StrEnum):
    """What a code proves."""

    SIGN_IN = "sign_in"
    GUARDIAN = "guardian"


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks for a code: the phone it goes to, the place the request came from, and the language of the message.

    ``subject`` ties a code to one matter: a guardian's code for one minor is worthless for another.
    """

    phone: str
    source: str
    locale: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Answering:
    """What is handed in to prove that a phone is at hand."""

    challenge_id: UUID
    phone: str
    code: str
    subject: str = ""


async def issue(session: Session, vault: Vault, purpose: Purpose, asking: Asking) -> CodeMessage:
    """Write down a new code and answer the message for the edge to send after the commit. Raises TooManyCodes."""
    phone = vault.fingerprint(asking.phone, phones.PURPOSE)
    source = vault.fingerprint(network_of(asking.source), "source")
    await _lock(session, phone, source)
    await _check_limits(session, phone, source)
    challenge_id, code = new_id(), f"{secrets.randbelow(1_000_000):06d}"
    session.add(
        SignInChallenge(
            id=challenge_id,
            phone_fingerprint=phone,
            source_fingerprint=source,
            purpose=purpose.value,
            code_fingerprint=_code_fingerprint(vault, challenge_id, asking.subject, code),
            created_at=session.now(),
            expires_at=session.now() + LASTS,
        )
    )
    await session.flush()
    return CodeMessage(challenge_id, purpose.value, asking.locale, asking.phone, code)


async def check(
    session: Session, vault: Vault, purpose: Purpose, answering: Answering
) -> MarketplaceError | None:
    """None when the code is right, else the refusal. The try is counted, so the caller must commit before it raises.

    A right code is not yet spent: see ``spend``.
    """
    row = await session.scalar(
        select(SignInChallenge).where(
            SignInChallenge.id == answering.challenge_id,
            SignInChallenge.purpose == purpose.value,
            SignInChallenge.phone_fingerprint == vault.fingerprint(answering.phone, phones.PURPOSE),
        )
    )
    # Counting comes first: tries that race each other cannot all be the fifth.
    if row is None or not await _count_try(session, row.id):
        return OneTimeCodeIsSpent()
    given = _code_fingerprint(vault, row.id, answering.subject, answering.code)
    if not hmac.compare_digest(given, row.code_fingerprint):
        return OneTimeCodeIsWrong(tries_left=MOST_WRONG_TRIES - row.wrong_tries - 1)
    await session.execute(
        update(SignInChallenge)
        .where(SignInChallenge.id == row.id)
        .values(wrong_tries=SignInChallenge.wrong_tries - 1)
        .execution_options(synchronize_session=False)
    )
    return None


async def spend(session: Session, challenge_id: UUID) -> None:
    """Use up a code that was right. Raises OneTimeCodeIsSpent when somebody else was quicker."""
    spent = await session.execute(
        update(SignInChallenge)
        .where(SignInChallenge.id == challenge_id, SignInChallenge.used_at.is_(None))
        .values(used_at=session.now())
        .returning(SignInChallenge.id)
        .execution_options(synchronize_session=False)
    )
    if spent.scalar_one_or_none() is None:
        raise OneTimeCodeIsSpent()


def network_of(address: str) -> str:
    """What counts as one source: an IPv4 address, or the /64 of an IPv6 one, which any single household owns."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)


async def forget_old(session: Session) -> None:
    """Remove codes that no limit counts any more. A repeated task."""
    await session.execute(
        SignInChallenge.__table__.delete().where(  # type: ignore[attr-defined]
            SignInChallenge.created_at < session.now() - _KEPT
        )
    )


async def _count_try(session: Session, challenge_id: UUID) -> bool:
    counted = await session.execute(
        update(SignInChallenge)
        .where(
            SignInChallenge.id == challenge_id,
            SignInChallenge.used_at.is_(None),
            SignInChallenge.expires_at > session.now(),
            SignInChallenge.wrong_tries < MOST_WRONG_TRIES,
        )
        .values(wrong_tries=SignInChallenge.wrong_tries + 1)
        .returning(SignInChallenge.id)
        .execution_options(synchronize_session=False)
    )
    return counted.scalar_one_or_none() is not None


def _code_fingerprint(vault: Vault, challenge_id: UUID, subject: str, code: str) -> bytes:
    return vault.fingerprint(f"{challenge_id}:{subject}:{code}", "one-time-code")


async def _lock(session: Session, *fingerprints: bytes) -> None:
    """Let no two requests for one phone or one source count at the same time. SQLite has a single writer anyway."""
    if not session.is_postgresql:
        return
    for key in sorted(int.from_bytes(value[:8], signed=True) for value in fingerprints):
        await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


async def _check_limits(session: Session, phone: bytes, source: bytes) -> None:
    for column, value, limits in (
        (SignInChallenge.phone_fingerprint, phone, _PHONE_LIMITS),
        (SignInChallenge.source_fingerprint, source, _SOURCE_LIMITS),
    ):
        for window, most in limits:
            sent, oldest = (
                await session.execute(
                    select(func.count(), func.min(SignInChallenge.created_at)).where(
                        column == value, SignInChallenge.created_at > session.now() - window
                    )
                )
            ).one()
            if sent >= most:
                wait = oldest + window - session.now()
                raise TooManyCodes(retry_after=max(1, int(wait.total_seconds())))
