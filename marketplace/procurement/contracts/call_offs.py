"""Services called off a framework: chosen directly with a published reason, given by rotation, or put to a second competition.

Whoever calls off holds the framework's tender, so that turns are taken one after another. Each call-off that finds its supplier makes
an order: a contract of its own.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from marketplace.db import audit
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import local_day
from marketplace.kernel.errors import InputIsInvalid
from marketplace.kernel.ids import new_id
from marketplace.outbox.publish import publish
from marketplace.procurement import records
from marketplace.procurement.awards.models import Award
from marketplace.procurement.contracts import drafting, policy
from marketplace.procurement.contracts.drafts import CallOffDraft
from marketplace.procurement.contracts.errors import (
    CallOffIsOutOfTerm,
    FrameworkHasNoSuppliers,
    OffersNeedTime,
    ReasonIsMissing,
    SupplierDoesNotStand,
    WayIsNotAllowed,
)
from marketplace.procurement.contracts.events import CallOffDecided, CallOffOpened
from marketplace.procurement.contracts.frameworks import Framework, Standing, framework
from marketplace.procurement.contracts.holding import lock_tender
from marketplace.procurement.contracts.models import CallOff, Contract
from marketplace.procurement.errors import TenderIsSuspended
from marketplace.procurement.profiles import rule
from marketplace.procurement.tenders.file import CallOffWay, PlannedMilestone
from marketplace.procurement.working_days import calendar


async def open_call_off(session: Session, viewer: Viewer, lot_id: UUID, draft: CallOffDraft) -> UUID:
    """Call a service off; answers the call-off's id, for a repeated key the first one.

    Raises SignInNeeded, NotFound, NotPermitted, OfficerBelongsToTheSupplier, TenderIsSuspended, WayIsNotAllowed, CallOffIsOutOfTerm,
    FrameworkHasNoSuppliers, SupplierDoesNotStand, ReasonIsMissing, InputIsInvalid, OffersNeedTime.
    """
    seen = await framework(session, lot_id)
    officer = policy.must_be_officer(viewer, seen.buyer.area_code, draft.organisation_id)
    competes = draft.way is CallOffWay.COMPETITION
    if competes and draft.price_weight + draft.rating_weight > 100:
        raise InputIsInvalid.of("rating_weight", "weights_over_100")
    await lock_tender(session, seen.tender.id)
    it = await framework(session, lot_id)
    before = await session.scalar(
        select(CallOff.id).where(
            CallOff.opened_by == officer, CallOff.idempotency_key == draft.idempotency_key
        )
    )
    if before is not None:
        return before
    await _must_be_possible(session, it, draft)
    fields = draft.model_dump(
        include={"title", "description", "budget_fen", "starts_on", "ends_on", "idempotency_key"}
    )
    row = CallOff(
        id=new_id(),
        lot_id=lot_id,
        buyer_id=it.buyer.id,
        area_code=it.lot.area_code,
        way=draft.way.value,
        opened_at=session.now(),
        opened_by=officer,
        offers_end_at=await _offers_end(session, draft),
        price_weight=draft.price_weight if competes else 100,
        rating_weight=draft.rating_weight if competes else 0,
        **fields,
    )
    session.add(row)
    await session.flush()
    facts = {"way": row.way, "budget_fen": row.budget_fen, "lot_id": lot_id}
    await records.append(session, it.tender.id, "call_off.opened", officer, call_off_id=row.id, **facts)
    audit.record(session, officer, "call_off.opened", ("call_off", row.id), **facts)
    if competes:
        await publish(session, CallOffOpened(it.tender.id, row.id))
    elif draft.way is CallOffWay.DIRECT:
        await give(session, it, row, _chosen(it, draft), row.budget_fen, draft.basis, officer)
    else:
        await give(session, it, row, await _next(session, it, row), row.budget_fen, None, officer)
    return row.id


async def give(
    session: Session,
    it: Framework,
    row: CallOff,
    supplier: Standing,
    price_fen: int,
    basis: str | None,
    officer: UUID,
) -> None:
    """The service goes to ``supplier``: the call-off says so and on what basis, and its order waits for signatures."""
    row.organisation_id, row.basis, row.ended_at = supplier.organisation_id, basis, session.now()
    await session.flush()
    known = await rule(session, "contract")
    order = Contract(
        id=new_id(),
        lot_id=row.lot_id,
        call_off_id=row.id,
        organisation_id=supplier.organisation_id,
        is_framework=False,
        title=row.title,
        value_fen=price_fen,
        currency=it.lot.currency,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        sign_from=session.now(),
        sign_due_at=(await calendar(session)).due(session.now(), known, "within_days"),
    )
    step = PlannedMilestone(
        title=row.title, deliverable=row.description[:1000], due_on=row.ends_on, share=100
    )
    facts = {"organisation_id": supplier.organisation_id, "price_fen": price_fen, "turn": row.turn}
    await records.append(session, it.tender.id, "call_off.decided", officer, call_off_id=row.id, **facts)
    audit.record(session, officer, "call_off.decided", ("call_off", row.id), **facts)
    await drafting.add(session, officer, it.tender, order, (step,))
    await publish(session, CallOffDecided(it.tender.id, row.id))


async def _must_be_possible(session: Session, it: Framework, draft: CallOffDraft) -> None:
    """Raises TenderIsSuspended, WayIsNotAllowed, CallOffIsOutOfTerm, FrameworkHasNoSuppliers."""
    if it.tender.suspended_at is not None:
        raise TenderIsSuspended(article=(await rule(session, "suspension")).article)
    if draft.way not in it.ways:
        raise WayIsNotAllowed(article=(await rule(session, "call_off_ways")).article)
    in_term = it.lot.starts_on <= draft.starts_on <= draft.ends_on <= it.lot.ends_on
    if not in_term or draft.ends_on < local_day(session.now()):
        article = (await rule(session, "framework_terms")).article
        raise CallOffIsOutOfTerm(starts_on=it.lot.starts_on, ends_on=it.lot.ends_on, article=article)
    if not it.suppliers:
        raise FrameworkHasNoSuppliers()
    if draft.way is CallOffWay.DIRECT:
        if draft.organisation_id is None:
            raise InputIsInvalid.of("organisation_id", "missing")
        if draft.basis is None:
            raise ReasonIsMissing(article=(await rule(session, "call_off_ways")).article)


async def _offers_end(session: Session, draft: CallOffDraft) -> datetime | None:
    """Raises InputIsInvalid, OffersNeedTime."""
    if draft.way is not CallOffWay.COMPETITION:
        return None
    if draft.offers_end_at is None:
        raise InputIsInvalid.of("offers_end_at", "missing")
    known = await rule(session, "call_off_offers")
    earliest = (await calendar(session)).due(session.now(), known, "least_days")
    if draft.offers_end_at < earliest:
        raise OffersNeedTime(earliest=earliest, article=known.article)
    return draft.offers_end_at


def _chosen(it: Framework, draft: CallOffDraft) -> Standing:
    """Raises SupplierDoesNotStand."""
    found = it.supplier(draft.organisation_id)
    if found is None:
        raise SupplierDoesNotStand()
    return found


async def _next(session: Session, it: Framework, row: CallOff) -> Standing:
    """Whose turn it is: the next in the published order after whoever had the last turn, from the start again after the last.

    The tender is locked, so two officers get two turns; the constraint on the turn's number stands behind.
    """
    last = (
        await session.execute(
            select(CallOff.turn, CallOff.organisation_id)
            .where(CallOff.lot_id == row.lot_id, CallOff.turn.is_not(None))
            .order_by(CallOff.turn.desc())
            .limit(1)
        )
    ).one_or_none()
    row.turn = 1 if last is None else last.turn + 1
    place = 0
    if last is not None:
        place = await _place_of(session, row.lot_id, last.organisation_id)
    return next((one for one in it.suppliers if one.place > place), it.suppliers[0])


async def _place_of(session: Session, lot_id: UUID, organisation_id: UUID) -> int:
    """The published place of a supplier, whether it stands today or not."""
    found = select(func.max(Award.place)).where(
        Award.lot_id == lot_id, Award.organisation_id == organisation_id
    )
    return await session.scalar(found) or 0
