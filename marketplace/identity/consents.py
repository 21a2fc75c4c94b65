"""Consent as a record: each decision is a row, the newest of a kind is what holds."""

from collections.abc import Collection
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select

from marketplace.db.session import Session
from marketplace.identity import policy
from marketplace.identity.errors import ConsentIsRequired
from marketplace.identity.events import ConsentDecided
from marketplace.identity.models import Consent
from marketplace.identity.viewer import Viewer
from marketplace.outbox.publish import publish

VERSION = "2026-11"


class ConsentKind(StrEnum):
    """What a person agrees to. The first two come with the account; the third is a choice."""

    TERMS = "terms"
    PRIVACY = "privacy"
    CONTACT = "contact"
    """The organiser of a shift that I am confirmed for may see my telephone number."""
    INVITATIONS = "invitations"
    """Organisers whose needs suit me may see my surname and district, and invite me."""
    RANKING = "personal_ranking"
    """Needs are ordered for me by what the house knows of me. PIPL 24: it can be refused, so it holds until it is."""


REQUIRED = (ConsentKind.TERMS, ConsentKind.PRIVACY)
OPTIONAL = (ConsentKind.CONTACT, ConsentKind.INVITATIONS, ConsentKind.RANKING)
HOLDS_UNTIL_REFUSED = frozenset({ConsentKind.RANKING})


async def holding(session: Session, person_id: UUID) -> dict[ConsentKind, Consent]:
    """The newest decision of each kind that the person ever made."""
    rows = await session.scalars(
        select(Consent).where(Consent.person_id == person_id).order_by(Consent.at, Consent.id)
    )
    return {ConsentKind(row.kind): row for row in rows}


async def holds(session: Session, person_id: UUID, kind: ConsentKind) -> bool:
    """Whether the person agrees to ``kind`` now."""
    return (await choices_of(session, [person_id], [kind]))[person_id][kind]


async def choices_of(
    session: Session, person_ids: Collection[UUID], kinds: Collection[ConsentKind]
) -> dict[UUID, dict[ConsentKind, bool]]:
    """For each of these people, whether each of ``kinds`` holds now; one statement."""
    found = {person_id: {kind: kind in HOLDS_UNTIL_REFUSED for kind in kinds} for person_id in person_ids}
    rows = await session.execute(
        select(Consent.person_id, Consent.kind, Consent.given)
        .where(Consent.person_id.in_(person_ids), Consent.kind.in_([kind.value for kind in kinds]))
        .order_by(Consent.at, Consent.id)
    )
    for person_id, kind, given in rows:
        found[person_id][ConsentKind(kind)] = given
    return found


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
        await publish(session, ConsentDecided(person_id=person_id, kind=kind.value))


async def withdraw(session: Session, viewer: Viewer, kind: ConsentKind) -> None:
    """Agree no longer. Raises ConsentIsRequired for terms and privacy: they end with the account."""
    person_id = policy.manages_account(viewer)
    if kind in REQUIRED:
        raise ConsentIsRequired()
    if await holds(session, person_id, kind):
        record(session, person_id, kind, given=False)
        await publish(session, ConsentDecided(person_id=person_id, kind=kind.value))


def record(session: Session, person_id: UUID, kind: ConsentKind, *, given: bool) -> None:
    """Write a decision down."""
    session.add(Consent(person_id=person_id, kind=kind.value, version=VERSION, given=given, at=session.now()))
