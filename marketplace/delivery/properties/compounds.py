"""Compounds: registered by the community, and corrected by it."""

from uuid import UUID

from sqlalchemy.exc import IntegrityError

from marketplace.areas import queries as areas
from marketplace.db import audit
from marketplace.db.insert import insert_once
from marketplace.db.session import Session
from marketplace.delivery.properties import policy
from marketplace.delivery.properties.drafts import CompoundDraft
from marketplace.delivery.properties.errors import CompoundIsRegistered
from marketplace.delivery.properties.holding import compound_of
from marketplace.delivery.properties.models import Compound
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import InputIsInvalid, NotPermitted
from marketplace.kernel.ids import new_id


async def register(session: Session, viewer: Viewer, draft: CompoundDraft) -> UUID:
    """Register a compound of one's community; answers its id.

    Raises SignInNeeded, NotPermitted, InputIsInvalid for an area that is not there, CompoundIsRegistered.
    """
    worker = viewer.signed_in()
    await _must_be_in_reach(session, viewer, draft.area_code)
    row = Compound(id=new_id(), registered_at=session.now(), registered_by=worker, **draft.model_dump())
    if not await insert_once(session, row):
        raise CompoundIsRegistered()
    audit.record(session, worker, "compound.registered", ("compound", row.id), area_code=row.area_code)
    return row.id


async def correct(session: Session, viewer: Viewer, compound_id: UUID, draft: CompoundDraft) -> None:
    """Say anew what a compound is called, where it lies and how large it is.

    Raises SignInNeeded, NotFound, NotPermitted, InputIsInvalid for an area that is not there, CompoundIsRegistered.
    """
    worker = viewer.signed_in()
    row = await compound_of(session, compound_id, locked=True)
    (await policy.standing(session, viewer, row)).must_be_community()
    await _must_be_in_reach(session, viewer, draft.area_code)
    try:
        async with session.begin_nested():
            for name, value in draft.model_dump().items():
                setattr(row, name, value)
            await session.flush()
    except IntegrityError:
        raise CompoundIsRegistered() from None
    audit.record(session, worker, "compound.corrected", ("compound", row.id), households=row.households)


async def _must_be_in_reach(session: Session, viewer: Viewer, area_code: str) -> None:
    """Raises NotPermitted, InputIsInvalid."""
    if not policy.is_community(viewer, area_code):
        raise NotPermitted()
    if await areas.current(session, area_code) is None:
        raise InputIsInvalid.of("area_code", "unknown_choice", choice=area_code)
