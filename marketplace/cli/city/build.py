"""Build the made-up city straight into the tables: bulk inserts in one transaction a chunk, no events, one reindex at the end."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import insert, select

from marketplace.areas.codes import Level, prefix_of
from marketplace.areas.models import Area
from marketplace.bootstrap import House
from marketplace.catalogue.models import Tag, TagKind
from marketplace.cli.city.accounts import ACCOUNTS, JIANGSU_ROAD, account_id, make_accounts
from marketplace.cli.city.drawing import draw_lots
from marketplace.cli.city.festival import hold_festival
from marketplace.cli.city.people import Spot, make_people
from marketplace.cli.city.saving import save_searches
from marketplace.cli.city.suggesting import suggest
from marketplace.cli.city.today import make_today
from marketplace.cli.city.work import Owner, Seeds, WorkRows, World, make_needs, make_organisations
from marketplace.db.base import Base
from marketplace.db.session import Session
from marketplace.identity.models import Person

TABLES = (
    "people",
    "person_tags",
    "availabilities",
    "person_qualifications",
    "tags",
    "consents",
    "organisations",
    "organisation_fields",
    "organisation_areas",
    "role_grants",
    "needs",
    "need_tags",
    "need_qualifications",
    "shifts",
    "sign_ups",
    "attendances",
    "hour_reviews",
    "ledger_entries",
)
_NEEDS_A_CHUNK = 200
# At a million volunteers, a few thousand of them are enough to have made the past.
_MOST_ACTIVE = 20_000


@dataclass(frozen=True, slots=True)
class CitySize:
    """How many of each; the defaults are the demo's."""

    organisations: int = 200
    volunteers: int = 2_000
    needs: int = 600


async def is_empty(session: Session) -> bool:
    """Whether nobody lives here yet."""
    return await session.scalar(select(Person.id).limit(1)) is None


async def build_city(
    house: House, size: CitySize, seed: int, progress: Callable[[int], None]
) -> dict[str, int]:
    """Build it; ``progress`` is told how many people and needs are done. Gives the rows written by table.

    Expects the areas and the shipped catalogue to be there.
    """
    random = np.random.default_rng(seed)
    now = house.clock.now()
    writer = _Writer(house)
    async with house.database.reading() as session:
        spots = await _spots(session, random)
        skills = await _codes(session, TagKind.SKILL)
        languages = [code for code in await _codes(session, TagKind.LANGUAGE) if code != "mandarin"]
    active: list[UUID] = []
    for chunk in make_people(random, size.volunteers, spots, skills, languages, house.vault, now):
        await writer.write(
            {
                "people": chunk.people,
                "person_tags": chunk.tags,
                "availabilities": chunk.availabilities,
                "consents": chunk.consents,
            }
        )
        active.extend(row["id"] for row in chunk.people[: max(0, _MOST_ACTIVE - len(active))])
        progress(len(chunk.people))

    seeds = Seeds(seed)
    organisations = make_organisations(seeds, size.organisations, spots, active, now)
    home = next(spot for spot in spots if spot.code.startswith(prefix_of(JIANGSU_ROAD)))
    near = [row for row in organisations.tables["organisations"] if row["verified_at"]]
    _bring_home(near[0], organisations)
    await writer.write(organisations.tables)
    await writer.write(make_accounts(house.vault, home.code, [row["id"] for row in near[:2]], now).tables)
    # The demo's volunteer is one of the active ones, often drawn, so that the pages have something to show.
    helpers = [*active, *([account_id(ACCOUNTS[0])] * max(1, len(active) // 150))]
    local = [home] * 4 + [spot for spot in spots if spot.code.startswith(prefix_of(JIANGSU_ROAD))] * 2
    weighted = spots + local * max(1, len(spots) // (len(local) * 12))
    pending: list[WorkRows] = []
    world = World(seeds, weighted, await _owners(house, organisations, spots), helpers, now)
    for rows in make_needs(world, size.needs):
        pending.append(rows)
        if len(pending) == _NEEDS_A_CHUNK:
            await writer.write(_joined(pending))
            progress(len(pending))
            pending = []
    await writer.write(_joined(pending))
    progress(len(pending))
    await writer.write(make_today(world, home).tables)
    await suggest(house, world, home)
    await save_searches(house)
    await draw_lots(house, world, home)
    await hold_festival(house, world, home)
    return dict(writer.counts)


def _bring_home(organisation: dict[str, Any], rows: WorkRows) -> None:
    """The demo manager's organisation works where the demo's people live, and in the fields of what is tendered there."""
    organisation.update(name="江苏路暖阳助老服务社", area_code="310105000000")
    for row in rows.tables["organisation_areas"]:
        if row["organisation_id"] == organisation["id"]:
            row["area_code"] = "310105000000"
    own = {
        row["tag_code"]
        for row in rows.tables["organisation_fields"]
        if row["organisation_id"] == organisation["id"]
    }
    for code in sorted({"community_order", "health"} - own):
        rows.add("organisation_fields", {"organisation_id": organisation["id"], "tag_code": code})


def _joined(pending: Iterable[WorkRows]) -> dict[str, list[dict[str, Any]]]:
    joined: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for rows in pending:
        for table, some in rows.tables.items():
            joined[table].extend(some)
    return joined


class _Writer:
    """Writes rows by table, parents first; the rows of a table have the same columns, so that one statement serves all."""

    def __init__(self, house: House) -> None:
        self._database = house.database
        self.counts: dict[str, int] = defaultdict(int)

    async def write(self, tables: dict[str, list[dict[str, Any]]]) -> None:
        async with self._database.unit_of_work() as session:
            for name in TABLES:
                rows = tables.get(name)
                if rows:
                    await session.execute(insert(Base.metadata.tables[name]), rows)
                    self.counts[name] += len(rows)


async def _spots(session: Session, random: np.random.Generator) -> list[Spot]:
    """The communities, each somewhere around the middle of its district."""
    middles = {
        code[:6]: (latitude, longitude)
        for code, latitude, longitude in await session.execute(
            select(Area.code, Area.latitude, Area.longitude).where(
                Area.level == Level.DISTRICT, Area.latitude.is_not(None)
            )
        )
    }
    rows = (
        await session.execute(
            select(Area.code, Area.name)
            .where(Area.level == Level.COMMUNITY, Area.retired_in.is_(None))
            .order_by(Area.code)
        )
    ).all()
    shifts = random.normal(0, 0.018, (len(rows), 2)).tolist()
    return [
        Spot(
            row.code,
            row.name,
            *(round(base + shift, 5) for base, shift in zip(middles[row.code[:6]], offset, strict=True)),
        )
        for row, offset in zip(rows, shifts, strict=True)
    ]


async def _codes(session: Session, kind: TagKind) -> list[str]:
    return list(await session.scalars(select(Tag.code).where(Tag.kind == kind).order_by(Tag.code)))


async def _owners(house: House, organisations: WorkRows, spots: list[Spot]) -> dict[str, list[Owner]]:
    """The verified organisations under every category of their field, the narrower ones included."""
    async with house.database.reading() as session:
        tags = await session.execute(select(Tag.code, Tag.parent_code).where(Tag.kind == TagKind.CATEGORY))
        parents = {row.code: row.parent_code for row in tags}
    by_district: dict[str, list[Spot]] = defaultdict(list)
    for spot in spots:
        by_district[spot.code[:6]].append(spot)
    able: dict[str, list[Owner]] = defaultdict(list)
    # The first field of each is what it was founded for.
    listed = reversed(organisations.tables["organisation_fields"])
    fields = {row["organisation_id"]: row["tag_code"] for row in listed}
    for row in organisations.tables["organisations"]:
        if row["verified_at"]:
            able[fields[row["id"]]].append(Owner(row["id"], by_district[row["area_code"][:6]]))
    return {
        code: able.get(parent or code, []) + (able.get(code, []) if parent else [])
        for code, parent in parents.items()
    }
