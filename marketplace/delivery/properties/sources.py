"""Who or what measures: a sensor, an inspection, the owners or the company itself, each with a keeper who posts what it says."""

from uuid import UUID

from sqlalchemy import exists, select, update

from marketplace.db import audit
from marketplace.db.insert import insert_once
from marketplace.db.session import Session
from marketplace.delivery.properties import policy
from marketplace.delivery.properties.drafts import SourceDraft
from marketplace.delivery.properties.errors import KeeperDoesNotFit, SourceIsEnded, SourceNameIsTaken
from marketplace.delivery.properties.holding import compound_of
from marketplace.delivery.properties.models import Compound, CompoundOwner, FactSource, PropertyContract
from marketplace.delivery.properties.states import SourceKind
from marketplace.identity import sign_in
from marketplace.identity.models import RoleGrant
from marketplace.identity.viewer import ORGANISATION_ROLES, Viewer
from marketplace.kernel.clock import local_day
from marketplace.kernel.errors import InputIsInvalid, NotFound, NotPermitted
from marketplace.kernel.ids import new_id
from marketplace.kernel.vault import Vault


async def register(
    session: Session, viewer: Viewer, vault: Vault, compound_id: UUID, draft: SourceDraft
) -> UUID:
    """Register a source: the community any, a manager of the company there only the company's own; answers its id.

    Raises SignInNeeded, NotFound, NotPermitted before anything is told about a number, InputIsInvalid, KeeperDoesNotFit, SourceNameIsTaken.
    """
    by = viewer.signed_in()
    compound = await compound_of(session, compound_id)
    standing = await policy.standing(session, viewer, compound)
    standing.must_be_inside()
    is_own = draft.kind is SourceKind.COMPANY and bool(standing.managed_ids)
    if not standing.is_community and not is_own:
        raise NotPermitted()
    keeper = by
    if draft.keeper_phone is not None:
        known = await sign_in.find(session, vault, draft.keeper_phone)
        if known is None:
            raise InputIsInvalid.of("keeper_phone", "nobody_has_this_phone")
        keeper = known
    await _must_fit(session, compound, draft.kind, keeper)
    row = FactSource(
        id=new_id(),
        compound_id=compound_id,
        name=draft.name,
        kind=draft.kind.value,
        keeper_id=keeper,
        registered_at=session.now(),
        registered_by=by,
    )
    if not await insert_once(session, row):
        raise SourceNameIsTaken()
    subject = ("fact_source", row.id)
    audit.record(session, by, "source.registered", subject, kind=row.kind, compound_id=compound_id)
    return row.id


async def end(session: Session, viewer: Viewer, source_id: UUID) -> UUID:
    """Let a source post no more, as the community or its keeper; answers the compound's id. Raises SignInNeeded, NotFound, SourceIsEnded."""
    by = viewer.signed_in()
    row = await session.get(FactSource, source_id)
    if row is None:
        raise NotFound()
    compound = await compound_of(session, row.compound_id)
    if row.keeper_id != by and not policy.is_community(viewer, compound.area_code):
        raise NotFound()
    ended = await session.execute(
        update(FactSource)
        .where(FactSource.id == source_id, FactSource.ended_at.is_(None))
        .values(ended_at=session.now())
        .returning(FactSource.id)
    )
    if ended.scalar_one_or_none() is None:
        raise SourceIsEnded()
    audit.record(session, by, "source.ended", ("fact_source", source_id), compound_id=compound.id)
    return compound.id


async def _must_fit(session: Session, compound: Compound, kind: SourceKind, keeper: UUID) -> None:
    """Raises KeeperDoesNotFit: an inspection kept by the company would be the company's own figures under another name."""
    company = exists().where(
        RoleGrant.person_id == keeper,
        RoleGrant.role.in_(ORGANISATION_ROLES),
        RoleGrant.revoked_at.is_(None),
        RoleGrant.organisation_id == PropertyContract.organisation_id,
        PropertyContract.compound_id == compound.id,
        policy.open_ended(local_day(session.now())),
    )
    is_company = bool(await session.scalar(select(company)))
    if (kind is SourceKind.COMPANY) is not is_company:
        raise KeeperDoesNotFit()
    if kind is SourceKind.OWNERS:
        owner = exists().where(
            CompoundOwner.compound_id == compound.id, CompoundOwner.person_id == keeper, policy.confirmed()
        )
        if not await session.scalar(select(owner)):
            raise KeeperDoesNotFit()
