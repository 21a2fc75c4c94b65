"""Who hears of tenders: organisations in the field and area when one opens, followers of its end; nobody of who follows."""

import pytest
from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.db.session import Session
from marketplace.identity.viewer import Role, Viewer
from marketplace.notices.models import Notice
from marketplace.organisations.models import OrganisationArea, OrganisationField
from marketplace.procurement.tenders import follows, tenders
from marketplace.procurement.tenders.drafts import CancellationDraft
from tests import builders, buying, city
from tests.deliveries import drain
from tests.procurement.tenders import scene


@pytest.fixture
def backend() -> str:
    return "sqlite"


async def _working(
    session: Session, name: str, field: str, serves: str | None = None, **facts: object
) -> Viewer:
    organisation_id = await builders.organisation(session, name, **facts)  # type: ignore[arg-type]
    session.add(OrganisationField(organisation_id=organisation_id, tag_code=field))
    if serves:
        session.add(OrganisationArea(organisation_id=organisation_id, area_code=serves))
    await session.flush()
    return await builders.viewer(session, f"{name}负责人", Role.ORGANISATION_MANAGER, organisation_id)


async def _kinds(house: House, viewer: Viewer) -> set[str]:
    await drain(house)
    async with house.database.reading() as session:
        found = select(Notice.kind).where(Notice.person_id == viewer.signed_in())
        return set(await session.scalars(found))


async def test_organisations_in_the_field_and_area_hear_of_a_new_tender_and_others_do_not(
    house: House,
) -> None:
    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
        near = await _working(session, "甲社", "elderly_care")
        serving = await _working(
            session, "乙社", "elderly_care", city.JIANGSU_COMMUNITY, area_code=city.XUHUI
        )
        far = await _working(session, "丙社", "elderly_care", area_code=city.XUHUI)
        other = await _working(session, "丁社", "bathing_help")
        unverified = await _working(session, "戊社", "elderly_care", verified=False)
        await scene.published(session, officer)
    told = [
        ("tender_published" in await _kinds(house, one)) for one in (near, serving, far, other, unverified)
    ]
    assert told == [True, True, False, False, False]


async def test_followers_hear_the_end_and_the_buyer_hears_nothing_of_them(house: House) -> None:
    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
        cancelled = await scene.published(session, officer)
        ended = await scene.published(session, officer, title="另一项")
        organisation_id, manager = await buying.supplier(session)
        for tender_id in (cancelled, ended):
            await follows.follow(session, manager, tender_id, organisation_id)
        await tenders.cancel(session, officer, cancelled, CancellationDraft(reason="预算取消"))
        await tenders.end_unsuccessful(session, ended, "too_few_bids", None)
    assert {"tender_cancelled", "tender_unsuccessful"} <= await _kinds(house, manager)
    assert not {"tender_cancelled", "tender_unsuccessful"} & await _kinds(house, officer)
