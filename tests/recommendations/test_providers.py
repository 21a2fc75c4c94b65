"""Needs for an organisation: of communities, in its fields and districts, explained; for its own people only."""

from datetime import timedelta

import pytest
from sqlalchemy import insert

from marketplace.bootstrap import House
from marketplace.hours.models import Attendance
from marketplace.identity.viewer import STRANGER, Viewer
from marketplace.kernel.errors import NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.ids import new_id
from marketplace.kernel.local_forms import sentence
from marketplace.kernel.locale import LOCALES
from marketplace.recommendations import providers
from marketplace.recommendations.providers import NeedsForProvider
from marketplace.volunteering.models import Need, Shift
from tests import builders, city, delivering
from tests.recommendations import scene
from tests.statements import counting


async def _shown(house: House, viewer: Viewer, of: Viewer) -> NeedsForProvider:
    (held,) = of.roles
    assert held.organisation_id is not None
    async with house.database.reading() as session:
        return await providers.for_organisation(session, viewer, held.organisation_id)


async def test_needs_in_its_fields_and_areas_come_best_first(house: House) -> None:
    manager = await scene.manager(house)
    here = await scene.need(house, "陪诊", category_code="medical_company")
    near = await scene.need(house, "助餐", category_code="meal_help", area_code=city.HUAYANG_COMMUNITY)
    await scene.need(house, "别的区", area_code=city.TIANPING_COMMUNITY)
    await scene.need(house, "教英语", category_code="education")
    async with house.database.unit_of_work() as session:
        other = await builders.organisation(session, "别的组织")
    await scene.need(house, "已有组织", organisation_id=other)
    await scene.need(house, "没有名额", starts_in=-timedelta(days=1))
    found = await _shown(house, manager, manager)
    assert [item.row.id for item in found.items] == [here.need_id, near.need_id]
    for item in found.items:
        assert sum(factor.points for factor in item.told.factors) == item.told.score
        for factor in item.told.factors:
            for locale in LOCALES:
                assert sentence(locale, factor.key, factor.facts) != factor.key


async def test_the_best_of_many_hundreds_is_found_however_old_it_is(house: House) -> None:
    manager = await scene.manager(house)
    here = await scene.need(
        house, "陪诊", category_code="medical_company", published_at=city.NOW - timedelta(days=30)
    )
    async with house.database.unit_of_work() as session:
        one = await builders.need(
            session, "助餐", category_code="meal_help", area_code=city.HUAYANG_COMMUNITY
        )
        row = {
            column.name: value
            for column in Need.__table__.columns
            if (value := getattr(await session.get_one(Need, one), column.name)) is not None
        }
        ids = [new_id() for _ in range(450)]
        await session.execute(insert(Need), [row | {"id": need_id} for need_id in ids])
        starts_at = session.now() + timedelta(days=1)
        shift = {
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(hours=1),
            "created_at": session.now(),
        }
        await session.execute(
            insert(Shift), [shift | {"id": new_id(), "need_id": need_id, "capacity": 2} for need_id in ids]
        )
    found = [item.row.id for item in (await _shown(house, manager, manager)).items]
    assert found == [here.need_id, *sorted(ids)[:9]]


async def test_shifts_that_took_place_are_a_record_and_late_cancellations_too(house: House) -> None:
    manager = await scene.manager(house)
    organisation_id = manager.roles[0].organisation_id
    assert organisation_id is not None
    place = await scene.need(house, organisation_id=organisation_id)
    async with house.database.unit_of_work() as session:
        held = await builders.shift(session, place.need_id, starts_in=-timedelta(days=3))
        person_id = await builders.person(session)
        sign_up_id = await builders.sign_up(session, held, person_id)
        row = {"sign_up_id": sign_up_id, "shift_id": held, "person_id": person_id}
        session.add(
            Attendance(
                id=new_id(), checked_in_at=session.now(), check_in_method="qr", checked_in_by=person_id, **row
            )
        )
        now = session.now()
        for cancelled_at in (now - timedelta(days=5, hours=2), now - timedelta(days=9)):
            await builders.shift(
                session, place.need_id, starts_at=now - timedelta(days=5), cancelled_at=cancelled_at
            )
    async with house.database.reading() as session:
        found = (await providers.providers(session, [organisation_id]))[organisation_id]
    assert 0.9 < found.delivered < 1 and 0.9 < found.failed < 1


async def test_who_has_no_published_rating_starts_at_the_citys_mean_and_is_told_so(house: House) -> None:
    manager = await scene.manager(house)
    await scene.need(house, "助浴", category_code="elderly_care")
    (item,) = (await _shown(house, manager, manager)).items
    (rating,) = [factor for factor in item.told.factors if factor.name == "rating"]
    assert rating.key == "why.organisation.rating.assumed"
    said = sentence("en", rating.key, rating.facts)
    assert said == "No published rating yet: counted as the city's mean, 4.0 (3.38 to 4.62)"
    assert rating.points == round(rating.most * (3.3802 - 1) / 4)


async def test_a_published_rating_counts_by_its_lower_end_in_the_fields_that_it_touches(house: House) -> None:
    manager = await scene.manager(house)
    organisation_id = manager.roles[0].organisation_id
    assert organisation_id is not None
    async with house.database.unit_of_work() as session:
        await delivering.scorecard(session, organisation_id)
    near = await scene.need(house, "助浴", category_code="elderly_care")
    under = await scene.need(house, "陪浴", category_code="bathing_help")
    shown = {item.row.id: item.told for item in (await _shown(house, manager, manager)).items}
    keys = {
        need_id: next(factor for factor in told.factors if factor.name == "rating")
        for need_id, told in shown.items()
    }
    assert keys[near.need_id].points == round(keys[near.need_id].most * 0.85)
    assert keys[under.need_id].points == keys[near.need_id].points, "the broader rating says something, too"
    said = sentence("zh_Hans", keys[near.need_id].key, keys[near.need_id].facts)
    assert said == "24 位服务对象评分 4.6，可能区间 4.4–4.8"


async def test_below_publication_the_rating_counts_as_the_citys(house: House) -> None:
    manager = await scene.manager(house)
    organisation_id = manager.roles[0].organisation_id
    assert organisation_id is not None
    async with house.database.unit_of_work() as session:
        await delivering.scorecard(session, organisation_id, score=None, low=None, high=None, raters=9)
    async with house.database.reading() as session:
        found = (await providers.providers(session, [organisation_id]))[organisation_id]
    assert not found.ratings and found.rating is not None and found.rating.score == 4.0


async def test_an_organisation_that_is_not_verified_is_shown_nothing(house: House) -> None:
    manager = await scene.manager(house, verified=False)
    await scene.need(house)
    found = await _shown(house, manager, manager)
    assert not found.is_verified and not found.items


async def test_three_visitors(house: House) -> None:
    manager, outsider = await scene.manager(house), await scene.volunteer(house)
    hidden = await scene.manager(house, verified=False)
    with pytest.raises(SignInNeeded):
        await _shown(house, STRANGER, manager)
    with pytest.raises(NotPermitted):
        await _shown(house, outsider, manager)
    with pytest.raises(NotFound):
        await _shown(house, outsider, hidden)


async def test_many_needs_cost_as_much_as_few(house: House) -> None:
    manager = await scene.manager(house)
    counts = []
    for round_number in range(2):
        for number in range(3):
            await scene.need(house, f"需求{round_number}{number}")
        with counting(house) as sent:
            await _shown(house, manager, manager)
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 16
