"""What the tests of saved searches share: somebody who saves one, and needs that are published to it."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.db.session import Session
from marketplace.discovery import saved_searches
from marketplace.discovery.saved_drafts import SaveSearchDraft
from marketplace.discovery.saved_models import SavedSearchMatch
from marketplace.identity.viewer import Viewer
from marketplace.kernel.input import read
from marketplace.outbox.publish import publish
from marketplace.volunteering.events import NeedChanged, NeedPublished
from marketplace.volunteering.models import Need
from tests import builders
from tests.deliveries import drain

BATHING = {"text": "助浴"}


def draft(how_told: str = "at_once", name: str | None = None, **wishes: Any) -> SaveSearchDraft:
    return read(SaveSearchDraft, {"wishes": wishes or BATHING, "how_told": how_told, "name": name})


async def save(house: House, viewer: Viewer, how_told: str = "at_once", **wishes: Any) -> UUID:
    """The search, once the house has looked what is there already."""
    async with house.database.unit_of_work() as session:
        search_id = await saved_searches.save(session, viewer, draft(how_told, **wishes))
    await drain(house)
    return search_id


async def need_of(session: Session, title: str = "助浴服务", **facts: Any) -> UUID:
    """A public need with a shift the day after tomorrow, and the news of it."""
    need_id = await builders.need(session, title, **facts)
    await builders.shift(session, need_id)
    await publish(session, NeedPublished(need_id))
    return need_id


async def published(house: House, title: str = "助浴服务", **facts: Any) -> UUID:
    """Such a need, and everybody has heard of it."""
    async with house.database.unit_of_work() as session:
        need_id = await need_of(session, title, **facts)
    await drain(house)
    return need_id


async def changed(house: House, need_id: UUID, **facts: Any) -> None:
    """The need says something else, and everybody has heard of it."""
    async with house.database.unit_of_work() as session:
        need = await session.get_one(Need, need_id)
        for name, value in facts.items():
            setattr(need, name, value)
        await publish(session, NeedChanged(need_id))
    await drain(house)


async def matches(house: House) -> list[SavedSearchMatch]:
    async with house.database.reading() as session:
        return list(await session.scalars(select(SavedSearchMatch).order_by(SavedSearchMatch.matched_at)))


async def fitting(house: House) -> set[tuple[UUID, UUID]]:
    """Searches and the needs that came to fit them."""
    return {
        (match.saved_search_id, match.need_id)
        for match in await matches(house)
        if match.passed_over_at is None
    }
