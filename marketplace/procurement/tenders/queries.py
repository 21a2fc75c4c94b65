"""Look up tenders: lists by key, one whole, its versions and lots. Every select passes through ``visible_to``; a page of tenders costs
three statements, however long."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, exists, false, func, or_, select

from marketplace.areas.codes import within
from marketplace.areas.models import Area
from marketplace.catalogue.models import Tag
from marketplace.db.pages import falling
from marketplace.db.rows import grouped
from marketplace.db.session import Session
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.input import searchable
from marketplace.kernel.pagination import Page, PageRequest, cut, encode_cursor
from marketplace.procurement.models import Buyer
from marketplace.procurement.policy import may_buy
from marketplace.procurement.profiles import Procedure
from marketplace.procurement.tenders.file import TenderFile, read_file
from marketplace.procurement.tenders.models import Lot, Question, Tender, TenderVersion
from marketplace.procurement.tenders.policy import sees_drafts, visible_to
from marketplace.procurement.tenders.states import Stage, TenderStatus, lot_status, stage, status

OPEN = (Stage.ENQUIRY, Stage.SUBMISSION)
DECIDING = (Stage.CLOSED, Stage.OPENED, Stage.EVALUATED, Stage.SUSPENDED)
DECIDED = (Stage.AWARDED, Stage.COMPLETE)
WITHOUT_RESULT = (Stage.UNSUCCESSFUL, Stage.CANCELLED)


@dataclass(frozen=True, slots=True)
class TenderFilters:
    """What a list may be narrowed to; all of them together. An area means where the buyer is or a lot's service is given."""

    stages: Collection[Stage] = ()
    text: str | None = None
    category: str | None = None
    area_code: str | None = None
    procedure: Procedure | None = None
    buyer_id: UUID | None = None
    list_item_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class TenderRow:
    """A tender with what a list shows of it. ``ceiling_fen`` is the sum over its lots, 0 for a draft without any."""

    tender: Tender
    buyer: Buyer
    area: Area
    category: Tag | None
    stage: Stage
    status: TenderStatus
    lots: int
    ceiling_fen: int

    @property
    def id(self) -> UUID:
        return self.tender.id


@dataclass(frozen=True, slots=True)
class DeskRow:
    """One of the buyer's tenders with what waits there."""

    row: TenderRow
    questions_waiting: int
    is_amendment_prepared: bool


@dataclass(frozen=True, slots=True)
class LotRow:
    """A lot as a row, with where it stands."""

    lot: Lot
    status: TenderStatus

    @property
    def id(self) -> UUID:
        return self.lot.id


@dataclass(frozen=True, slots=True)
class TenderDetails:
    """One tender, whole. ``file`` is the version in force, or the draft of one that is not published and that the viewer may see."""

    row: TenderRow
    file: TenderFile
    versions: Sequence[TenderVersion]
    lots: Sequence[LotRow]
    is_managed: bool
    sees_drafts: bool
    replaces: TenderRow | None
    replaced_by: TenderRow | None

    @property
    def tender(self) -> Tender:
        return self.row.tender

    @property
    def stage(self) -> Stage:
        return self.row.stage

    @property
    def in_force(self) -> TenderVersion | None:
        """The newest published version."""
        return self.versions[-1] if self.versions else None


async def page(
    session: Session, viewer: Viewer, filters: TenderFilters, request: PageRequest
) -> Page[TenderRow]:
    """Published tenders, the newest first."""
    chosen = _tenders(viewer).where(Tender.published_at.is_not(None), *_clauses(session, filters))
    rows = (await session.execute(falling(chosen, request, Tender.published_at, Tender.id))).all()
    shown = cut(
        rows,
        request,
        lambda row: encode_cursor(row[0].published_at, row[0].id),
        await _total(session, chosen),
    )
    return Page(await _dressed(session, shown.rows), shown.cursors, shown.has_next, shown.total)


async def closing_soon(session: Session, viewer: Viewer, most: int = 6) -> list[TenderRow]:
    """Tenders that take bids, the one that ends first first."""
    chosen = _tenders(viewer).where(*_clauses(session, TenderFilters(stages=OPEN)))
    rows = (await session.execute(chosen.order_by(Tender.submissions_end_at, Tender.id).limit(most))).all()
    return await _dressed(session, rows)


async def desk(
    session: Session, viewer: Viewer, request: PageRequest, stages: Collection[Stage] = ()
) -> Page[DeskRow]:
    """The tenders of the buyers for whom the viewer acts, the newest first, with what waits in each."""
    viewer.signed_in()
    chosen = _tenders(viewer).where(_bought_by(viewer), *_clauses(session, TenderFilters(stages=stages)))
    rows = (await session.execute(falling(chosen, request, Tender.created_at, Tender.id))).all()
    shown = cut(rows, request, lambda row: encode_cursor(row[0].created_at, row[0].id))
    waiting = await _questions_waiting(session, [row[0].id for row in shown.rows])
    files = await _in_force(session, [row[0].id for row in shown.rows])
    dressed = [
        DeskRow(row, waiting.get(row.id, 0), files.get(row.id, row.tender.draft) != row.tender.draft)
        for row in await _dressed(session, shown.rows)
    ]
    return Page(dressed, shown.cursors, shown.has_next, None)


async def tenders_by_ids(session: Session, viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, TenderRow]:
    """Those of the tenders that the viewer may see."""
    rows = (await session.execute(_tenders(viewer).where(Tender.id.in_(ids)))).all()
    return {row.id: row for row in await _dressed(session, rows)}


async def row(session: Session, viewer: Viewer, tender_id: UUID) -> TenderRow:
    """One tender as a list shows it. Raises NotFound."""
    found = (await tenders_by_ids(session, viewer, [tender_id])).get(tender_id)
    if found is None:
        raise NotFound()
    return found


async def tender(session: Session, viewer: Viewer, tender_id: UUID) -> TenderDetails:
    """One tender, whole. Raises NotFound."""
    found = await row(session, viewer, tender_id)
    versions = (await versions_of(session, viewer, [tender_id])).get(tender_id, [])
    lots = (await lots_of(session, viewer, [tender_id])).get(tender_id, [])
    before, after = await _chain(session, viewer, found.tender)
    return TenderDetails(
        row=found,
        file=read_file(versions[-1].content if versions else found.tender.draft),
        versions=versions,
        lots=lots,
        is_managed=may_buy(viewer, found.tender.area_code),
        sees_drafts=sees_drafts(viewer, found.tender.area_code),
        replaces=before,
        replaced_by=after,
    )


async def draft(session: Session, viewer: Viewer, tender_id: UUID) -> tuple[TenderDetails, TenderFile]:
    """One tender with the file that its officers are writing. Raises NotFound for everybody else."""
    details = await tender(session, viewer, tender_id)
    if not details.sees_drafts:
        raise NotFound()
    return details, read_file(details.tender.draft)


async def version(
    session: Session, viewer: Viewer, tender_id: UUID, number: int | None = None
) -> TenderVersion:
    """One published version, the one in force when none is named. Raises NotFound."""
    for one in reversed((await versions_of(session, viewer, [tender_id])).get(tender_id, [])):
        if number is None or one.number == number:
            return one
    raise NotFound()


async def versions_of(
    session: Session, viewer: Viewer, ids: Collection[UUID]
) -> dict[UUID, list[TenderVersion]]:
    """The published versions of tenders that the viewer may see, the oldest first."""
    rows = await session.execute(
        select(TenderVersion.tender_id, TenderVersion)
        .join(Tender, Tender.id == TenderVersion.tender_id)
        .where(TenderVersion.tender_id.in_(ids), visible_to(viewer))
        .order_by(TenderVersion.number)
    )
    return grouped(rows)


async def lots_of(session: Session, viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, list[LotRow]]:
    """The lots of tenders that the viewer may see, those that an amendment removed too, by number."""
    rows = await session.execute(_lots(viewer).where(Lot.tender_id.in_(ids)).order_by(Lot.number))
    return grouped((lot.tender_id, _lot_row(session, lot, of)) for lot, of in rows)


async def lots_by_ids(session: Session, viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, LotRow]:
    """Those of the lots that the viewer may see."""
    rows = await session.execute(_lots(viewer).where(Lot.id.in_(ids)))
    return {lot.id: _lot_row(session, lot, of) for lot, of in rows}


def is_in(reached: Stage, now: datetime) -> ColumnElement[bool]:
    """SQL for ``states.stage``: whether a tender is in that stage at ``now``."""
    ended = or_(
        Tender.cancelled_at.is_not(None),
        Tender.unsuccessful_at.is_not(None),
        Tender.completed_at.is_not(None),
    )
    public, runs = Tender.published_at.is_not(None), Tender.suspended_at.is_(None)
    going = and_(~ended, public, runs)
    waits = and_(
        going, Tender.opened_at.is_(None), Tender.evaluated_at.is_(None), Tender.awarded_at.is_(None)
    )
    clauses: Mapping[Stage, ColumnElement[bool]] = {
        Stage.CANCELLED: Tender.cancelled_at.is_not(None),
        Stage.UNSUCCESSFUL: and_(Tender.cancelled_at.is_(None), Tender.unsuccessful_at.is_not(None)),
        Stage.COMPLETE: and_(
            Tender.cancelled_at.is_(None), Tender.unsuccessful_at.is_(None), Tender.completed_at.is_not(None)
        ),
        Stage.DRAFT: and_(~ended, ~public),
        Stage.SUSPENDED: and_(~ended, public, ~runs),
        Stage.AWARDED: and_(going, Tender.awarded_at.is_not(None)),
        Stage.EVALUATED: and_(going, Tender.awarded_at.is_(None), Tender.evaluated_at.is_not(None)),
        Stage.OPENED: and_(
            going, Tender.awarded_at.is_(None), Tender.evaluated_at.is_(None), Tender.opened_at.is_not(None)
        ),
        Stage.ENQUIRY: and_(waits, Tender.enquiries_end_at > now),
        Stage.SUBMISSION: and_(waits, Tender.enquiries_end_at <= now, Tender.submissions_end_at > now),
        Stage.CLOSED: and_(waits, Tender.enquiries_end_at <= now, Tender.submissions_end_at <= now),
    }
    return clauses[reached]


def _tenders(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    return (
        select(Tender, Buyer, Area, Tag)
        .join(Buyer, Buyer.id == Tender.buyer_id)
        .join(Area, Area.code == Tender.area_code)
        .outerjoin(Tag, Tag.code == Tender.category_code)
        .where(visible_to(viewer))
    )


def _lots(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    return select(Lot, Tender).join(Tender, Tender.id == Lot.tender_id).where(visible_to(viewer))


def _lot_row(session: Session, lot: Lot, of: Tender) -> LotRow:
    return LotRow(lot, lot_status(lot, of, session.now()))


async def _dressed(session: Session, rows: Sequence[Row[*tuple[Any, ...]]]) -> list[TenderRow]:
    sums = {
        found.tender_id: (found.lots, found.total)
        for found in await session.execute(
            select(Lot.tender_id, func.count().label("lots"), func.sum(Lot.ceiling_fen).label("total"))
            .where(Lot.tender_id.in_([row[0].id for row in rows]), Lot.removed_at.is_(None))
            .group_by(Lot.tender_id)
        )
    }
    dressed, now = [], session.now()
    for found, buyer, area, category in rows:
        count, total = sums.get(found.id) or _of_draft(found)
        reached = stage(found, now)
        dressed.append(
            TenderRow(found, buyer, area, category, reached, status(found, now), int(count), int(total))
        )
    return dressed


def _of_draft(found: Tender) -> tuple[int, int]:
    lots = found.draft.get("lots", [])
    return len(lots), sum(lot["ceiling_fen"] for lot in lots)


async def _total(session: Session, chosen: Select[*tuple[Any, ...]]) -> int:
    plain = chosen.with_only_columns(Tender.id).order_by(None).subquery()
    return await session.scalar(select(func.count()).select_from(plain)) or 0


def _clauses(session: Session, filters: TenderFilters) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = []
    if filters.stages:
        clauses.append(or_(*(is_in(one, session.now()) for one in filters.stages)))
    if filters.text:
        text = searchable(filters.text)
        clauses.append(
            or_(
                Tender.title.icontains(text, autoescape=True),
                Tender.reference.icontains(text, autoescape=True),
            )
        )
    if filters.category:
        wanted = searchable(filters.category)
        codes = select(Tag.code).where(or_(Tag.code == wanted, Tag.parent_code == wanted))
        clauses.append(Tender.category_code.in_(codes))
    if filters.area_code:
        area = searchable(filters.area_code)
        given = exists().where(
            Lot.tender_id == Tender.id, Lot.removed_at.is_(None), within(Lot.area_code, area)
        )
        clauses.append(or_(within(Tender.area_code, area), given))
    if filters.procedure:
        clauses.append(Tender.procedure == filters.procedure.value)
    if filters.buyer_id:
        clauses.append(Tender.buyer_id == filters.buyer_id)
    if filters.list_item_id:
        clauses.append(Tender.list_item_id == filters.list_item_id)
    return clauses


def _bought_by(viewer: Viewer) -> ColumnElement[bool]:
    return or_(
        false(), *(within(Tender.area_code, area) for area in viewer.areas_of(Role.PROCUREMENT_OFFICER))
    )


async def _questions_waiting(session: Session, ids: Sequence[UUID]) -> dict[UUID, int]:
    rows = await session.execute(
        select(Question.tender_id, func.count().label("waiting"))
        .where(Question.tender_id.in_(ids), Question.answered_at.is_(None))
        .group_by(Question.tender_id)
    )
    return {row.tender_id: row.waiting for row in rows}


async def _in_force(session: Session, ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    rows = await session.execute(
        select(TenderVersion.tender_id, TenderVersion.content)
        .join(Tender, and_(Tender.id == TenderVersion.tender_id, Tender.version == TenderVersion.number))
        .where(TenderVersion.tender_id.in_(ids))
    )
    return {row.tender_id: row.content for row in rows}


async def _chain(session: Session, viewer: Viewer, of: Tender) -> tuple[TenderRow | None, TenderRow | None]:
    """The tender that this one replaces, and the one that replaces it, where the viewer may see them."""
    after = await session.scalar(
        select(Tender.id)
        .where(Tender.replaces_tender_id == of.id, visible_to(viewer))
        .order_by(Tender.cancelled_at.is_not(None), Tender.created_at.desc())
        .limit(1)
    )
    wanted = [one for one in (of.replaces_tender_id, after) if one is not None]
    found = await tenders_by_ids(session, viewer, wanted) if wanted else {}
    return found.get(of.replaces_tender_id or of.id), found.get(after or of.id)
