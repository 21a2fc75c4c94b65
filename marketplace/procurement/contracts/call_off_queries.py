"""Look up call-offs: what is called off a framework, who offered once that is no secret, and who got it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select

from marketplace.db.clock import database_now
from marketplace.db.pages import falling
from marketplace.db.rows import grouped
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.pagination import Page, PageRequest, cut, encode_cursor
from marketplace.organisations.models import Organisation
from marketplace.procurement.contracts.models import CallOff, CallOffOffer, Contract
from marketplace.procurement.contracts.ranking import Judged, rank
from marketplace.procurement.contracts.states import CallOffState, call_off_state
from marketplace.procurement.models import Buyer
from marketplace.procurement.policy import may_buy, of_the_trade, supplies_for
from marketplace.procurement.tenders.models import Lot, Tender


@dataclass(frozen=True, slots=True)
class CallOffRow:
    """A call-off as everybody sees it: frameworks are called off in public."""

    id: UUID
    lot_id: UUID
    tender_id: UUID
    tender_title: str
    lot_title: str
    buyer: str
    area_code: str
    way: str
    title: str
    description: str
    budget_fen: int
    currency: str
    starts_on: date
    ends_on: date
    opened_at: datetime
    offers_end_at: datetime | None
    price_weight: int
    rating_weight: int
    state: CallOffState
    organisation_id: UUID | None
    supplier: str | None
    basis: str | None
    ended_at: datetime | None
    contract_id: UUID | None
    is_buyer: bool


@dataclass(frozen=True, slots=True)
class OfferRow:
    """An offer; place and points are there once it is judged and the call-off decided."""

    id: UUID
    organisation_id: UUID
    supplier: str
    price_fen: int
    text: str
    offered_at: datetime
    quality: int | None
    rating_low: int | None
    is_mine: bool
    place: int | None = None
    points: Fraction | None = None


async def call_off(session: Session, viewer: Viewer, call_off_id: UUID) -> CallOffRow:
    """One call-off. Raises NotFound."""
    found = await call_offs_by_ids(session, viewer, [call_off_id])
    if call_off_id not in found:
        raise NotFound()
    return found[call_off_id]


async def call_offs_by_ids(
    session: Session, viewer: Viewer, call_off_ids: Collection[UUID]
) -> dict[UUID, CallOffRow]:
    """Those of the call-offs that there are."""
    rows = await session.execute(_select().where(CallOff.id.in_(call_off_ids)))
    return {row[0].id: _row(row, viewer, session.now()) for row in rows}


async def of_lot(session: Session, viewer: Viewer, lot_id: UUID, request: PageRequest) -> Page[CallOffRow]:
    """What was called off one framework, the newest first."""
    query = falling(_select().where(CallOff.lot_id == lot_id), request, CallOff.opened_at, CallOff.id)
    shown = [_row(row, viewer, session.now()) for row in await session.execute(query)]
    return cut(shown, request, lambda row: encode_cursor(row.opened_at, row.id))


async def to_offer(session: Session, viewer: Viewer) -> Sequence[CallOffRow]:
    """Second competitions that run among suppliers for which the viewer acts, those that end first first. Raises SignInNeeded."""
    viewer.signed_in()
    lots = select(Contract.lot_id).where(
        Contract.is_framework,
        Contract.signed_at.is_not(None),
        Contract.terminated_at.is_(None),
        Contract.organisation_id.in_(supplies_for(viewer)),
    )
    rows = await session.execute(
        _select()
        .where(CallOff.lot_id.in_(lots), CallOff.ended_at.is_(None), CallOff.offers_end_at > session.now())
        .order_by(CallOff.offers_end_at, CallOff.id)
        .limit(50)
    )
    return [_row(row, viewer, session.now()) for row in rows]


async def offers_of(
    session: Session, viewer: Viewer, call_off_ids: Collection[UUID]
) -> dict[UUID, list[OfferRow]]:
    """By call-off, the best first. Before the end of offers, by the database's clock, everybody sees nothing but the own one;
    between the end and the decision the buyer and those who offered see all; afterwards everybody does."""
    rows = await session.execute(
        select(CallOffOffer.call_off_id, CallOffOffer, Organisation.name, CallOff)
        .join(CallOff, CallOff.id == CallOffOffer.call_off_id)
        .join(Buyer, Buyer.id == CallOff.buyer_id)
        .join(Organisation, Organisation.id == CallOffOffer.organisation_id)
        .where(CallOffOffer.call_off_id.in_(call_off_ids), _is_shown(session, viewer))
        .order_by(CallOffOffer.price_fen, CallOffOffer.offered_at, CallOffOffer.id)
    )
    by_call_off = grouped((row[0], (row[1], row[2], row[3])) for row in rows)
    return {call_off_id: _ranked(offers, offers[0][2], viewer) for call_off_id, offers in by_call_off.items()}


def _is_shown(session: Session, viewer: Viewer) -> ColumnElement[bool]:
    mine = CallOffOffer.organisation_id.in_(supplies_for(viewer))
    competed = CallOff.id.in_(
        select(CallOffOffer.call_off_id).where(CallOffOffer.organisation_id.in_(supplies_for(viewer)))
    )
    is_over = CallOff.offers_end_at <= database_now(session)
    insiders = or_(of_the_trade(viewer, Buyer.area_code), competed)
    return or_(mine, and_(is_over, or_(CallOff.ended_at.is_not(None), insiders)))


def _ranked(
    offers: Sequence[tuple[CallOffOffer, str, CallOff]], of: CallOff, viewer: Viewer
) -> list[OfferRow]:
    """The offers by rank where they are judged; by price before that."""
    asks_quality = of.price_weight + of.rating_weight < 100
    judged = all(
        (one.quality is not None or not asks_quality) and (one.rating_low is not None or not of.rating_weight)
        for one, _, _ in offers
    )
    ranks = {
        ranked.offer.organisation_id: ranked
        for ranked in rank(
            (
                Judged(one.organisation_id, one.price_fen, one.offered_at, one.quality, one.rating_low)
                for one, _, _ in offers
            ),
            of.price_weight,
            of.rating_weight,
        )
    }
    mine = supplies_for(viewer)
    rows = [
        OfferRow(
            id=one.id,
            organisation_id=one.organisation_id,
            supplier=name,
            price_fen=one.price_fen,
            text=one.text,
            offered_at=one.offered_at,
            quality=one.quality,
            rating_low=one.rating_low,
            is_mine=one.organisation_id in mine,
            place=ranks[one.organisation_id].place if judged else None,
            points=ranks[one.organisation_id].points if judged else None,
        )
        for one, name, _ in offers
    ]
    return sorted(rows, key=lambda row: row.place or 0)


def _select() -> Select[*tuple[Any, ...]]:
    return (
        select(
            CallOff,
            Lot.title,
            Lot.currency,
            Lot.tender_id,
            Tender.title,
            Buyer,
            Organisation.name,
            Contract.id,
        )
        .join(Lot, Lot.id == CallOff.lot_id)
        .join(Tender, Tender.id == Lot.tender_id)
        .join(Buyer, Buyer.id == CallOff.buyer_id)
        .outerjoin(Organisation, Organisation.id == CallOff.organisation_id)
        .outerjoin(Contract, Contract.call_off_id == CallOff.id)
    )


def _row(row: Row[*tuple[Any, ...]], viewer: Viewer, now: datetime) -> CallOffRow:
    one, lot_title, currency, tender_id, tender_title, buyer, supplier, contract_id = row
    return CallOffRow(
        id=one.id,
        lot_id=one.lot_id,
        tender_id=tender_id,
        tender_title=tender_title,
        lot_title=lot_title,
        buyer=buyer.name,
        area_code=buyer.area_code,
        way=one.way,
        title=one.title,
        description=one.description,
        budget_fen=one.budget_fen,
        currency=currency,
        starts_on=one.starts_on,
        ends_on=one.ends_on,
        opened_at=one.opened_at,
        offers_end_at=one.offers_end_at,
        price_weight=one.price_weight,
        rating_weight=one.rating_weight,
        state=call_off_state(one, now),
        organisation_id=one.organisation_id,
        supplier=supplier,
        basis=one.basis,
        ended_at=one.ended_at,
        contract_id=contract_id,
        is_buyer=may_buy(viewer, buyer.area_code),
    )
