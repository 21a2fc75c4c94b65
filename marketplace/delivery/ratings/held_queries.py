"""Held ratings for auditors: by provider and cause, and one provider's with the evidence and what is drawn around it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, distinct, exists, func, select

from marketplace.db.pages import rising
from marketplace.db.session import Session
from marketplace.delivery.ratings import public_policy
from marketplace.delivery.ratings.models import Rating, RatingHold, RatingPeriod
from marketplace.delivery.ratings.standing import is_public
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.errors import NotFound, NotPermitted
from marketplace.kernel.pagination import Page, PageRequest, cut, encode_cursor
from marketplace.organisations.models import Organisation

MOST_SHOWN = 200
MOST_AROUND = 600


@dataclass(frozen=True, slots=True)
class HeldGroup:
    """A provider's ratings of one service type about which an auditor has to decide; ``causes`` counts ratings by cause."""

    organisation_id: UUID
    organisation: str
    service_type: str
    ratings: int
    causes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Cause:
    """Why one rating is held, what it was seen from, and what was decided."""

    cause: str
    evidence: Mapping[str, Any]
    decided_at: datetime | None
    is_upheld: bool | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class HeldRating:
    """One held rating as an auditor sees it: numbers and moments, never who."""

    id: UUID
    given_at: datetime
    sixtieths: int
    is_assisted: bool
    causes: Sequence[Cause]

    @property
    def is_open(self) -> bool:
        return any(one.decided_at is None for one in self.causes)


@dataclass(frozen=True, slots=True)
class Dot:
    """A rating that stands around the held ones."""

    given_at: datetime
    sixtieths: int


@dataclass(frozen=True, slots=True)
class HeldView:
    """What is held of a provider and service type, the open ones first, and its other ratings of the same periods."""

    organisation_id: UUID
    organisation: str
    service_type: str
    ratings: Sequence[HeldRating]
    others: Sequence[Dot]
    is_cut: bool


async def groups(session: Session, viewer: Viewer, request: PageRequest) -> Page[HeldGroup]:
    """Providers with ratings to decide about in the viewer's areas, by name. Raises SignInNeeded, NotPermitted."""
    _must_audit(viewer)
    # The keyset runs over the provider and the type, which the group is made of.
    found = (
        select(
            Organisation.id.label("organisation_id"),
            Organisation.name,
            Rating.service_type,
            func.count(distinct(Rating.id)).label("ratings"),
        )
        .join(Rating, Rating.organisation_id == Organisation.id)
        .join(RatingHold, RatingHold.rating_id == Rating.id)
        .where(RatingHold.decided_at.is_(None), is_public(), public_policy.in_care_of(viewer, Role.AUDITOR))
        .group_by(Organisation.id, Organisation.name, Rating.service_type)
    )
    rows = (
        await session.execute(rising(found, request, Organisation.name, Organisation.id, Rating.service_type))
    ).all()
    causes = await _causes(session, viewer, [row.organisation_id for row in rows])
    shown = [
        HeldGroup(
            row.organisation_id,
            row.name,
            row.service_type,
            row.ratings,
            causes.get((row.organisation_id, row.service_type), {}),
        )
        for row in rows
    ]
    return cut(
        shown, request, lambda row: encode_cursor(row.organisation, row.organisation_id, row.service_type)
    )


async def held_of(session: Session, viewer: Viewer, organisation_id: UUID, service_type: str) -> HeldView:
    """Raises SignInNeeded, NotPermitted, NotFound."""
    _must_audit(viewer)
    of = (
        Rating.organisation_id == organisation_id,
        Rating.service_type == service_type,
        is_public(),
        public_policy.in_care_of(viewer, Role.AUDITOR),
    )
    name = await session.scalar(select(Organisation.name).where(Organisation.id == organisation_id))
    waits = exists().where(RatingHold.rating_id == Rating.id, RatingHold.decided_at.is_(None))
    rows = (
        await session.scalars(
            select(Rating)
            .where(*of, exists().where(RatingHold.rating_id == Rating.id))
            .order_by(case((waits, 0), else_=1), Rating.given_at.desc(), Rating.id)
            .limit(MOST_SHOWN + 1)
        )
    ).all()
    if name is None or not rows:
        raise NotFound()
    shown = rows[:MOST_SHOWN]
    causes = await _evidence(session, [row.id for row in shown])
    return HeldView(
        organisation_id=organisation_id,
        organisation=name,
        service_type=service_type,
        ratings=[
            HeldRating(
                row.id, row.given_at, row.sixtieths, row.assisted_by is not None, causes.get(row.id, [])
            )
            for row in shown
        ],
        others=await _around(session, of, {row.period_id for row in shown}),
        is_cut=len(rows) > MOST_SHOWN,
    )


async def waiting(session: Session, viewer: Viewer) -> int:
    """How many ratings wait for the viewer's decision; 0 for whoever audits nothing."""
    if not viewer.areas_of(Role.AUDITOR):
        return 0
    return (
        await session.scalar(
            select(func.count(distinct(Rating.id)))
            .join(RatingHold, RatingHold.rating_id == Rating.id)
            .where(
                RatingHold.decided_at.is_(None), is_public(), public_policy.in_care_of(viewer, Role.AUDITOR)
            )
        )
        or 0
    )


def _must_audit(viewer: Viewer) -> None:
    viewer.signed_in()
    if not viewer.areas_of(Role.AUDITOR):
        raise NotPermitted()


async def _causes(
    session: Session, viewer: Viewer, organisation_ids: Sequence[UUID]
) -> dict[tuple[UUID | None, str], dict[str, int]]:
    rows = await session.execute(
        select(Rating.organisation_id, Rating.service_type, RatingHold.cause, func.count())
        .join(RatingHold, RatingHold.rating_id == Rating.id)
        .where(
            Rating.organisation_id.in_(organisation_ids),
            RatingHold.decided_at.is_(None),
            is_public(),
            public_policy.in_care_of(viewer, Role.AUDITOR),
        )
        .group_by(Rating.organisation_id, Rating.service_type, RatingHold.cause)
        .order_by(RatingHold.cause)
    )
    found: dict[tuple[UUID | None, str], dict[str, int]] = {}
    for organisation_id, service_type, cause, count in rows:
        found.setdefault((organisation_id, service_type), {})[cause] = count
    return found


async def _evidence(session: Session, ids: Sequence[UUID]) -> dict[UUID, list[Cause]]:
    rows = await session.scalars(
        select(RatingHold)
        .where(RatingHold.rating_id.in_(ids))
        .order_by(RatingHold.rating_id, RatingHold.cause)
    )
    found: dict[UUID, list[Cause]] = {}
    for row in rows:
        cause = Cause(row.cause, row.evidence, row.decided_at, row.is_upheld, row.reason)
        found.setdefault(row.rating_id, []).append(cause)
    return found


async def _around(session: Session, of: Sequence[Any], periods: set[UUID]) -> list[Dot]:
    """The provider's other ratings of the same periods, from which the held ones stand out."""
    rows = await session.execute(
        select(Rating.given_at, Rating.sixtieths)
        .join(RatingPeriod, RatingPeriod.id == Rating.period_id)
        .where(and_(*of), Rating.period_id.in_(periods), ~exists().where(RatingHold.rating_id == Rating.id))
        .order_by(Rating.given_at.desc(), Rating.id)
        .limit(MOST_AROUND)
    )
    return [Dot(given_at, sixtieths) for given_at, sixtieths in rows]
