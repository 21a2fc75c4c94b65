"""What the demo's volunteer searches for again and again: three saved searches, one of them with needs that came to fit today."""

from sqlalchemy import select

from marketplace.areas.codes import within
from marketplace.bootstrap import House
from marketplace.cli.city.accounts import ACCOUNTS, CHANGNING, account_id
from marketplace.discovery import saved_searches
from marketplace.discovery.saved_drafts import SaveSearchDraft
from marketplace.discovery.saved_models import HowTold, SavedSearchMatch
from marketplace.discovery.sources import need_is_findable
from marketplace.discovery.wishes import NeedWishes
from marketplace.identity import viewers
from marketplace.volunteering.models import Need

_CARE = "friendly_visit"
_NEW = 3


async def save_searches(house: House) -> None:
    """Save them as the volunteer would."""
    async with house.database.unit_of_work() as session:
        viewer = await viewers.of_person(session, account_id(ACCOUNTS[0]))
        drafts = (
            SaveSearchDraft(wishes=NeedWishes(text="手机"), how_told=HowTold.OFF),
            SaveSearchDraft(
                wishes=NeedWishes(within_km=3, only_suitable=True), name="家附近", how_told=HowTold.AT_ONCE
            ),
            SaveSearchDraft(wishes=NeedWishes(category=_CARE, area=CHANGNING)),
        )
        for draft in drafts:
            search_id = await saved_searches.save(session, viewer, draft)
        newest = await session.scalars(
            select(Need.id)
            .where(need_is_findable(), Need.category_code == _CARE, within(Need.area_code, CHANGNING))
            .order_by(Need.published_at.desc(), Need.id)
            .limit(_NEW)
        )
        session.add_all(
            SavedSearchMatch(saved_search_id=search_id, need_id=need_id, matched_at=session.now())
            for need_id in newest
        )
