"""Look up deliveries as the viewer may see them: one, or a stretch of a desk; a fixed number of statements, however long the list."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, case, func, literal, select

from marketplace.areas.codes import within
from marketplace.areas.models import Area
from marketplace.catalogue.models import Tag
from marketplace.db.pages import falling, rising
from marketplace.db.session import Session
from marketplace.delivery.deliveries import policy
from marketplace.delivery.deliveries.clauses import (
    COMMUNITY_SHELVES,
    PROVIDER_SHELVES,
    SOONEST_FIRST,
    Shelf,
    Times,
    on_community_shelf,
    on_own_shelf,
    on_shelf,
)
from marketplace.delivery.deliveries.holding import record_rule
from marketplace.delivery.deliveries.models import Delivery, DeliveryRecipient
from marketplace.delivery.deliveries.states import DeliveryState, delivery_state
from marketplace.delivery.properties.models import Compound, PropertyContract
from marketplace.identity.viewer import COMMUNITY_ROLES, Viewer
from marketplace.kernel.clock import day_starts
from marketplace.kernel.errors import InputIsInvalid, NotFound, NotPermitted
from marketplace.kernel.pagination import Page, PageRequest, cut, encode_cursor
from marketplace.organisations.models import Organisation
from marketplace.procurement.contracts.models import Contract
from marketplace.volunteering.models import Need

MOST_IN_MONTH: Final = 400
_MOST_IN_FILE: Final = 1000
_KEPT_IN_FILE: Final = timedelta(days=60)
_FIRST_YEAR, _LAST_YEAR = 1990, 2200


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A delivery as the viewer sees it. Who planned, recorded or disputed it is never told; ``dispute`` not to others who receive it."""

    id: UUID
    contract_id: UUID | None
    milestone_id: UUID | None
    need_id: UUID | None
    shift_id: UUID | None
    property_contract_id: UUID | None
    organisation_id: UUID | None
    origin_title: str
    provider: str | None
    service_type: str
    type_zh: str
    type_en: str
    area_code: str
    area_zh: str
    area_en: str
    title: str
    promised: str
    place: str
    receiver: str
    people: int
    served_by: str
    starts_at: datetime
    ends_at: datetime
    planned_at: datetime
    moved_at: datetime | None
    done_at: datetime | None
    minutes: int | None
    note: str | None
    cancelled_at: datetime | None
    cancel_reason: str | None
    confirmed_at: datetime | None
    confirmed_as: str | None
    disputed_at: datetime | None
    dispute: str | None
    decided_at: datetime | None
    is_accepted: bool | None
    decision_reason: str | None
    recipients: int
    state: DeliveryState
    record_from: datetime
    dispute_until: datetime | None
    is_round: bool
    is_provider: bool
    is_community: bool
    is_buyer: bool
    is_recipient: bool
    may_plan: bool
    may_record: bool
    may_speak: bool
    may_decide: bool

    @property
    def is_open(self) -> bool:
        """Planned, and neither done nor cancelled."""
        return self.done_at is None and self.cancelled_at is None


async def delivery(session: Session, viewer: Viewer, delivery_id: UUID) -> DeliveryRow:
    """One delivery. Raises SignInNeeded, NotFound."""
    viewer.signed_in()
    found = await deliveries_by_ids(session, viewer, [delivery_id])
    if delivery_id not in found:
        raise NotFound()
    return found[delivery_id]


async def deliveries_by_ids(
    session: Session, viewer: Viewer, delivery_ids: Collection[UUID]
) -> dict[UUID, DeliveryRow]:
    """Those of the deliveries that the viewer may see."""
    if viewer.is_stranger:
        return {}
    query = _select(viewer).where(Delivery.id.in_(delivery_ids), policy.visible_to(viewer))
    return {row.id: row for row in await _rows(session, viewer, query)}


async def of_provider(
    session: Session,
    viewer: Viewer,
    shelf: Shelf,
    request: PageRequest,
    contract_id: UUID | None = None,
) -> Page[DeliveryRow]:
    """What the viewer plans and records, of one contract where named. Raises SignInNeeded."""
    viewer.signed_in()
    times = await times_of(session)
    which = policy.provided_by(viewer) & on_shelf(shelf, times)
    if contract_id is not None:
        which &= Delivery.contract_id == contract_id
    return await page_of(session, viewer, which, request, shelf)


async def of_community(
    session: Session, viewer: Viewer, shelf: Shelf, request: PageRequest, area_code: str | None = None
) -> Page[DeliveryRow]:
    """What is brought where the viewer works, in one area where named. Raises SignInNeeded, NotPermitted."""
    must_work_for_community(viewer)
    which = policy.of_community(viewer) & on_community_shelf(shelf, await times_of(session))
    if area_code is not None:
        which &= _within(area_code)
    return await page_of(session, viewer, which, request, shelf)


async def mine(session: Session, viewer: Viewer, shelf: Shelf, request: PageRequest) -> Page[DeliveryRow]:
    """What the viewer receives: coming, to confirm, past. Raises SignInNeeded."""
    viewer.signed_in()
    which = policy.received_by(viewer) & on_own_shelf(shelf, await times_of(session))
    return await page_of(session, viewer, which, request, shelf)


async def provider_counts(
    session: Session, viewer: Viewer, contract_id: UUID | None = None
) -> dict[Shelf, int]:
    """How much lies on each stretch of the provider's desk. Raises SignInNeeded."""
    viewer.signed_in()
    times = await times_of(session)
    which = policy.provided_by(viewer)
    if contract_id is not None:
        which &= Delivery.contract_id == contract_id
    return await counted(session, which, {one: on_shelf(one, times) for one in PROVIDER_SHELVES})


async def community_counts(
    session: Session, viewer: Viewer, area_code: str | None = None
) -> dict[Shelf, int]:
    """How much lies on each stretch of the community's desk. Raises SignInNeeded, NotPermitted."""
    must_work_for_community(viewer)
    times = await times_of(session)
    which = policy.of_community(viewer)
    if area_code is not None:
        which &= _within(area_code)
    return await counted(session, which, {one: on_community_shelf(one, times) for one in COMMUNITY_SHELVES})


async def month(session: Session, viewer: Viewer, first: date, before: date) -> list[DeliveryRow]:
    """What the viewer brings from the day ``first`` to the day before ``before``, by time; at most 400.

    Raises SignInNeeded, InputIsInvalid.
    """
    viewer.signed_in()
    for name, day in (("from_day", first), ("before", before)):
        if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
            raise InputIsInvalid.of(name, "day_out_of_range")
    query = _select(viewer).where(
        policy.provided_by(viewer),
        Delivery.cancelled_at.is_(None),
        Delivery.starts_at >= day_starts(first),
        Delivery.starts_at < day_starts(before),
    )
    return await _rows(session, viewer, query.order_by(Delivery.starts_at, Delivery.id).limit(MOST_IN_MONTH))


async def for_file(session: Session, viewer: Viewer) -> list[DeliveryRow]:
    """What a calendar program shows of the viewer's work: the last 60 days and what comes, cancelled ones too. Raises SignInNeeded."""
    viewer.signed_in()
    query = _select(viewer).where(
        policy.provided_by(viewer), Delivery.starts_at >= session.now() - _KEPT_IN_FILE
    )
    return await _rows(session, viewer, query.order_by(Delivery.starts_at, Delivery.id).limit(_MOST_IN_FILE))


def must_work_for_community(viewer: Viewer) -> None:
    """Raises SignInNeeded, NotPermitted."""
    viewer.signed_in()
    if not viewer.areas_of(*COMMUNITY_ROLES):
        raise NotPermitted()


async def times_of(session: Session) -> Times:
    """Now, and the rule in force."""
    rule = (await record_rule(session)).value
    return Times(
        session.now(),
        timedelta(minutes=rule["before_start_minutes"]),
        timedelta(days=rule["overdue_after_days"]),
        timedelta(days=rule["dispute_within_days"]),
    )


async def page_of(
    session: Session,
    viewer: Viewer,
    which: ColumnElement[bool],
    request: PageRequest,
    shelf: Shelf | None = None,
) -> Page[DeliveryRow]:
    """A stretch by time: what is to be done soonest first, what was done latest first."""
    ordered = rising if shelf in SOONEST_FIRST else falling
    query = ordered(_select(viewer).where(which), request, Delivery.starts_at, Delivery.id)
    rows = await _rows(session, viewer, query)
    return cut(rows, request, lambda row: encode_cursor(row.starts_at, row.id))


async def counted(
    session: Session, which: ColumnElement[bool], parts: Mapping[Shelf, ColumnElement[bool]]
) -> dict[Shelf, int]:
    """How many of ``which`` lie in each part, in one statement."""
    sums = [func.coalesce(func.sum(case((clause, 1), else_=0)), 0) for clause in parts.values()]
    row = (await session.execute(select(*sums).where(which))).one()
    return dict(zip(parts, map(int, row), strict=True))


def _within(area_code: str) -> ColumnElement[bool]:
    """SQL: brought in the area. Raises InputIsInvalid for what is no official code."""
    if len(area_code) != 12 or not (area_code.isascii() and area_code.isdecimal()):
        raise InputIsInvalid.of("area_code", "area_unknown")
    return within(Delivery.area_code, area_code)


def _select(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    recipients = (
        select(func.count())
        .where(DeliveryRecipient.delivery_id == Delivery.id)
        .correlate(Delivery)
        .scalar_subquery()
    )
    return (
        select(
            Delivery,
            func.coalesce(Contract.title, Need.title, Compound.name, Delivery.title),
            Organisation.name,
            Tag.name_zh,
            Tag.name_en,
            Area.name,
            Area.name_en,
            recipients,
            _flag(policy.bought_by(viewer)),
            _flag(policy.received_by(viewer)),
        )
        .join(Tag, Tag.code == Delivery.service_type)
        .join(Area, Area.code == Delivery.area_code)
        .outerjoin(Organisation, Organisation.id == Delivery.organisation_id)
        .outerjoin(Contract, Contract.id == Delivery.contract_id)
        .outerjoin(Need, Need.id == Delivery.need_id)
        .outerjoin(PropertyContract, PropertyContract.id == Delivery.property_contract_id)
        .outerjoin(Compound, Compound.id == PropertyContract.compound_id)
    )


def _flag(clause: ColumnElement[bool]) -> ColumnElement[int]:
    return case((clause, literal(1)), else_=literal(0))


_SAME: Final = (
    "id", "contract_id", "milestone_id", "need_id", "shift_id", "property_contract_id", "organisation_id",
    "service_type", "area_code", "title", "promised", "place", "receiver", "people", "served_by", "starts_at",
    "ends_at", "planned_at", "moved_at", "done_at", "minutes", "note", "cancelled_at", "cancel_reason",
    "confirmed_at", "confirmed_as", "disputed_at", "decided_at", "is_accepted", "decision_reason",
)  # fmt: skip


async def _rows(session: Session, viewer: Viewer, query: Select[*tuple[Any, ...]]) -> list[DeliveryRow]:
    found: Sequence[Row[*tuple[Any, ...]]] = (await session.execute(query)).all()
    if not found:
        return []
    times = await times_of(session)
    return [_row(viewer, row, times) for row in found]


def _row(viewer: Viewer, row: Row[*tuple[Any, ...]], times: Times) -> DeliveryRow:
    it: Delivery = row[0]
    is_buyer, is_recipient = bool(row[8]), bool(row[9])
    is_community = policy.is_community(viewer, it)
    is_own = policy.belongs_to_provider(viewer, it)
    recorded_it = it.done_by is not None and it.done_by == viewer.person_id
    may_speak = not is_own and not recorded_it and (is_recipient or is_community)
    is_round = it.property_contract_id is not None and it.planned_by is None
    asks_community = is_community and (not is_round or it.disputed_at is not None)
    decides = is_buyer if it.contract_id is not None else asks_community
    may_record = policy.may_record(viewer, it)
    reads_dispute = may_record or is_buyer or it.disputed_by == viewer.person_id
    return DeliveryRow(
        **{name: getattr(it, name) for name in _SAME},
        origin_title=row[1],
        provider=row[2],
        type_zh=row[3],
        type_en=row[4],
        area_zh=row[5],
        area_en=row[6],
        recipients=row[7],
        dispute=it.dispute if reads_dispute else None,
        state=delivery_state(it, times.now, times.overdue_after),
        record_from=it.starts_at - times.before_start,
        dispute_until=None if it.done_at is None else it.done_at + times.dispute_within,
        is_round=is_round,
        is_provider=policy.is_provider(viewer, it),
        is_community=is_community,
        is_buyer=is_buyer,
        is_recipient=is_recipient,
        may_plan=policy.may_plan(viewer, it),
        may_record=may_record,
        may_speak=may_speak,
        may_decide=decides and not is_own and not recorded_it,
    )
