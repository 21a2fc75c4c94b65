"""What the public may know of a provider's ratings as a whole: how many count, by how many people, how many are held, and whether
numbers may be read: by the formula of the last closing, as for its score."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import case, distinct, func, select

from marketplace.db.rows import grouped
from marketplace.db.session import Session
from marketplace.delivery import formula
from marketplace.delivery.ratings import periods
from marketplace.delivery.ratings.models import Rating
from marketplace.delivery.ratings.standing import counts, is_held, is_public
from marketplace.identity.viewer import Viewer


@dataclass(frozen=True, slots=True)
class CellCount:
    """One service type of a provider. Unless it is open its numbers are nobody's to read, each single one included."""

    service_type: str
    ratings: int
    raters: int
    held: int
    least_raters: int
    is_open: bool


async def of_provider(session: Session, viewer: Viewer, organisation_id: UUID) -> Sequence[CellCount]:
    """By service type, for everybody; periods that are still open count for nothing."""
    found = await counted(session, [organisation_id])
    return sorted(found.get(organisation_id, {}).values(), key=lambda cell: cell.service_type)


async def counted(
    session: Session, organisation_ids: Collection[UUID]
) -> Mapping[UUID, Mapping[str, CellCount]]:
    """The same for several providers at once."""
    last = await periods.newest_closed(session)
    if last is None:
        return {}
    model = formula.Model.of(last.rules)
    is_fresh = Rating.given_on.between(last.ends_on - timedelta(days=model.kept_days - 1), last.ends_on)
    days = await session.execute(
        select(
            Rating.organisation_id,
            Rating.service_type,
            Rating.given_on,
            func.count(case((~is_held(), Rating.id), else_=None)),
            func.count(case((is_held(), Rating.id), else_=None)),
        )
        .where(Rating.organisation_id.in_(organisation_ids), is_public())
        .group_by(Rating.organisation_id, Rating.service_type, Rating.given_on)
    )
    people = await session.execute(
        select(Rating.organisation_id, Rating.service_type, func.count(distinct(Rating.rater)))
        .where(Rating.organisation_id.in_(organisation_ids), counts(), is_fresh)
        .group_by(Rating.organisation_id, Rating.service_type)
    )
    raters = {(row[0], row[1]): row[2] for row in people}
    by_cell = grouped(((row[0], row[1]), row[2:]) for row in days)
    found: dict[UUID, dict[str, CellCount]] = {}
    for (organisation_id, service_type), rows in by_cell.items():
        assert organisation_id is not None  # asked for by their ids
        # What was given does not decide, only when, how often and by how many.
        sums = formula.add_up(((day, 0, number) for day, number, _held in rows), last.ends_on, model)
        by = raters.get((organisation_id, service_type), 0)
        found.setdefault(organisation_id, {})[service_type] = CellCount(
            service_type,
            ratings=sum(number for _day, number, _held in rows),
            raters=by,
            held=sum(held for _day, _number, held in rows),
            least_raters=model.least_raters,
            is_open=formula.may_be_published(sums, by, model),
        )
    return found
