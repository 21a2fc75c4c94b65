"""What the tests of finding share: needs to be found, people who look, and both ways of looking."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from marketplace.bootstrap import House
from marketplace.discovery.finding import Found, find_needs
from marketplace.discovery.rebuild import rebuild
from marketplace.discovery.wishes import NeedWishes
from marketplace.identity.viewer import STRANGER, Viewer
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest
from marketplace.volunteering.models import NeedQualification, NeedTag
from tests import builders

WAYS = ("index", "database")
"""Found by the index, or by the database because there is no index."""


async def prepare(house: House, way: str) -> None:
    if way == "index":
        await rebuild(house.database, house.search)


async def find(
    house: House, viewer: Viewer = STRANGER, first: int = 20, after: str | None = None, **wishes: Any
) -> Found:
    async with house.database.reading() as session:
        return await find_needs(
            session, viewer, house.search, read(NeedWishes, wishes), PageRequest(first, after)
        )


def ids(found: Found) -> list[UUID]:
    return [card.id for card in found.page.rows]


async def need(house: House, title: str = "陪老人就医", **facts: Any) -> UUID:
    starts_in = facts.pop("starts_in", timedelta(days=2))
    tags = facts.pop("tags", ())
    qualifications = facts.pop("qualifications", ())
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session, title, **facts)
        await builders.shift(session, need_id, starts_in=starts_in)
        session.add_all(NeedTag(need_id=need_id, tag_code=code) for code in tags)
        session.add_all(
            NeedQualification(need_id=need_id, qualification_code=code) for code in qualifications
        )
    return need_id


async def someone(house: House, **facts: Any) -> Viewer:
    async with house.database.unit_of_work() as session:
        return await builders.viewer(session, **facts)
