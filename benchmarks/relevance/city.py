"""The demo's city, with a clock that stands still: what the relevance set is judged over, and what is searched."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from marketplace.areas import editions
from marketplace.bootstrap import House, open_house
from marketplace.catalogue import shipped
from marketplace.cli.city.build import CitySize, build_city
from marketplace.db.session import Session
from marketplace.discovery.documents import Kind, document_id
from marketplace.discovery.rebuild import rebuild
from marketplace.discovery.sources import need_is_findable, organisation_is_findable
from marketplace.kernel.clock import FixedClock
from marketplace.migrations.run import upgrade
from marketplace.organisations.models import Organisation, OrganisationField
from marketplace.procurement import working_days
from marketplace.settings import Settings
from marketplace.volunteering.models import Need, NeedTag
from matching.index import SearchIndex

SEED = 2026
"""The demo's own."""
MORNING = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Thing:
    """What a judge reads of one need or organisation: its row, not what any index makes of it.

    ``tags`` are a need's tags or an organisation's fields; ``organisation`` is the owner's name, or its own.
    """

    id: str
    kind: Kind
    title: str
    description: str
    category: str
    tags: frozenset[str]
    area_code: str
    place: str
    organisation: str


@dataclass(frozen=True, slots=True)
class Searched:
    """The city and an index of it, which outlives the house."""

    things: list[Thing]
    index: SearchIndex


async def searched_city(folder: Path) -> Searched:
    """Build the city in ``folder`` and index it as the house does."""
    async with demo_city(folder) as house:
        await rebuild(house.database, house.search)
        return Searched(await things(house), house.search)


@asynccontextmanager
async def demo_city(folder: Path) -> AsyncIterator[House]:
    """A house in which the demo's city lives, on SQLite in ``folder``; nothing is indexed yet."""
    url = f"sqlite+aiosqlite:///{folder / 'city.db'}"
    await asyncio.to_thread(upgrade, url)
    settings = Settings(
        _env_file=None,
        data_folder=folder,
        database_url=url,
        secret="benchmark-secret-0123456789-abcdefghijkl",
    )
    house = open_house(settings, clock=FixedClock(MORNING))
    try:
        async with house.database.unit_of_work() as session:
            await editions.import_shipped(session)
            await shipped.load(session)
            await working_days.load(session)
        await build_city(house, CitySize(), SEED, lambda _done: None)
        yield house
    finally:
        await house.close()


async def things(house: House) -> list[Thing]:
    """Every need that takes people and every organisation at work, as the rows say."""
    async with house.database.reading() as session:
        return [*await _needs(session), *await _organisations(session)]


async def _needs(session: Session) -> list[Thing]:
    rows = (
        await session.execute(
            select(Need, Organisation.name)
            .outerjoin(Organisation, Organisation.id == Need.organisation_id)
            .where(need_is_findable())
        )
    ).all()
    tags: dict[object, set[str]] = {}
    for need_id, code in await session.execute(select(NeedTag.need_id, NeedTag.tag_code)):
        tags.setdefault(need_id, set()).add(code)
    return [
        Thing(
            id=document_id(Kind.NEED, need.id),
            kind=Kind.NEED,
            title=need.title,
            description=need.description,
            category=need.category_code,
            tags=_all(tags.get(need.id, ())),
            area_code=need.area_code,
            place=need.place or "",
            organisation=name or "",
        )
        for need, name in rows
    ]


async def _organisations(session: Session) -> list[Thing]:
    fields: dict[object, set[str]] = {}
    for row_id, code in await session.execute(
        select(OrganisationField.organisation_id, OrganisationField.tag_code)
    ):
        fields.setdefault(row_id, set()).add(code)
    return [
        Thing(
            id=document_id(Kind.ORGANISATION, one.id),
            kind=Kind.ORGANISATION,
            title=one.name,
            description=one.about or "",
            category="",
            tags=_all(fields.get(one.id, ())),
            area_code=one.area_code,
            place="",
            organisation=one.name,
        )
        for one in await session.scalars(select(Organisation).where(organisation_is_findable()))
    ]


def _all(codes: Collection[str]) -> frozenset[str]:
    return frozenset(codes)
