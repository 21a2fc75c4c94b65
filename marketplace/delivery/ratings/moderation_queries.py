"""What moderators have before them, and what the public reads of their work, month by month."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Subquery, and_, case, func, literal, select, union_all

from marketplace.db.pages import rising
from marketplace.db.session import Session
from marketplace.delivery.ratings import public_policy, published
from marketplace.delivery.ratings.care_drafts import HidingReason
from marketplace.delivery.ratings.models import Rating, RatingComplaint, RatingHiding, RatingHold
from marketplace.delivery.ratings.published import PublishedRating
from marketplace.delivery.ratings.standing import is_public
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.clock import day_starts, local_day
from marketplace.kernel.errors import NotPermitted
from marketplace.kernel.pagination import Page, PageRequest, cut, encode_cursor

MONTHS = 12


@dataclass(frozen=True, slots=True)
class Report:
    """Somebody's report about a part of a rating. Who reported is not told."""

    id: UUID
    rating: PublishedRating
    what: str
    text: str
    reported_at: datetime


@dataclass(frozen=True, slots=True)
class Appeal:
    """An appeal that waits; ``may_decide`` unless the viewer hid it."""

    hiding_id: UUID
    rating: PublishedRating
    what: str
    reason: str
    explanation: str
    text: str
    appealed_at: datetime
    may_decide: bool


@dataclass(frozen=True, slots=True)
class MonthOfCare:
    """What was hidden, appealed and restored in a month, and what was held, released and kept out. Public."""

    month: date
    hidden: dict[str, int]
    appeals: int
    restored: int
    held: int
    released: int
    kept: int


async def reports(session: Session, viewer: Viewer, request: PageRequest) -> Page[Report]:
    """Open reports of the viewer's areas, the oldest first. Raises SignInNeeded, NotPermitted."""
    _must_moderate(viewer)
    found = (
        select(RatingComplaint)
        .join(Rating, Rating.id == RatingComplaint.rating_id)
        .where(
            RatingComplaint.dismissed_at.is_(None),
            is_public(),
            public_policy.in_care_of(viewer, Role.MODERATOR),
        )
    )
    rows = (
        await session.scalars(rising(found, request, RatingComplaint.complained_at, RatingComplaint.id))
    ).all()
    ratings = await published.by_ids(session, viewer, list({row.rating_id for row in rows}))
    shown = [
        Report(row.id, ratings[row.rating_id], row.what, row.text, row.complained_at)
        for row in rows
        if row.rating_id in ratings
    ]
    return cut(shown, request, lambda row: encode_cursor(row.reported_at, row.id))


async def appeals(session: Session, viewer: Viewer, request: PageRequest) -> Page[Appeal]:
    """Appeals of the viewer's areas that wait for a decision, the oldest first. Raises SignInNeeded, NotPermitted."""
    _must_moderate(viewer)
    found = (
        select(RatingHiding)
        .join(Rating, Rating.id == RatingHiding.rating_id)
        .where(
            RatingHiding.appealed_at.is_not(None),
            RatingHiding.appeal_decided_at.is_(None),
            public_policy.in_care_of(viewer, Role.MODERATOR),
        )
    )
    rows = (await session.scalars(rising(found, request, RatingHiding.appealed_at, RatingHiding.id))).all()
    ratings = await published.by_ids(session, viewer, list({row.rating_id for row in rows}))
    shown = [
        Appeal(
            hiding_id=row.id,
            rating=ratings[row.rating_id],
            what=row.what,
            reason=row.reason,
            explanation=row.explanation,
            text=row.appeal or "",
            appealed_at=row.appealed_at,
            may_decide=row.hidden_by != viewer.person_id,
        )
        for row in rows
        if row.rating_id in ratings and row.appealed_at is not None
    ]
    return cut(shown, request, lambda row: encode_cursor(row.appealed_at, row.hiding_id))


async def months(session: Session, viewer: Viewer) -> Sequence[MonthOfCare]:
    """The last twelve months, the newest first, for everybody: counts, and nobody's name. Held ratings appear with their period."""
    spans = _months(local_day(session.now()))
    hidden = await _counted(session, spans, RatingHiding.hidden_at, RatingHiding.reason)
    appealed = await _counted(session, spans, RatingHiding.appealed_at)
    restored = await _counted(
        session, spans, RatingHiding.appeal_decided_at, where=RatingHiding.is_restored.is_(True)
    )
    held = await _counted(session, spans, RatingHold.held_at, each=RatingHold.rating_id)
    outcome = case((RatingHold.is_upheld.is_(True), "kept"), else_="released")
    decided = await _counted(session, spans, RatingHold.decided_at, outcome, each=RatingHold.rating_id)
    return [
        MonthOfCare(
            month=month,
            hidden={one.value: hidden.get((month, one.value), 0) for one in HidingReason},
            appeals=appealed.get((month, ""), 0),
            restored=restored.get((month, ""), 0),
            held=held.get((month, ""), 0),
            released=decided.get((month, "released"), 0),
            kept=decided.get((month, "kept"), 0),
        )
        for month, _, _ in reversed(spans)
    ]


def _must_moderate(viewer: Viewer) -> None:
    viewer.signed_in()
    if not viewer.areas_of(Role.MODERATOR):
        raise NotPermitted()


def _months(today: date) -> list[tuple[date, datetime, datetime]]:
    """The first day of each month with the moments at which it begins and ends in Shanghai, the oldest first."""
    first = today.replace(day=1)
    spans: list[tuple[date, datetime, datetime]] = []
    following = (first + timedelta(days=32)).replace(day=1)
    for _ in range(MONTHS):
        spans.append((first, day_starts(first).astimezone(UTC), day_starts(following).astimezone(UTC)))
        first, following = (first - timedelta(days=1)).replace(day=1), first
    return spans[::-1]


async def _counted(
    session: Session,
    spans: Sequence[tuple[date, datetime, datetime]],
    moment: Any,
    split: Any = None,
    *,
    where: ColumnElement[bool] | None = None,
    each: Any = None,
) -> dict[tuple[date, str], int]:
    """How many rows have their moment in each month, split by a column where one is named."""
    of: Subquery = _table(spans)
    kind = split if split is not None else literal("")
    counted = func.count(each.distinct()) if each is not None else func.count()
    asked = (
        select(of.c.number, kind, counted)
        .select_from(of)
        .join(moment.class_, and_(moment >= of.c.starts_at, moment < of.c.ends_at))
        .group_by(of.c.number, kind)
    )
    if where is not None:
        asked = asked.where(where)
    return {(spans[number][0], str(name)): count for number, name, count in await session.execute(asked)}


def _table(spans: Sequence[tuple[date, datetime, datetime]]) -> Subquery:
    moment = RatingHiding.hidden_at.type
    return union_all(
        *(
            select(
                literal(number).label("number"),
                literal(starts_at, moment).label("starts_at"),
                literal(ends_at, moment).label("ends_at"),
            )
            for number, (_, starts_at, ends_at) in enumerate(spans)
        )
    ).subquery()
