"""Owners: somebody says which home is theirs, the community confirms or refuses, and it ends. How many they are is public, who never."""

import re
import unicodedata
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select, update

from marketplace.db import audit
from marketplace.db.insert import insert_once
from marketplace.db.session import Session
from marketplace.delivery.properties import policy
from marketplace.delivery.properties.drafts import ClaimDecisionDraft, ClaimDraft
from marketplace.delivery.properties.errors import (
    ClaimIsDecidedAlready,
    ClaimIsOpenAlready,
    OwnClaimIsDecidedByAnother,
    RefusalNeedsAReason,
)
from marketplace.delivery.properties.events import OwnerClaimed, OwnerDecided
from marketplace.delivery.properties.holding import compound_of
from marketplace.delivery.properties.models import Compound, CompoundOwner
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import new_id
from marketplace.kernel.vault import Vault
from marketplace.outbox.publish import publish

HOME = "compound_home"
FORGOTTEN: Final = {"home_sealed": None, "home_fingerprint": None}

_KINDS_OF_PLACES: Final = re.compile(
    r"号楼|单元|[号楼栋幢座室房]|\b(?:building|bldg|block|unit|room|rm|flat|no)\b|[\W_]+"
)


def plain_home(home: str) -> str:
    """Building and door however they are written: "3号楼501室" and "3 - 501" are one home."""
    told = unicodedata.normalize("NFKC", home).casefold()
    return " ".join(_KINDS_OF_PLACES.sub(" ", told).split())


async def claim(session: Session, viewer: Viewer, vault: Vault, compound_id: UUID, draft: ClaimDraft) -> UUID:
    """Say that a home of the compound is one's own; answers the claim's id. Raises SignInNeeded, NotFound, ClaimIsOpenAlready."""
    person_id = viewer.signed_in()
    compound = await compound_of(session, compound_id)
    row = CompoundOwner(
        id=new_id(),
        compound_id=compound.id,
        person_id=person_id,
        home_sealed=vault.encrypt(draft.home, HOME),
        home_fingerprint=vault.fingerprint(plain_home(draft.home), HOME),
        claimed_at=session.now(),
    )
    if not await insert_once(session, row):
        raise ClaimIsOpenAlready()
    await publish(session, OwnerClaimed(compound.id, row.id))
    return row.id


async def decide(session: Session, viewer: Viewer, owner_id: UUID, draft: ClaimDecisionDraft) -> UUID:
    """Confirm or refuse a claim, as the community; answers the compound's id.

    Raises SignInNeeded, NotFound, OwnClaimIsDecidedByAnother, RefusalNeedsAReason, ClaimIsDecidedAlready.
    """
    worker = viewer.signed_in()
    row, compound = await _found(session, owner_id)
    if not policy.is_community(viewer, compound.area_code):
        raise NotFound()
    if row.person_id == worker:
        raise OwnClaimIsDecidedByAnother()
    if not draft.is_confirmed and draft.reason is None:
        raise RefusalNeedsAReason()
    now = session.now()
    # What was refused need not be known any longer.
    values = (
        {"confirmed_at": now, "confirmed_by": worker}
        if draft.is_confirmed
        else {"refused_at": now, "confirmed_by": worker, "refusal_reason": draft.reason, **FORGOTTEN}
    )
    decided = await session.execute(
        update(CompoundOwner)
        .where(
            CompoundOwner.id == owner_id,
            CompoundOwner.confirmed_at.is_(None),
            CompoundOwner.refused_at.is_(None),
            CompoundOwner.ended_at.is_(None),
        )
        .values(**values)
        .returning(CompoundOwner.id)
    )
    if decided.scalar_one_or_none() is None:
        raise ClaimIsDecidedAlready()
    action = "owner.confirmed" if draft.is_confirmed else "owner.refused"
    audit.record(session, worker, action, ("compound_owner", owner_id), compound_id=compound.id)
    await publish(session, OwnerDecided(compound.id, owner_id))
    return compound.id


async def end(session: Session, viewer: Viewer, owner_id: UUID) -> UUID:
    """The home was sold, or the claim is taken back: by the owner or the community; answers the compound's id.

    Raises SignInNeeded, NotFound, ClaimIsDecidedAlready.
    """
    person_id = viewer.signed_in()
    row, compound = await _found(session, owner_id)
    if row.person_id != person_id and not policy.is_community(viewer, compound.area_code):
        raise NotFound()
    ended = await session.execute(
        update(CompoundOwner)
        .where(
            CompoundOwner.id == owner_id, CompoundOwner.refused_at.is_(None), CompoundOwner.ended_at.is_(None)
        )
        .values(ended_at=session.now(), **FORGOTTEN)
        .returning(CompoundOwner.id)
    )
    if ended.scalar_one_or_none() is None:
        raise ClaimIsDecidedAlready()
    audit.record(session, person_id, "owner.ended", ("compound_owner", owner_id), compound_id=compound.id)
    return compound.id


def is_of_the_same_home(claim: CompoundOwner) -> ColumnElement[bool]:
    """SQL over owners: others whose claim to the same home stands or waits."""
    return and_(
        CompoundOwner.compound_id == claim.compound_id,
        CompoundOwner.home_fingerprint == claim.home_fingerprint,
        CompoundOwner.id != claim.id,
    )


async def _found(session: Session, owner_id: UUID) -> tuple[CompoundOwner, Compound]:
    """Raises NotFound."""
    found = (
        await session.execute(
            select(CompoundOwner, Compound)
            .join(Compound, Compound.id == CompoundOwner.compound_id)
            .where(CompoundOwner.id == owner_id)
        )
    ).one_or_none()
    if found is None:
        raise NotFound()
    return found[0], found[1]
