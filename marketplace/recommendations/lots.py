"""Lots for an organisation, the best first, each explained: parts of open tenders in its fields, for which it could bid.

Bars are what the platform knows for certain: that the organisation is verified and works in the field. Where it works is a preference only,
because shutting out who is from elsewhere would be unlawful (政府采购法 5). All other conditions of a tender are shown, to be proved in the bid.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, select

from marketplace.areas.models import Area
from marketplace.catalogue.models import Tag
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound, NotPermitted
from marketplace.organisations import queries as organisations
from marketplace.procurement import policy
from marketplace.procurement.models import Buyer
from marketplace.procurement.tenders.file import Condition, ConditionKind
from marketplace.procurement.tenders.models import Lot as LotRow
from marketplace.procurement.tenders.models import Tender, TenderVersion
from marketplace.recommendations import facts, weights, words
from marketplace.recommendations.drafts import RankingKind
from marketplace.recommendations.providers import providers, touched
from marketplace.recommendations.words import Reader, Told
from matching.features import Lot, Provider
from matching.scoring import Explanation, rank_lots

MOST = 10
_KNOWN_HERE = frozenset({ConditionKind.REGISTERED})
"""Conditions that a verified organisation meets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LotForProvider:
    """A lot in the organisation's fields, why it suits, and what a bid would have to prove."""

    lot_id: UUID
    tender_id: UUID
    number: int
    title: str
    tender_title: str
    buyer_name: str
    area: Area
    category: Tag
    ceiling_fen: int
    currency: str
    people: int | None
    enquiries_end_at: datetime
    closes_at: datetime
    conditions: Sequence[Condition]
    told: Told


@dataclass(frozen=True, slots=True)
class LotsForProvider:
    """The best lots first; ``is_verified`` is False for an organisation that cannot bid yet."""

    items: Sequence[LotForProvider]
    is_verified: bool
    has_fields: bool = True


async def for_organisation(
    session: Session, viewer: Viewer, organisation_id: UUID, most: int = MOST
) -> LotsForProvider:
    """Lots that suit the organisation, for its managers. Raises SignInNeeded, NotFound, NotPermitted for others."""
    viewer.signed_in()
    if organisation_id not in await organisations.by_ids(session, viewer, [organisation_id]):
        raise NotFound()
    if not policy.may_supply(viewer, organisation_id):
        raise NotPermitted()
    provider = (await providers(session, [organisation_id]))[organisation_id]
    if not provider.is_verified or not provider.fields:
        return LotsForProvider((), provider.is_verified, bool(provider.fields))
    ranked = await _ranked(session, provider, most)
    rows = await _rows(session, [lot.id for lot, _ in ranked])
    names = await words.names(session, [explanation for _, explanation in ranked])
    return LotsForProvider(
        [
            _shown(rows[lot.id], words.told(explanation, names, Reader.ORGANISATION))
            for lot, explanation in ranked
            if lot.id in rows
        ],
        True,
    )


def _takes_bids(session: Session) -> ColumnElement[bool]:
    """SQL: the tender is public, runs, and its deadline is to come; the lot is still part of it."""
    return and_(
        Tender.published_at.is_not(None),
        Tender.cancelled_at.is_(None),
        Tender.unsuccessful_at.is_(None),
        Tender.suspended_at.is_(None),
        Tender.submissions_end_at > session.now(),
        LotRow.removed_at.is_(None),
        LotRow.unsuccessful_at.is_(None),
    )


async def _ranked(session: Session, provider: Provider, most: int) -> list[tuple[Lot, Explanation]]:
    tree = (await facts.tags(session)).tree
    people = TenderVersion.content["people_served"].as_integer()
    found = await session.execute(
        _in_force(select(LotRow.id, LotRow.area_code, Tender.category_code, people.label("people"))).where(
            _takes_bids(session), Tender.category_code.in_(sorted(touched(provider.fields, tree)))
        )
    )
    lots = [
        Lot(id=row.id, fields=frozenset({row.category_code}), area=row.area_code, people=row.people)
        for row in found
    ]
    in_force = await weights.in_force(session, RankingKind.PROVIDER)
    return rank_lots(provider, lots, in_force, most, tree)


async def _rows(session: Session, lot_ids: Sequence[UUID]) -> dict[UUID, Any]:
    found = await session.execute(
        _in_force(select(LotRow, Tender, Buyer.name.label("buyer_name"), Area, Tag, TenderVersion.content))
        .join(Buyer, Buyer.id == Tender.buyer_id)
        .join(Area, Area.code == LotRow.area_code)
        .join(Tag, Tag.code == Tender.category_code)
        .where(LotRow.id.in_(lot_ids), _takes_bids(session))
    )
    return {row.Lot.id: row for row in found}


def _in_force(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Lots with their tender and the version of its file that is in force."""
    return query.join(Tender, Tender.id == LotRow.tender_id).join(
        TenderVersion, and_(TenderVersion.tender_id == Tender.id, TenderVersion.number == Tender.version)
    )


def _shown(row: Any, told: Told) -> LotForProvider:
    asked = [Condition.model_validate(one) for one in row.content.get("conditions", ())]
    return LotForProvider(
        lot_id=row.Lot.id,
        tender_id=row.Tender.id,
        number=row.Lot.number,
        title=row.Lot.title,
        tender_title=row.Tender.title,
        buyer_name=row.buyer_name,
        area=row.Area,
        category=row.Tag,
        ceiling_fen=row.Lot.ceiling_fen,
        currency=row.Lot.currency,
        people=row.content.get("people_served"),
        enquiries_end_at=row.Tender.enquiries_end_at,
        closes_at=row.Tender.submissions_end_at,
        conditions=[one for one in asked if one.kind not in _KNOWN_HERE],
        told=told,
    )
