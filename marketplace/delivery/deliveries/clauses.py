"""Where deliveries lie on a desk, as SQL: what is overdue, due, coming, to be answered, confirmed or decided, or over; and what was kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, and_, not_, or_

from marketplace.delivery.deliveries.models import Delivery, DeliveryCommitment
from marketplace.kernel.clock import day_starts, local_day


class Shelf(StrEnum):
    """A stretch of somebody's deliveries. Words are keyed ``delivery.shelf.<value>``."""

    OVERDUE = "overdue"
    TODAY = "today"
    COMING = "coming"
    TO_ANSWER = "to_answer"
    TO_CONFIRM = "to_confirm"
    TO_DECIDE = "to_decide"
    DISPUTED = "disputed"
    DONE = "done"
    OVER = "over"
    PAST = "past"


PROVIDER_SHELVES: Final = (
    Shelf.OVERDUE,
    Shelf.TODAY,
    Shelf.TO_ANSWER,
    Shelf.COMING,
    Shelf.DONE,
    Shelf.OVER,
)
BUYER_SHELVES: Final = (
    Shelf.TO_DECIDE,
    Shelf.DISPUTED,
    Shelf.OVERDUE,
    Shelf.TODAY,
    Shelf.COMING,
    Shelf.OVER,
)
COMMUNITY_SHELVES: Final = (
    Shelf.TO_DECIDE,
    Shelf.TO_CONFIRM,
    Shelf.DISPUTED,
    Shelf.TODAY,
    Shelf.COMING,
    Shelf.OVER,
)
SOONEST_FIRST: Final = (Shelf.OVERDUE, Shelf.TODAY, Shelf.COMING, Shelf.TO_DECIDE)


@dataclass(frozen=True, slots=True)
class Times:
    """By what deliveries are told apart: the moment, and the stretches of the rule in force."""

    now: datetime
    before_start: timedelta
    overdue_after: timedelta
    dispute_within: timedelta

    @property
    def tomorrow(self) -> datetime:
        return day_starts(local_day(self.now) + timedelta(days=1))


def is_decided() -> ColumnElement[bool]:
    """As ``states.is_decided``."""
    return and_(
        Delivery.decided_at.is_not(None),
        or_(Delivery.disputed_at.is_(None), Delivery.disputed_at <= Delivery.decided_at),
    )


def on_shelf(shelf: Shelf, times: Times) -> ColumnElement[bool]:
    """SQL: the deliveries of that stretch."""
    return _SHELVES[shelf](times)


def is_open() -> ColumnElement[bool]:
    """SQL: neither done nor cancelled."""
    return and_(Delivery.done_at.is_(None), Delivery.cancelled_at.is_(None))


def _is_done() -> ColumnElement[bool]:
    return Delivery.done_at.is_not(None)


def _overdue(times: Times) -> ColumnElement[bool]:
    return and_(is_open(), Delivery.ends_at <= times.now - times.overdue_after)


def _today(times: Times) -> ColumnElement[bool]:
    return and_(
        is_open(), Delivery.starts_at < times.tomorrow, Delivery.ends_at > times.now - times.overdue_after
    )


def _coming(times: Times) -> ColumnElement[bool]:
    return and_(is_open(), Delivery.starts_at >= times.tomorrow)


def is_disputed() -> ColumnElement[bool]:
    """SQL: somebody said that it was not so, and nobody decided since."""
    return and_(_is_done(), Delivery.disputed_at.is_not(None), not_(is_decided()))


def _disputed(_times: Times) -> ColumnElement[bool]:
    return is_disputed()


def was_accepted() -> ColumnElement[bool]:
    """SQL: accepted, and not disputed since."""
    return and_(_is_done(), is_decided(), Delivery.is_accepted.is_(True))


def was_sent_back() -> ColumnElement[bool]:
    """SQL: sent back, and not put right or disputed since."""
    return and_(_is_done(), is_decided(), Delivery.is_accepted.is_(False))


def waits_for_answer() -> ColumnElement[bool]:
    """SQL: disputed or sent back, so that the provider should say or do something."""
    return or_(is_disputed(), was_sent_back())


def waits_for_decision() -> ColumnElement[bool]:
    """SQL: done, and not accepted or sent back since."""
    return and_(_is_done(), not_(is_decided()))


def is_round() -> ColumnElement[bool]:
    """SQL: a property company's quarter, which nobody planned: the house wrote it down."""
    return and_(Delivery.property_contract_id.is_not(None), Delivery.planned_by.is_(None))


def waits_for_community() -> ColumnElement[bool]:
    """SQL: done, not decided, and no buyer decides. What the house wrote down of a property company's quarter waits only when disputed."""
    return and_(
        Delivery.contract_id.is_(None),
        waits_for_decision(),
        or_(~is_round(), is_disputed()),
    )


def _to_answer(_times: Times) -> ColumnElement[bool]:
    return waits_for_answer()


def _to_confirm(times: Times) -> ColumnElement[bool]:
    return and_(
        Delivery.done_at > times.now - times.dispute_within,
        Delivery.confirmed_at.is_(None),
        Delivery.disputed_at.is_(None),
        Delivery.decided_at.is_(None),
    )


def _to_decide(_times: Times) -> ColumnElement[bool]:
    return waits_for_decision()


def _done(_times: Times) -> ColumnElement[bool]:
    return and_(_is_done(), Delivery.decided_at.is_(None), Delivery.disputed_at.is_(None))


def _over(_times: Times) -> ColumnElement[bool]:
    return or_(Delivery.cancelled_at.is_not(None), and_(_is_done(), is_decided()))


def _past(times: Times) -> ColumnElement[bool]:
    """What somebody received or should have received, and need not answer now."""
    return and_(
        or_(_is_done(), Delivery.cancelled_at.is_not(None), _overdue(times)), not_(_to_confirm(times))
    )


def _own_coming(times: Times) -> ColumnElement[bool]:
    """For those who receive: also what should be there today."""
    return or_(_today(times), _coming(times))


_SHELVES: Mapping[Shelf, Callable[[Times], ColumnElement[bool]]] = {
    Shelf.OVERDUE: _overdue,
    Shelf.TODAY: _today,
    Shelf.COMING: _coming,
    Shelf.TO_ANSWER: _to_answer,
    Shelf.TO_CONFIRM: _to_confirm,
    Shelf.TO_DECIDE: _to_decide,
    Shelf.DISPUTED: _disputed,
    Shelf.DONE: _done,
    Shelf.OVER: _over,
    Shelf.PAST: _past,
}


def on_own_shelf(shelf: Shelf, times: Times) -> ColumnElement[bool]:
    """SQL: the same as those who receive see it."""
    return _own_coming(times) if shelf is Shelf.COMING else on_shelf(shelf, times)


def on_community_shelf(shelf: Shelf, times: Times) -> ColumnElement[bool]:
    """SQL: the same for a community, which decides where no buyer does, and confirms no quarter of a property company."""
    clause = on_shelf(shelf, times)
    if shelf is Shelf.TO_DECIDE:
        return waits_for_community()
    if shelf is Shelf.TO_CONFIRM:
        return clause & ~is_round()
    if shelf is Shelf.OVER:
        return clause | and_(is_round(), _is_done(), ~is_disputed())
    return clause


def was_kept() -> ColumnElement[bool]:
    """SQL over commitments: told, and kept as ``states.is_kept`` has it."""
    told, target = DeliveryCommitment.actual, DeliveryCommitment.target
    return or_(
        and_(DeliveryCommitment.direction == "at_least", told >= target),
        and_(DeliveryCommitment.direction == "at_most", told <= target),
    )
