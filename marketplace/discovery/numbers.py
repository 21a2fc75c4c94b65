"""How much the city does: the figures of the front page, straight from the rows."""

from dataclasses import dataclass

from sqlalchemy import func, select

from marketplace.db.session import Session
from marketplace.discovery.sources import need_is_findable, organisation_is_findable
from marketplace.hours.models import LedgerEntry
from marketplace.organisations.models import Organisation
from marketplace.volunteering.models import Need, Shift


@dataclass(frozen=True, slots=True)
class CityNumbers:
    """Figures that everybody may know. ``minutes`` are all that were ever served, corrections taken into account."""

    open_needs: int
    free_places: int
    organisations: int
    minutes: int


async def city_numbers(session: Session) -> CityNumbers:
    """The figures now; one statement."""
    free_places = (
        select(func.coalesce(func.sum(Shift.capacity - Shift.places_taken), 0))
        .join(Need, Need.id == Shift.need_id)
        .where(need_is_findable(), Shift.cancelled_at.is_(None), Shift.starts_at > session.now())
    )
    row = (
        await session.execute(
            select(
                select(func.count()).select_from(Need).where(need_is_findable()).scalar_subquery(),
                free_places.scalar_subquery(),
                select(func.count())
                .select_from(Organisation)
                .where(organisation_is_findable())
                .scalar_subquery(),
                select(func.coalesce(func.sum(LedgerEntry.minutes), 0)).scalar_subquery(),
            )
        )
    ).one()
    return CityNumbers(*(int(figure) for figure in row))


async def open_needs_by_category(session: Session) -> dict[str, int]:
    """How many needs can be found in each kind of service; one statement."""
    rows = await session.execute(
        select(Need.category_code, func.count()).where(need_is_findable()).group_by(Need.category_code)
    )
    return {row.category_code: row[1] for row in rows}
