"""From rows to documents, many at once: the same few statements however many there are."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from marketplace.db.rows import grouped
from marketplace.db.session import Session
from marketplace.discovery.documents import (
    Change,
    Coming,
    Kind,
    need_document,
    organisation_document,
)
from marketplace.discovery.surroundings import gone, look_around, version
from marketplace.discovery.tender_documents import (
    item_changes,
    item_is_findable,
    tender_changes,
    tender_is_findable,
)
from marketplace.organisations.models import Organisation, OrganisationArea, OrganisationField
from marketplace.outbox.models import OutboxStream
from marketplace.procurement.lists.models import ListItem, ListItemVersion
from marketplace.procurement.tenders.models import Tender
from marketplace.volunteering.models import Need, NeedQualification, NeedTag, Shift
from marketplace.volunteering.states import is_open_need
from matching.batches import batches

_MOST_CODES = 200


def need_is_findable() -> ColumnElement[bool]:
    """SQL: the need takes people and everybody may know of it."""
    return is_open_need()


def organisation_is_findable() -> ColumnElement[bool]:
    """SQL: the organisation was verified and is not suspended."""
    return and_(Organisation.verified_at.is_not(None), Organisation.suspended_at.is_(None))


async def ids_after(session: Session, kind: Kind, after: UUID | None, most: int) -> Sequence[UUID]:
    """The next ``most`` findable rows of a kind, by id."""
    rows = _of(kind)
    return await _next(session, select(rows.id).where(rows.is_findable), after, most)


async def all_ids_after(session: Session, kind: Kind, after: UUID | None, most: int) -> Sequence[UUID]:
    """The next ``most`` rows of a kind, by id, findable or not."""
    return await _next(session, select(_of(kind).every), after, most)


async def ids_in_areas(session: Session, kind: Kind, codes: Collection[str], most: int) -> Sequence[UUID]:
    """At most ``most`` findable rows of a kind in these areas or below them."""
    rows = _of(kind)
    found: list[UUID] = []
    for some in batches(sorted(codes), _MOST_CODES):
        above = [
            rows.area_code.in_(some),
            *((func.substr(rows.area_code, 1, digits) + "0" * (12 - digits)).in_(some) for digits in (9, 6)),
        ]
        found += await session.scalars(
            select(rows.id).where(rows.is_findable, or_(*above)).limit(most - len(found))
        )
        if len(found) >= most:
            break
    return list(dict.fromkeys(found))


async def needs_of(session: Session, organisation_id: UUID) -> Sequence[UUID]:
    """An organisation's findable needs: they are found by its name too."""
    query = select(Need.id).where(Need.organisation_id == organisation_id, need_is_findable())
    return (await session.scalars(query)).all()


async def count(session: Session, kind: Kind) -> int:
    """How many rows of a kind are findable."""
    rows = _of(kind)
    return await session.scalar(select(func.count(rows.id)).where(rows.is_findable)) or 0


@dataclass(frozen=True, slots=True)
class _Rows:
    """Where the rows of a kind are: the id and area of those that may be findable, and the ids of all."""

    id: InstrumentedAttribute[UUID]
    area_code: InstrumentedAttribute[str]
    is_findable: ColumnElement[bool]
    every: InstrumentedAttribute[UUID]


def _of(kind: Kind) -> _Rows:
    match kind:
        case Kind.NEED:
            return _Rows(Need.id, Need.area_code, need_is_findable(), Need.id)
        case Kind.ORGANISATION:
            return _Rows(Organisation.id, Organisation.area_code, organisation_is_findable(), Organisation.id)
        case Kind.TENDER:
            return _Rows(Tender.id, Tender.area_code, tender_is_findable(), Tender.id)
        case Kind.LIST_ITEM:
            return _Rows(ListItemVersion.item_id, ListItemVersion.area_code, item_is_findable(), ListItem.id)


async def _next(session: Session, query: Select[UUID], after: UUID | None, most: int) -> Sequence[UUID]:
    (column,) = query.selected_columns
    page = query.order_by(column).limit(most)
    return (await session.scalars(page if after is None else page.where(column > after))).all()


async def changes(session: Session, kind: Kind, ids: Collection[UUID]) -> dict[UUID, Change]:
    """What the index should know of these rows: a document, or its removal when it is not findable."""
    return await _READERS[kind](session, ids)


async def _needs(session: Session, ids: Collection[UUID]) -> dict[UUID, Change]:
    # The version is read with the row and before everything else: what is read later can only be newer than it says.
    rows = (
        await session.execute(
            select(Need, Organisation.name, version(), need_is_findable().label("is_findable"))
            .outerjoin(Organisation, Organisation.id == Need.organisation_id)
            .outerjoin(OutboxStream, OutboxStream.stream_id == Need.id)
            .where(Need.id.in_(ids))
            .execution_options(populate_existing=True)
        )
    ).all()
    told: dict[UUID, Change] = {row.Need.id: gone(Kind.NEED, row.Need.id, row.version) for row in rows}
    findable = {row.Need.id: row for row in rows if row.is_findable}
    if not findable:
        return told
    tags = await _codes(
        session, select(NeedTag.need_id, NeedTag.tag_code).where(NeedTag.need_id.in_(findable))
    )
    for need_id, row in findable.items():
        tags.setdefault(need_id, []).append(row.Need.category_code)
    around = await look_around(
        session,
        {need_id: (row.version, row.Need.area_code) for need_id, row in findable.items()},
        tags,
    )
    qualifications = await _codes(
        session,
        select(NeedQualification.need_id, NeedQualification.qualification_code).where(
            NeedQualification.need_id.in_(findable)
        ),
    )
    coming = await _coming(session, findable)
    for need_id, row in findable.items():
        told[need_id] = need_document(
            row.Need,
            row.name,
            around[need_id],
            coming.get(need_id, []),
            qualifications.get(need_id, []),
        )
    return told


async def _organisations(session: Session, ids: Collection[UUID]) -> dict[UUID, Change]:
    rows = (
        await session.execute(
            select(Organisation, version(), organisation_is_findable().label("is_findable"))
            .outerjoin(OutboxStream, OutboxStream.stream_id == Organisation.id)
            .where(Organisation.id.in_(ids))
            .execution_options(populate_existing=True)
        )
    ).all()
    told: dict[UUID, Change] = {
        row.Organisation.id: gone(Kind.ORGANISATION, row.Organisation.id, row.version) for row in rows
    }
    findable = {row.Organisation.id: row for row in rows if row.is_findable}
    if not findable:
        return told
    fields = await _codes(
        session,
        select(OrganisationField.organisation_id, OrganisationField.tag_code).where(
            OrganisationField.organisation_id.in_(findable)
        ),
    )
    around = await look_around(
        session,
        {row_id: (row.version, row.Organisation.area_code) for row_id, row in findable.items()},
        fields,
    )
    active_in = await _codes(
        session,
        select(OrganisationArea.organisation_id, OrganisationArea.area_code).where(
            OrganisationArea.organisation_id.in_(findable)
        ),
    )
    for row_id, row in findable.items():
        told[row_id] = organisation_document(row.Organisation, around[row_id], active_in.get(row_id, []))
    return told


async def _codes(session: Session, query: Select[UUID, str]) -> dict[UUID, list[str]]:
    return grouped(await session.execute(query))


async def _coming(session: Session, need_ids: Collection[UUID]) -> dict[UUID, list[Coming]]:
    rows = await session.execute(
        select(Shift.need_id, Shift.starts_at, (Shift.places_taken < Shift.capacity).label("is_open")).where(
            Shift.need_id.in_(need_ids), Shift.cancelled_at.is_(None), Shift.starts_at > session.now()
        )
    )
    return grouped((need_id, Coming(starts_at, is_open)) for need_id, starts_at, is_open in rows)


_READERS: Mapping[Kind, Callable[[Session, Collection[UUID]], Awaitable[dict[UUID, Change]]]] = {
    Kind.NEED: _needs,
    Kind.ORGANISATION: _organisations,
    Kind.TENDER: tender_changes,
    Kind.LIST_ITEM: item_changes,
}
