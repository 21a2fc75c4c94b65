"""The calendar of working days: read by everybody, mended by supervisors and administrators, never for days that are over."""

from datetime import date

from marketplace.bootstrap import House
from marketplace.identity.viewer import Role
from marketplace.procurement import working_days
from tests import builders, buying, city
from tests.web.visitor import Visitor

PATH = "/buying/days"
DAY = {
    "day": "2027-09-16",
    "name_zh": "中秋节",
    "name_en": "Mid-Autumn",
    "source": "国办发明电",
    "is_working": "no",
}


async def test_a_supervisor_adds_a_day_and_periods_are_counted_by_it(house: House, visitor: Visitor) -> None:
    async with house.database.unit_of_work() as session:
        person_id = await builders.person(session, "监督员", locale="en")
        await builders.grant(session, person_id, Role.PROCUREMENT_SUPERVISOR, city.CHANGNING)
    await visitor.sign_in(person_id)
    page = await visitor.get(PATH)
    over = await visitor.submit(page, PATH, **{**DAY, "day": "2026-11-20"})
    assert over.status == 422 and "That day is over" in over.text
    for working, said in (("no", "off"), ("yes", "worked")):
        saved = await visitor.submit_and_follow(page, PATH, **{**DAY, "is_working": working})
        assert "16 Sep 2027" in saved.text and said in saved.text
    async with house.database.reading() as session:
        assert (await working_days.calendar(session)).is_working(date(2027, 9, 16))


async def test_everybody_reads_the_calendar_and_others_cannot_change_it(
    house: House, visitor: Visitor
) -> None:
    page = await visitor.get(PATH)
    assert (
        page.status == 200 and "New Year" in page.text and not any(one.action == PATH for one in page.forms)
    )
    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
    await visitor.sign_in(officer.signed_in())
    assert not any(one.action == PATH for one in (await visitor.get(PATH)).forms)


async def test_a_rule_of_working_days_says_so(visitor: Visitor) -> None:
    page = await visitor.get("/rules")
    assert "7 working days" in page.text and "20 days" in page.text
