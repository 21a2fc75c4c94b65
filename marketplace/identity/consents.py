"""Consent as a record: each decision is a row, the newest of a kind is what holds."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import select

from marketplace.db.session import Session
from marketplace.identity import policy
from marketplace.identity.errors import ConsentIsRequired
from marketplace.identity.models import Consent
from marketplace.identity.viewer import Viewer

VERSION = "2026-11"


class ConsentKind(StrEnum):
    """What a person agrees to. The first two come with the account; the third is a choice."""

    TERMS = "terms"
    PRIVACY = "privacy"
    CONTACT = "contact"
    """The organiser of a shift that I am confirmed for may see my telephone number."""


REQUIRED = (ConsentKind.TERMS, ConsentKind.PRIVACY)
OPTIONAL = (ConsentKind.CONTACT,)


async def holding(session: Session, person_id: UUID) -> dict[ConsentKind, Consent]:
    """The newest decision of each kind that the person ever made."""
    rows = await session.scalars(
        select(Consent).where(Consent.person_id == person_id).order_by(Consent.at, Consent.id)
    )
    return {ConsentKind(row.kind): row for row in rows}


async def holds(session: Session, person_id: UUID, kind: ConsentKind) -> bool:
    """Whether the person agrees to ``kind`` now."""
    newest = (await holding(session, person_id)).get(kind)
    return newest is not None and newest.given


async def agreed_to_all(session: Session, person_id: UUID) -> bool:
    """Whether terms and privacy notice were agreed to in the version that is in force."""
    found = await holding(session, person_id)
    return all(kind in found and found[kind].given and found[kind].version == VERSION for kind in REQUIRED)


async def history(session: Session, viewer: Viewer) -> list[Consent]:
    """All decisions of the viewer, the newest first. Raises SignInNeeded."""
    rows = await session.scalars(
        select(Consent)
        .where(Consent.person_id == viewer.signed_in())
        .order_by(Consent.at.desc(), Consent.id.desc())
    )
    return list(rows)


async def give(session: Session, viewer: Viewer, kind: ConsentKind) -> None:
    """Agree; agreeing to what is agreed already changes nothing."""
    person_id = policy.manages_account(viewer)
    if not await holds(session, person_id, kind):
        record(session, person_id, kind, given=True)


async def withdraw(session: Session, viewer: Viewer, kind: ConsentKind) -> None:
    """Agree no longer. Raises ConsentIsRequired for terms and privacy: they end with the account."""
    person_id = policy.manages_account(viewer)
    if kind in REQUIRED:
        raise ConsentIsRequired()
    if await holds(session, person_id, kind):
        record(session, person_id, kind, given=False)


def record(session: Session, person_id: UUID, kind: ConsentKind, *, given: bool) -> None:
    """Write a decision down."""
    session.add(Consent(person_id=person_id, kind=kind.value, version=VERSION, given=given, at=session.now()))
