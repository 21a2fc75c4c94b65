"""The page of rules: read by everybody in words, changed by the city's administrators after a second look."""

import pytest
from sqlalchemy import func, select
from starlette.applications import Starlette

from marketplace.bootstrap import House
from marketplace.catalogue.models import Rule
from marketplace.db.audit import AuditEntry
from marketplace.delivery.ratings import periods
from marketplace.identity.viewer import Role
from marketplace.kernel.locale import LOCALES, catalogue
from tests import builders, city
from tests.statements import counting
from tests.web.visitor import Visitor

OFFER = "/desk/rules/volunteering.offer"
STARS = "/desk/rules/hours.stars"


async def be(visitor: Visitor, house: House, role: Role | None, scope: str = city.CITY) -> None:
    async with house.database.unit_of_work() as session:
        viewer = await builders.viewer(session, role=role, scope=scope, locale="en")
    await visitor.sign_in(viewer.signed_in())


async def rows(house: House) -> int:
    async with house.database.reading() as session:
        return await session.scalar(select(func.count()).select_from(Rule)) or 0


async def test_everybody_reads_the_rules_in_words(visitor: Visitor) -> None:
    page = await visitor.get("/rules")
    for said in (
        "An offered place is held for 12 h",
        "From one star to five 100 h, 300 h, 600 h, 1,000 h, 1,500 h",
        "No guardian's consent is needed from the age of 18 years",
        "“At the place” means within 500 m",
        "《上海市志愿服务条例》第十三条",
        "A rule without an article is this house's own",
    ):
        assert said in page.text
    assert "本平台规则" not in page.text
    assert not any(link.startswith("/desk/rules/") for link in page.links)


async def test_the_rules_speak_chinese(app: Starlette, house: House) -> None:
    visitor = Visitor(app, house, locale="zh-CN")
    text = (await visitor.get("/rules")).text
    assert "候补名额保留 12 小时" in text and "已核对原文：国务院令第685号" in text
    assert "已核对原文：<" not in text and " is ours" not in text and "天数由本平台自定" in text
    await visitor.client.aclose()


async def test_every_figure_of_every_shipped_rule_has_words(house: House) -> None:
    async with house.database.reading() as session:
        shipped = (await session.scalars(select(Rule))).all()
    keys = {f"rule.{row.code}.{key}" for row in shipped for key in row.value}
    missing = [
        (locale, key) for locale in LOCALES for key in sorted(keys) if catalogue(locale).gettext(key) == key
    ]
    assert keys and not missing


async def test_an_administrator_changes_a_rule_after_a_second_look(visitor: Visitor, house: House) -> None:
    await be(visitor, house, Role.ADMINISTRATOR)
    before = await rows(house)
    form = await visitor.get(OFFER)
    check = await visitor.submit(form, OFFER, **{"value.minutes": "３６０", "reason": "试点结束"})
    assert check.status == 200 and "12 h" in check.text and "6 h" in check.text
    assert await rows(house) == before
    page = await visitor.submit_and_follow(check, OFFER, confirmed="on", again=[])
    assert "the reason is on record" in page.text
    assert "An offered place is held for 6 h" in page.text and "What held before" in page.text
    async with house.database.reading() as session:
        entry = (await session.scalars(select(AuditEntry).where(AuditEntry.action == "rule.changed"))).one()
    assert (entry.subject_id, entry.facts["reason"]) == ("volunteering.offer", "试点结束")


async def test_a_rule_of_later_is_announced(visitor: Visitor, house: House) -> None:
    await be(visitor, house, Role.ADMINISTRATOR)
    changes = {"value.minutes.0": "3000", "reason": "新标准", "in_force_from": "2027-01-01T00:00"}
    check = await visitor.submit(await visitor.get(STARS), STARS, **changes)
    page = await visitor.submit_and_follow(check, STARS, confirmed="on", again=[])
    assert "From 1 Jan 2027, 00:00 on" in page.text
    assert "50 h, 300 h" in page.text and "100 h, 300 h" in page.text


async def test_going_back_to_the_answers_keeps_them(visitor: Visitor, house: House) -> None:
    await be(visitor, house, Role.ADMINISTRATOR)
    check = await visitor.submit(await visitor.get(OFFER), OFFER, **{"value.minutes": "90", "reason": "试点"})
    form = await visitor.submit(check, OFFER, again="on", confirmed=[])
    assert form.form(OFFER).fields["value.minutes"] == ["90"]
    assert form.form(OFFER).fields["reason"] == ["试点"]


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("value.minutes", ""),
        ("value.minutes", "-5"),
        ("value.minutes", "1.5"),
        ("value.minutes", "1_000"),
        ("value.minutes", "twelve"),
        ("value.minutes", "9" * 5000),
        ("reason", ""),
        ("reason", "字" * 501),
        ("article", "字" * 121),
        ("article", ""),
        ("source", "a\x00b"),
        ("in_force_from", "tomorrow"),
    ],
)
async def test_a_wrong_answer_is_told_beside_its_field(
    visitor: Visitor, house: House, field: str, text: str
) -> None:
    await be(visitor, house, Role.ADMINISTRATOR)
    before = await rows(house)
    answer = await visitor.submit(await visitor.get(OFFER), OFFER, **{"reason": "试点", field: text})
    assert answer.status == 422 and f"problem-{field}" in answer.ids
    assert await rows(house) == before


async def test_a_year_out_of_range_is_told(visitor: Visitor, house: House) -> None:
    await be(visitor, house, Role.ADMINISTRATOR)
    changes = {"reason": "试点", "in_force_from": "9999-12-31T23:59"}
    answer = await visitor.submit(await visitor.get(OFFER), OFFER, **changes)
    assert answer.status == 422 and "Please look at this again" in answer.text


async def test_a_rule_does_not_change_in_the_past(visitor: Visitor, house: House) -> None:
    await be(visitor, house, Role.ADMINISTRATOR)
    changes = {"reason": "试点", "in_force_from": "2020-06-01T00:00"}
    check = await visitor.submit(await visitor.get(OFFER), OFFER, **changes)
    answer = await visitor.submit(check, OFFER, confirmed="on", again=[])
    assert answer.status == 409 and "试点" in answer.html


async def test_a_stranger_is_led_to_the_sign_in(visitor: Visitor) -> None:
    answer = await visitor.get(OFFER)
    assert answer.status == 303 and str(answer.location).startswith("/sign-in?next=")


@pytest.mark.parametrize(
    ("role", "scope"),
    [(None, city.CITY), (Role.MODERATOR, city.CITY), (Role.ADMINISTRATOR, city.CHANGNING)],
)
async def test_nobody_else_changes_a_rule(
    visitor: Visitor, house: House, role: Role | None, scope: str
) -> None:
    await be(visitor, house, role, scope)
    assert (await visitor.get(OFFER)).status == 403
    assert "/desk/rules/volunteering.offer" not in (await visitor.get("/rules")).links


@pytest.mark.parametrize("code", ["nothing", "volunteering.offer'--", "%00", "x" * 3000])
async def test_an_unknown_rule_is_missing(visitor: Visitor, house: House, code: str) -> None:
    await be(visitor, house, Role.ADMINISTRATOR)
    assert (await visitor.get(f"/desk/rules/{code}")).status == 404


async def test_the_page_of_rules_costs_one_statement(visitor: Visitor, house: House) -> None:
    with counting(house) as sent:
        await visitor.get("/rules")
    assert len(sent) == 1


async def test_rules_of_ratings_are_fixed_while_a_period_is_open_and_the_page_says_until_when(
    visitor: Visitor, house: House
) -> None:
    async with house.database.unit_of_work() as session:
        await periods.current(session)
    await be(visitor, house, Role.ADMINISTRATOR)
    assert "Fixed until 1 Dec 2026, 00:00" in (await visitor.get("/rules")).text
    place = "/desk/rules/rating.ticket"
    check = await visitor.submit(
        await visitor.get(place), place, **{"value.valid_days": "60", "reason": "试点"}
    )
    answer = await visitor.submit(check, place, confirmed="on", again=[])
    assert answer.status == 409 and "Ratings are being collected by this rule until" in answer.text
    later = {"value.valid_days": "60", "reason": "试点", "in_force_from": "2026-12-01T00:00"}
    check = await visitor.submit(await visitor.get(place), place, **later)
    page = await visitor.submit_and_follow(check, place, confirmed="on", again=[])
    assert "From 1 Dec 2026, 00:00 on" in page.text
