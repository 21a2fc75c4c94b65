"""Second competitions: offers that nobody else sees until the end by the database's clock, then ranked as was stated, and decided."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, literal, select, type_coerce

from marketplace.db import audit
from marketplace.db.clock import database_now
from marketplace.db.insert import upsert
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import new_id
from marketplace.outbox.publish import publish
from marketplace.procurement import records
from marketplace.procurement.contracts import call_offs, policy
from marketplace.procurement.contracts.drafts import CallOffDecisionDraft, CallOffEndDraft, OfferDraft
from marketplace.procurement.contracts.errors import (
    CallOffIsDecided,
    OfferingIsOver,
    OfferIsOverTheBudget,
    OffersAreStillSecret,
    QualityIsNotJudged,
    ReasonIsMissing,
    SupplierDoesNotStand,
    ThereAreNoOffers,
)
from marketplace.procurement.contracts.events import CallOffDecided
from marketplace.procurement.contracts.frameworks import Framework, framework
from marketplace.procurement.contracts.holding import ANEW, lock_tender
from marketplace.procurement.contracts.models import CallOff, CallOffOffer
from marketplace.procurement.contracts.ranking import Judged, Ranked, rank
from marketplace.procurement.errors import TenderIsSuspended
from marketplace.procurement.profiles import rule

LowEnds = Callable[[Session, Collection[UUID], str | None], Awaitable[Mapping[UUID, int]]]
"""The lower end of each supplier's rating in a kind of service, in ten-thousandths, the city's for who has none. The edge passes
``scorecards.intervals.low_ends``: that room is above this one."""


async def offer(
    session: Session, viewer: Viewer, call_off_id: UUID, organisation_id: UUID, draft: OfferDraft
) -> None:
    """Offer for the organisation; a later offer replaces its earlier one until the end. Nothing of it is noted anywhere else before.

    Raises SignInNeeded, NotFound, NotPermitted, SupplierDoesNotStand, OfferIsOverTheBudget, OfferingIsOver.
    """
    manager = policy.must_be_supplier(viewer, organisation_id)
    row = await _call_off(session, call_off_id)
    it = await framework(session, row.lot_id)
    if it.supplier(organisation_id) is None:
        raise SupplierDoesNotStand()
    if draft.price_fen > row.budget_fen:
        raise OfferIsOverTheBudget()
    values: dict[str, Any] = {
        "id": new_id(),
        "call_off_id": call_off_id,
        "organisation_id": organisation_id,
        "price_fen": draft.price_fen,
        "text": draft.text,
        "offered_at": database_now(session),
        "offered_by": manager,
    }
    columns = CallOffOffer.__table__.c
    given: list[Any] = [
        value
        if isinstance(value, ColumnElement)
        else type_coerce(literal(value, columns[name].type), columns[name].type)
        for name, value in values.items()
    ]
    # The end is judged in the statement that writes, so a clock of ours that is slow lets nobody in.
    takes = select(CallOff.id).where(
        CallOff.id == call_off_id,
        CallOff.ended_at.is_(None),
        CallOff.offers_end_at > database_now(session),
    )
    source = select(*given).where(takes.exists())
    put = upsert(session, CallOffOffer).from_select(list(values), source)
    kept = await session.execute(
        put.on_conflict_do_update(
            index_elements=[CallOffOffer.call_off_id, CallOffOffer.organisation_id],
            set_={name: put.excluded[name] for name in ("price_fen", "text", "offered_at", "offered_by")},
        ).returning(CallOffOffer.id)
    )
    if kept.scalar_one_or_none() is None:
        raise OfferingIsOver()


async def decide(
    session: Session, viewer: Viewer, call_off_id: UUID, draft: CallOffDecisionDraft, ratings: LowEnds
) -> UUID:
    """Give the service to the first in rank, or with a reason to another; answers the call-off's id.

    Raises SignInNeeded, NotFound, NotPermitted, OfficerBelongsToTheSupplier, TenderIsSuspended, CallOffIsDecided, OffersAreStillSecret,
    ThereAreNoOffers, QualityIsNotJudged, SupplierDoesNotStand, ReasonIsMissing.
    """
    row, it, officer = await _held(session, viewer, call_off_id, draft.organisation_id)
    offers = await _offers(session, row, it, draft)
    if row.rating_weight:
        await _rate(session, it, offers, ratings)
    ranked = rank((_judged(one) for one in offers), row.price_weight, row.rating_weight)
    if not ranked:
        raise ThereAreNoOffers()
    wanted = draft.organisation_id or ranked[0].offer.organisation_id
    chosen = next((one for one in ranked if one.offer.organisation_id == wanted), None)
    supplier = it.supplier(wanted)
    if chosen is None or supplier is None:
        raise SupplierDoesNotStand()
    policy.must_be_officer(viewer, it.buyer.area_code, wanted)
    if chosen.place != 1 and draft.reason is None:
        raise ReasonIsMissing(article=(await rule(session, "call_off_ways")).article)
    await _note(session, it, row, ranked, officer)
    await call_offs.give(session, it, row, supplier, chosen.offer.price_fen, draft.reason, officer)
    return call_off_id


async def end(session: Session, viewer: Viewer, call_off_id: UUID, draft: CallOffEndDraft) -> UUID:
    """The service goes to nobody, and everybody reads why.

    Raises SignInNeeded, NotFound, NotPermitted, CallOffIsDecided, OffersAreStillSecret.
    """
    row, it, officer = await _held(session, viewer, call_off_id, None)
    row.basis, row.ended_at = draft.reason, session.now()
    await records.append(session, it.tender.id, "call_off.ended", officer, call_off_id=row.id)
    audit.record(session, officer, "call_off.ended", ("call_off", row.id), reason=draft.reason)
    await publish(session, CallOffDecided(it.tender.id, row.id))
    return call_off_id


async def offers_are_open(session: Session, call_off_id: UUID) -> bool:
    """Whether the end of offers has come, by the database's clock."""
    over = select(CallOff.id).where(CallOff.id == call_off_id, CallOff.offers_end_at <= database_now(session))
    return await session.scalar(over) is not None


async def _held(
    session: Session, viewer: Viewer, call_off_id: UUID, organisation_id: UUID | None
) -> tuple[CallOff, Framework, UUID]:
    known = await _call_off(session, call_off_id)
    seen = await framework(session, known.lot_id)
    officer = policy.must_be_officer(viewer, seen.buyer.area_code, organisation_id)
    await lock_tender(session, seen.tender.id)
    it = await framework(session, known.lot_id)
    row = await session.get_one(CallOff, call_off_id, populate_existing=True)
    if row.ended_at is not None:
        raise CallOffIsDecided()
    if it.tender.suspended_at is not None:
        raise TenderIsSuspended(article=(await rule(session, "suspension")).article)
    if not await offers_are_open(session, call_off_id):
        raise OffersAreStillSecret()
    return row, it, officer


async def _offers(
    session: Session, row: CallOff, it: Framework, draft: CallOffDecisionDraft
) -> Sequence[CallOffOffer]:
    """The offers of those who still stand, with their points of quality written down. Raises QualityIsNotJudged."""
    found = await session.scalars(
        select(CallOffOffer).where(CallOffOffer.call_off_id == row.id).execution_options(**ANEW)
    )
    offers = [one for one in found if it.supplier(one.organisation_id) is not None]
    if row.price_weight + row.rating_weight == 100:
        return offers
    for one in offers:
        if one.id not in draft.quality:
            raise QualityIsNotJudged()
        one.quality = draft.quality[one.id]
    return offers


async def _rate(session: Session, it: Framework, offers: Sequence[CallOffOffer], ratings: LowEnds) -> None:
    """Write down beside each offer what users' ratings of its supplier come to at this moment, so that the ranking can be redone."""
    lows = await ratings(session, [one.organisation_id for one in offers], it.tender.category_code)
    for one in offers:
        one.rating_low = lows[one.organisation_id]


async def _note(
    session: Session, it: Framework, row: CallOff, ranked: Sequence[Ranked], officer: UUID
) -> None:
    """All offers go into the record at the decision, when they are public."""
    facts = [
        {
            "organisation_id": str(one.offer.organisation_id),
            "price_fen": one.offer.price_fen,
            "quality": one.offer.quality,
            "rating_low": one.offer.rating_low,
            "place": one.place,
            "points": f"{float(one.points):.4f}",
        }
        for one in ranked
    ]
    weights = {"price_weight": row.price_weight, "rating_weight": row.rating_weight}
    await records.append(
        session, it.tender.id, "call_off.ranked", officer, call_off_id=row.id, offers=facts, **weights
    )


def _judged(one: CallOffOffer) -> Judged:
    return Judged(one.organisation_id, one.price_fen, one.offered_at, one.quality, one.rating_low)


async def _call_off(session: Session, call_off_id: UUID) -> CallOff:
    """Raises NotFound."""
    row = await session.get(CallOff, call_off_id)
    if row is None:
        raise NotFound()
    return row
