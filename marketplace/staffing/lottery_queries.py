"""Look up lotteries: what is public of them, and the viewer's own entry. One statement each, however many."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, func, select
from sqlalchemy.orm import aliased

from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.staffing.lottery_models import Lottery, LotteryDraw, LotteryEntry
from marketplace.staffing.lottery_states import LotteryState, lottery_state
from marketplace.volunteering.models import Need, Shift, SignUp
from marketplace.volunteering.policy import may_manage, visible_to
from marketplace.volunteering.sign_up_states import SignUpState, sign_up_state

_MOST_OF_ONE_PERSON = 100


@dataclass(frozen=True, slots=True)
class MyEntry:
    """The viewer's own entry: under which number, with how many tickets, and what became of it."""

    number: int
    tickets: int
    entered_at: datetime
    place_in_order: int | None
    sign_up_id: UUID | None
    sign_up_state: SignUpState | None


@dataclass(frozen=True, slots=True)
class LotteryRow:
    """A lottery as everybody sees it who sees the need. ``record`` is the published draw; ``entries`` counts who is in."""

    id: UUID
    shift_id: UUID
    need_id: UUID
    title: str
    place: str
    is_risky: bool
    risks: str | None
    starts_at: datetime
    ends_at: datetime
    capacity: int
    places_taken: int
    state: LotteryState
    opened_at: datetime
    closes_at: datetime
    first_timer_tickets: int
    commitment: str
    entries: int
    call_off_reason: str | None
    drawn_at: datetime | None
    record: dict[str, Any] | None
    mine: MyEntry | None
    is_managed: bool

    @property
    def places(self) -> int:
        """How many places are drawn, or were."""
        return self.record["places"] if self.record else max(0, self.capacity - self.places_taken)


async def lottery(session: Session, viewer: Viewer, lottery_id: UUID) -> LotteryRow:
    """One lottery. Raises NotFound."""
    found = await lotteries_by_ids(session, viewer, [lottery_id])
    if lottery_id not in found:
        raise NotFound()
    return found[lottery_id]


async def lotteries_by_ids(
    session: Session, viewer: Viewer, lottery_ids: Collection[UUID]
) -> dict[UUID, LotteryRow]:
    """Those of the lotteries whose need the viewer may see."""
    rows = await _rows(session, viewer, Lottery.id.in_(lottery_ids))
    return {row.id: row for row in rows}


async def of_shifts(session: Session, viewer: Viewer, shift_ids: Collection[UUID]) -> dict[UUID, LotteryRow]:
    """The lottery of each shift that has one which was not called off."""
    rows = await _rows(
        session, viewer, and_(Lottery.shift_id.in_(shift_ids), Lottery.called_off_at.is_(None))
    )
    return {row.shift_id: row for row in rows}


async def mine(session: Session, viewer: Viewer) -> list[LotteryRow]:
    """The lotteries that the viewer is in, those that close last first; at most a hundred. Raises SignInNeeded."""
    person_id = viewer.signed_in()
    entered = select(LotteryEntry.lottery_id).where(
        LotteryEntry.person_id == person_id, LotteryEntry.left_at.is_(None)
    )
    return await _rows(session, viewer, Lottery.id.in_(entered))


async def _rows(session: Session, viewer: Viewer, which: ColumnElement[bool]) -> list[LotteryRow]:
    asked = (
        _select(viewer)
        .where(which, visible_to(viewer))
        .order_by(Lottery.closes_at.desc(), Lottery.id)
        .limit(_MOST_OF_ONE_PERSON)
    )
    return [_row(row, viewer, session.now()) for row in await session.execute(asked)]


def _select(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    mine = aliased(LotteryEntry)
    entries = (
        select(func.count())
        .where(LotteryEntry.lottery_id == Lottery.id, LotteryEntry.left_at.is_(None))
        .scalar_subquery()
    )
    is_mine = and_(
        mine.lottery_id == Lottery.id,
        mine.left_at.is_(None),
        mine.person_id == viewer.person_id,  # IS NULL for a stranger: nobody's
    )
    return (
        select(Lottery, Shift, Need, LotteryDraw, mine, SignUp, entries)
        .join(Shift, Shift.id == Lottery.shift_id)
        .join(Need, Need.id == Shift.need_id)
        .outerjoin(LotteryDraw, LotteryDraw.lottery_id == Lottery.id)
        .outerjoin(mine, is_mine)
        .outerjoin(SignUp, SignUp.id == mine.sign_up_id)
    )


def _row(row: Row[*tuple[Any, ...]], viewer: Viewer, now: datetime) -> LotteryRow:
    one, shift, need, draw, entry, sign_up, entries = row
    return LotteryRow(
        id=one.id,
        shift_id=shift.id,
        need_id=need.id,
        title=need.title,
        place=need.place,
        is_risky=need.is_risky,
        risks=need.risks,
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        capacity=shift.capacity,
        places_taken=shift.places_taken,
        state=lottery_state(one, None if draw is None else draw.drawn_at, now),
        opened_at=one.opened_at,
        closes_at=one.closes_at,
        first_timer_tickets=one.first_timer_tickets,
        commitment=one.commitment,
        entries=entries,
        call_off_reason=one.call_off_reason,
        drawn_at=None if draw is None else draw.drawn_at,
        record=None if draw is None else draw.record,
        mine=None if entry is None else _my_entry(entry, draw, sign_up, now),
        is_managed=may_manage(viewer, area_code=need.area_code, organisation_id=need.organisation_id),
    )


def _my_entry(
    entry: LotteryEntry, draw: LotteryDraw | None, sign_up: SignUp | None, now: datetime
) -> MyEntry:
    order: list[int] = [] if draw is None else draw.record["order"]
    return MyEntry(
        number=entry.number,
        tickets=entry.tickets,
        entered_at=entry.entered_at,
        place_in_order=order.index(entry.number) + 1 if entry.number in order else None,
        sign_up_id=entry.sign_up_id,
        sign_up_state=None if sign_up is None else sign_up_state(sign_up, now),
    )
