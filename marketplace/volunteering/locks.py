"""Rows locked for a change, in one order everywhere: person, then shifts by id, then the need. Hidden things are not found."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound, NotPermitted
from marketplace.volunteering.models import Need, Shift
from marketplace.volunteering.policy import may_manage, visible_to


async def managed_need(session: Session, viewer: Viewer, need_id: UUID) -> Need:
    """The need, locked. Raises SignInNeeded, NotFound when it is hidden, NotPermitted when it is seen but not managed."""
    need = await seen_need(session, viewer, need_id)
    if not may_manage(viewer, area_code=need.area_code, organisation_id=need.organisation_id):
        raise NotPermitted()
    return need


async def seen_need(session: Session, viewer: Viewer, need_id: UUID) -> Need:
    """The need, locked, for whoever may see it. Raises SignInNeeded and NotFound."""
    viewer.signed_in()
    need = await session.scalar(
        select(Need)
        .where(Need.id == need_id, visible_to(viewer))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if need is None:
        raise NotFound()
    return need


async def managed_shift(session: Session, viewer: Viewer, shift_id: UUID) -> tuple[Shift, Need]:
    """The shift and its need, locked in that order. Raises as ``managed_need``."""
    viewer.signed_in()
    shift = await session.scalar(
        select(Shift)
        .join(Need, Need.id == Shift.need_id)
        .where(Shift.id == shift_id, visible_to(viewer))
        .with_for_update(of=Shift, key_share=True)
        .execution_options(populate_existing=True)
    )
    if shift is None:
        raise NotFound()
    return shift, await managed_need(session, viewer, shift.need_id)


async def coming_shifts(session: Session, need_id: UUID) -> Sequence[Shift]:
    """The need's shifts that have not begun and are not cancelled, locked by id."""
    shifts = await session.scalars(
        select(Shift)
        .where(Shift.need_id == need_id, Shift.starts_at > session.now(), Shift.cancelled_at.is_(None))
        .order_by(Shift.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return shifts.all()


async def need_with_coming_shifts(
    session: Session, viewer: Viewer, need_id: UUID
) -> tuple[Need, Sequence[Shift]]:
    """The managed need and its coming shifts, locked. Raises as ``managed_need``.

    A shift added while we waited for the need is locked after it, against the order. That can only clash with somebody who
    signs up for it within that very moment; the database then ends one of the two, and trying again succeeds.
    """
    await _check_managed(session, viewer, need_id)
    await coming_shifts(session, need_id)
    need = await managed_need(session, viewer, need_id)
    return need, await coming_shifts(session, need_id)


async def _check_managed(session: Session, viewer: Viewer, need_id: UUID) -> None:
    viewer.signed_in()
    row = (
        await session.execute(
            select(Need.area_code, Need.organisation_id).where(Need.id == need_id, visible_to(viewer))
        )
    ).one_or_none()
    if row is None:
        raise NotFound()
    if not may_manage(viewer, area_code=row.area_code, organisation_id=row.organisation_id):
        raise NotPermitted()
