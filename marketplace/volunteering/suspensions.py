"""Needs rest while their organisation is suspended: nobody finds them or signs up, planned shifts and places stay as they are."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select, update

from marketplace.db.session import Session
from marketplace.organisations.events import OrganisationChanged
from marketplace.organisations.models import Organisation
from marketplace.outbox.publish import publish
from marketplace.volunteering.events import NeedResumed, NeedSuspended
from marketplace.volunteering.models import Need
from marketplace.volunteering.states import is_open_need


async def follow(session: Session, event: OrganisationChanged) -> None:
    """Consumer: bring the organisation's needs in line with it. News of one organisation comes in order."""
    organisation = await session.get_one(Organisation, event.organisation_id)
    if organisation.suspended_at is None:
        await _resume(session, organisation.id)
    else:
        await suspend(session, [organisation.id])


async def suspend(session: Session, organisation_ids: Collection[UUID]) -> None:
    """Let the open needs rest of those of the organisations that are suspended."""
    since = select(Organisation.suspended_at).where(Organisation.id == Need.organisation_id)
    suspended = select(Organisation.id).where(
        Organisation.id.in_(organisation_ids), Organisation.suspended_at.is_not(None)
    )
    resting = await session.scalars(
        update(Need)
        .where(Need.organisation_id.in_(suspended), is_open_need())
        .values(suspended_at=since.scalar_subquery(), version=Need.version + 1)
        .returning(Need.id)
        .execution_options(synchronize_session=False)
    )
    for need_id in sorted(resting.all()):
        await publish(session, NeedSuspended(need_id))


async def _resume(session: Session, organisation_id: UUID) -> None:
    resumed = await session.scalars(
        update(Need)
        .where(Need.organisation_id == organisation_id, Need.suspended_at.is_not(None))
        .values(suspended_at=None, version=Need.version + 1)
        .returning(Need.id)
        .execution_options(synchronize_session=False)
    )
    for need_id in sorted(resumed.all()):
        await publish(session, NeedResumed(need_id, session.now()))
