"""Needs for an organisation, the best first, each explained: what communities of its areas ask for in its fields.

The pair is scored as organisation and lot: here the lots are the open needs that a community published itself, without an
organisation to carry them; ``lots`` ranks those of tenders.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select

from marketplace.areas.codes import within
from marketplace.db.session import Session
from marketplace.delivery.formula import TEN_THOUSANDTHS as _UNIT
from marketplace.delivery.scorecards import intervals
from marketplace.delivery.scorecards.intervals import Interval
from marketplace.hours.models import Attendance
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound, NotPermitted
from marketplace.organisations import queries as organisations
from marketplace.organisations.policy import belongs
from marketplace.organisations.providing import ProviderProfile, provider_profiles
from marketplace.procurement.contracts.models import Contract, Milestone, MilestoneReport
from marketplace.recommendations import facts, weights, words
from marketplace.recommendations.drafts import RankingKind
from marketplace.recommendations.words import Reader, Told
from marketplace.volunteering import queries
from marketplace.volunteering.models import Need, Shift
from marketplace.volunteering.offerings import is_on_offer
from marketplace.volunteering.policy import visible_to
from marketplace.volunteering.queries import NeedRow
from matching.features import Lot, Provider, Rating, TagTree, decayed
from matching.scoring import Explanation, explain_provider
from matching.weights import Weights

MOST = 10
_REMEMBERED = timedelta(days=730)
_LATE = timedelta(days=1)
_DISTRICT_DIGITS = 6


@dataclass(frozen=True, slots=True)
class NeedForProvider:
    """A need in the organisation's fields, and why it suits."""

    row: NeedRow
    told: Told


@dataclass(frozen=True, slots=True)
class NeedsForProvider:
    """The best needs first; ``is_verified`` is False for an organisation that cannot take anything on yet."""

    items: Sequence[NeedForProvider]
    is_verified: bool


async def for_organisation(
    session: Session, viewer: Viewer, organisation_id: UUID, most: int = MOST
) -> NeedsForProvider:
    """Needs that suit the organisation, for its own people. Raises SignInNeeded, NotFound, NotPermitted for others."""
    viewer.signed_in()
    if organisation_id not in await organisations.by_ids(session, viewer, [organisation_id]):
        raise NotFound()
    if not belongs(viewer, organisation_id):
        raise NotPermitted()
    provider = (await providers(session, [organisation_id]))[organisation_id]
    if not provider.is_verified:
        return NeedsForProvider((), False)
    in_force = await weights.in_force(session, RankingKind.PROVIDER)
    ranked = await _ranked(session, viewer, provider, in_force, most)
    rows = await queries.needs_by_ids(session, viewer, [lot.id for lot, _ in ranked])
    names = await words.names(session, [explanation for _, explanation in ranked])
    return NeedsForProvider(
        [
            NeedForProvider(rows[lot.id], words.told(explanation, names, Reader.ORGANISATION))
            for lot, explanation in ranked
            if lot.id in rows
        ],
        True,
    )


async def providers(session: Session, organisation_ids: Collection[UUID]) -> dict[UUID, Provider]:
    """Organisations as scoring sees them. Who works in a broad field works in all that lies under it. Nine statements.

    A rating counts as it was published last; who has none starts at the city's mean. Grades and free capacity are kept nowhere yet, so
    they are unknown.
    """
    profiles = await provider_profiles(session, organisation_ids)
    record = _added(await _records(session, profiles), await _deliveries(session, profiles))
    tree = (await facts.tags(session)).tree
    published = await intervals.published(session, profiles)
    nobody, cities = await intervals.priors(session)
    assumed = {code: _assumed(one) for code, one in cities.items()}
    return {
        organisation_id: replace(
            _provider(profile, tree, *record.get(organisation_id, (0.0, 0.0))),
            ratings={code: _rating(one) for code, one in published.get(organisation_id, {}).items()},
            assumed=assumed,
            rating=_assumed(nobody),
        )
        for organisation_id, profile in profiles.items()
    }


def _rating(one: Interval) -> Rating:
    return Rating(one.score / _UNIT, one.low / _UNIT, one.high / _UNIT, one.raters)


def _assumed(one: Interval) -> Rating:
    return replace(_rating(one), raters=0)


def _provider(profile: ProviderProfile, tree: TagTree, delivered: float, failed: float) -> Provider:
    under = (tree.narrower(code) for code in profile.field_codes)
    return Provider(
        id=profile.organisation_id,
        is_verified=profile.is_verified,
        fields=profile.field_codes.union(*under),
        areas=profile.area_codes,
        area=profile.area_code,
        delivered=delivered,
        failed=failed,
    )


async def _records(session: Session, organisation_ids: Collection[UUID]) -> dict[UUID, tuple[float, float]]:
    """Shifts that took place, and shifts called off on their last day, each fading with time."""
    now = session.now()
    was_there = exists().where(Attendance.shift_id == Shift.id)
    rows = await session.execute(
        select(Need.organisation_id, Shift.starts_at, Shift.cancelled_at, was_there.label("took_place"))
        .join(Need, Need.id == Shift.need_id)
        .where(
            Need.organisation_id.in_(organisation_ids),
            Shift.ends_at.between(now - _REMEMBERED, now),
            or_(Shift.cancelled_at.is_not(None), was_there),
        )
    )
    found: dict[UUID, tuple[float, float]] = {}
    for row in rows:
        delivered, failed = found.get(row.organisation_id, (0.0, 0.0))
        weight = decayed((now - row.starts_at) / timedelta(days=1))
        if row.cancelled_at is None:
            delivered += weight
        elif _was_late(row.starts_at, row.cancelled_at):
            failed += weight
        found[row.organisation_id] = (delivered, failed)
    return found


async def _deliveries(
    session: Session, organisation_ids: Collection[UUID]
) -> dict[UUID, tuple[float, float]]:
    """Milestones of contracts that were accepted, and reports of them that were sent back, each fading with time."""
    now = session.now()
    rows = await session.execute(
        select(Contract.organisation_id, MilestoneReport.decided_at, MilestoneReport.is_accepted)
        .join(Milestone, Milestone.contract_id == Contract.id)
        .join(MilestoneReport, MilestoneReport.milestone_id == Milestone.id)
        .where(
            Contract.organisation_id.in_(organisation_ids),
            MilestoneReport.decided_at.between(now - _REMEMBERED, now),
        )
    )
    found: dict[UUID, tuple[float, float]] = {}
    for organisation_id, decided_at, is_accepted in rows:
        assert decided_at is not None
        delivered, failed = found.get(organisation_id, (0.0, 0.0))
        weight = decayed((now - decided_at) / timedelta(days=1))
        found[organisation_id] = (delivered + weight, failed) if is_accepted else (delivered, failed + weight)
    return found


def _added(
    one: dict[UUID, tuple[float, float]], other: dict[UUID, tuple[float, float]]
) -> dict[UUID, tuple[float, float]]:
    nothing = (0.0, 0.0)
    return {
        key: (
            one.get(key, nothing)[0] + other.get(key, nothing)[0],
            one.get(key, nothing)[1] + other.get(key, nothing)[1],
        )
        for key in one.keys() | other.keys()
    }


def _was_late(starts_at: datetime, cancelled_at: datetime) -> bool:
    return starts_at - cancelled_at < _LATE


async def _ranked(
    session: Session, viewer: Viewer, provider: Provider, in_force: Weights, most: int
) -> list[tuple[Lot, Explanation]]:
    """The best of all open needs of communities in the districts and fields of the organisation; ties by which is newest.

    Needs of one field and area suit alike: each such pair is scored once, however many needs there are.
    """
    tree = (await facts.tags(session)).tree
    rows = await session.execute(
        select(Need.id, Need.category_code, Need.area_code)
        .where(
            visible_to(viewer),
            exists().where(Shift.need_id == Need.id, is_on_offer(session)),
            Need.organisation_id.is_(None),
            Need.category_code.in_(touched(provider.fields, tree)),
            _nearby(provider),
        )
        .order_by(Need.published_at.desc(), Need.id)
    )
    lots = [Lot(id=row.id, fields=frozenset({row.category_code}), area=row.area_code) for row in rows]
    alike = {(lot.fields, lot.area): lot for lot in lots}
    explained = {key: explain_provider(provider, lot, in_force, tree) for key, lot in alike.items()}
    free = [(lot, why) for lot in lots if not (why := explained[lot.fields, lot.area]).blocks]
    return sorted(free, key=lambda pair: -pair[1].score)[:most]


def touched(fields: Collection[str], tree: TagTree) -> frozenset[str]:
    """The fields, what lies under them and what lies above."""
    around = (tree.narrower(code) | tree.broader(code) for code in fields)
    return frozenset(fields).union(*around)


def _nearby(provider: Provider) -> ColumnElement[bool]:
    codes = {*provider.areas, *({provider.area} if provider.area else ())}
    districts = {code[:_DISTRICT_DIGITS].ljust(12, "0") for code in codes}
    return or_(*(within(Need.area_code, district) for district in sorted(districts)))
