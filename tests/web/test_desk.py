"""The page of the desk: whoever looks after something finds what waits and where to do it; others read what it is for."""

from datetime import timedelta
from uuid import UUID

import pytest
from starlette.applications import Starlette

from marketplace.bootstrap import House
from marketplace.identity.viewer import Role
from tests import builders, city
from tests.statements import counting
from tests.test_desk import apply, one_of_each
from tests.web.visitor import Visitor


async def be(visitor: Visitor, house: House, role: Role | None = None, scope: str | UUID = city.CITY) -> None:
    async with house.database.unit_of_work() as session:
        viewer = await builders.viewer(session, role=role, scope=scope, locale="en")
    await visitor.sign_in(viewer.signed_in())


async def test_a_stranger_is_led_to_the_sign_in_and_back(visitor: Visitor) -> None:
    answer = await visitor.get("/desk")
    assert answer.status == 303 and answer.location == "/sign-in?next=/desk"


async def test_a_volunteer_reads_what_the_desk_is_for(visitor: Visitor, house: House) -> None:
    async with house.database.unit_of_work() as session:
        await one_of_each(session, city.JIANGSU_COMMUNITY)
    await be(visitor, house)
    page = await visitor.get("/desk")
    assert page.status == 200
    assert "The desk is for people who look after needs" in page.text
    assert "陪老人就医" not in page.text and "Waiting for you" not in page.text


async def test_an_officer_finds_what_waits_and_where_to_do_it(visitor: Visitor, house: House) -> None:
    async with house.database.unit_of_work() as session:
        await one_of_each(session, city.JIANGSU_COMMUNITY)
    await be(visitor, house, Role.DISTRICT_OFFICER, city.CHANGNING)
    page = await visitor.get("/desk")
    for said in (
        "Applications for your shifts 1",
        "Needs raised by residents 1",
        "Presences to review 1",
        "Hours by hand that wait for approval 1",
        "Organisations to verify 1",
        "Qualifications to verify 1",
        "1 application",
        "0 of 2 places taken",
    ):
        assert said in page.text
    assert "Dead jobs" not in page.text and "Proposed tags" not in page.text


@pytest.mark.parametrize(
    ("role", "scope"),
    [
        (Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY),
        (Role.DISTRICT_OFFICER, city.CHANGNING),
        (Role.MODERATOR, city.CITY),
        (Role.ADMINISTRATOR, city.CITY),
    ],
)
async def test_every_link_of_the_desk_opens_for_whoever_sees_it(
    visitor: Visitor, house: House, role: Role, scope: str
) -> None:
    async with house.database.unit_of_work() as session:
        await one_of_each(session, city.JIANGSU_COMMUNITY)
    await be(visitor, house, role, scope)
    links = {link for link in (await visitor.get("/desk")).links if link.startswith(("/desk/", "/shifts/"))}
    assert links
    for link in links:
        assert (await visitor.get(link)).status == 200, link


async def test_the_line_of_applications_leads_to_the_shifts_below(visitor: Visitor, house: House) -> None:
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session)
        shift_id = await builders.shift(session, need_id)
        await apply(session, shift_id, await builders.person(session))
    await be(visitor, house, Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY)
    page = await visitor.get("/desk")
    assert "#applications" in page.links and page.ids.count("applications") == 1
    assert f"/shifts/{shift_id}/roster" in page.links


async def test_shifts_of_today_stand_apart_from_those_to_come(visitor: Visitor, house: House) -> None:
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session, "今天的课")
        await builders.shift(session, need_id, starts_in=timedelta(hours=4))
        later = await builders.need(session, "明天的课")
        # 00:30 tomorrow in Shanghai is still today in UTC.
        await builders.shift(session, later, starts_in=timedelta(hours=14, minutes=30))
    await be(visitor, house, Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY)
    text = (await visitor.get("/desk")).text
    order = [text.index(said) for said in ("Today's shifts", "今天的课", "Coming shifts", "明天的课")]
    assert order == sorted(order)


async def test_a_quiet_desk_says_so(visitor: Visitor, house: House) -> None:
    await be(visitor, house, Role.ADMINISTRATOR)
    page = await visitor.get("/desk")
    assert "Nothing waits at the moment." in page.text and "None of your shifts is today." in page.text


async def test_the_people_of_an_organisation_see_their_own_shifts(visitor: Visitor, house: House) -> None:
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(session)
        own = await builders.need(session, "读报", organisation_id=organisation_id)
        await builders.shift(session, own)
        await builders.shift(session, await builders.need(session, "送餐"))
    await be(visitor, house, Role.ORGANISATION_MEMBER, organisation_id)
    page = await visitor.get("/desk")
    assert "读报" in page.text and "送餐" not in page.text and "/desk" in page.links


async def test_the_desk_speaks_chinese(app: Starlette, house: House) -> None:
    visitor = Visitor(app, house, locale="zh-CN")
    async with house.database.unit_of_work() as session:
        await one_of_each(session, city.JIANGSU_COMMUNITY)
        viewer = await builders.viewer(session, role=Role.ADMINISTRATOR)
    await visitor.sign_in(viewer.signed_in())
    text = (await visitor.get("/desk")).text
    for said in ("工作台", "等您处理", "待核验的资格", "1 份申请", "今后的班次"):
        assert said in text
    await visitor.client.aclose()


async def test_a_longer_desk_costs_no_more_statements(visitor: Visitor, house: House) -> None:
    await be(visitor, house, Role.ADMINISTRATOR)
    costs = []
    for area_code in (city.JIANGSU_COMMUNITY, city.HUAYANG_COMMUNITY, city.TIANPING_COMMUNITY):
        async with house.database.unit_of_work() as session:
            await one_of_each(session, area_code)
        with counting(house) as sent:
            await visitor.get("/desk")
        costs.append(len(sent))
    assert len(set(costs)) == 1, costs
