"""What a person is recommended: the best first, explained to the tenth of a point, only what they may take, and not at all if refused."""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import insert

from marketplace.bootstrap import House
from marketplace.catalogue.models import TagKind
from marketplace.kernel.ids import new_id
from marketplace.recommendations import facts, weights
from marketplace.recommendations.drafts import RankingKind
from marketplace.volunteering.models import Shift, SignUp
from matching.weights import PROVIDER_WEIGHTS, VOLUNTEER_WEIGHTS
from tests import builders, city
from tests.recommendations import scene
from tests.statements import counting


async def test_what_suits_best_comes_first(house: House) -> None:
    person = await scene.volunteer(house, skills=("accompanying",))
    plain = await scene.need(house, "整理图书")
    fitting = await scene.need(house, "陪诊", tags=("accompanying",))
    other = await scene.need(house, "教英语", tags=("english_teaching",))
    shown = await scene.recommended(house, person)
    assert [item.need_id for item in shown.items] == [fitting.need_id, plain.need_id, other.need_id]


async def test_factors_sum_to_the_score_and_name_their_weights(house: House) -> None:
    person = await scene.volunteer(house, skills=("accompanying",))
    await scene.need(house, tags=("accompanying", "english_teaching"))
    (item,) = (await scene.recommended(house, person)).items
    assert sum(factor.points for factor in item.told.factors) == item.told.score
    assert sum(factor.most for factor in item.told.factors) == 1000
    assert all(0 <= factor.points <= factor.most for factor in item.told.factors)
    assert item.told.weights_version == 1


async def test_only_what_they_may_take_is_recommended(house: House) -> None:
    person = await scene.volunteer(house, birth_date=date(2008, 1, 1))  # eighteen
    suits = await scene.need(house, "整理图书")
    await scene.need(house, "夜间巡逻", minimum_age=21)
    await scene.need(house, "急救站", asks=("first_aid",))
    await scene.need(house, "高空清洁", is_risky=True)
    await scene.need(house, "远处", latitude=31.4, longitude=121.9)
    full = await scene.need(house, "已满", capacity=1)
    past = await scene.need(house, "昨天", starts_in=-timedelta(days=1))
    off = await scene.need(house, "取消", cancelled_at=city.NOW)
    hidden = await scene.need(house, "未发布", published=False)
    async with house.database.unit_of_work() as session:
        await builders.sign_up(session, full.shift_id, (await builders.viewer(session)).signed_in())
    shown = {item.need_id for item in (await scene.recommended(house, person)).items}
    assert shown == {suits.need_id}
    assert not shown & {full.need_id, past.need_id, off.need_id, hidden.need_id}


async def test_a_clashing_shift_is_not_recommended_and_neither_is_ones_own(house: House) -> None:
    person = await scene.volunteer(house)
    mine = await scene.need(house, "我的班次")
    await scene.need(house, "同一时间", starts_in=timedelta(days=2, hours=1))
    later = await scene.need(house, "之后", starts_in=timedelta(days=2, hours=2))  # touching is fine
    async with house.database.unit_of_work() as session:
        await builders.sign_up(session, mine.shift_id, person.signed_in())
    assert [item.need_id for item in (await scene.recommended(house, person)).items] == [later.need_id]


async def test_at_most_three_of_one_kind_of_service(house: House) -> None:
    person = await scene.volunteer(house)
    for number in range(5):
        await scene.need(house, f"助餐{number}", category_code="meal_help")
    await scene.need(house, "教英语", category_code="education", tags=("english_teaching",))
    kinds = [item.row.category.code for item in (await scene.recommended(house, person)).items]
    assert kinds.count("meal_help") == 3
    assert "education" in kinds


async def test_a_fitting_need_weeks_behind_hundreds_of_others_is_found(house: House) -> None:
    person = await scene.volunteer(house, skills=("accompanying",), travel_radius_metres=None)
    fitting = await scene.need(house, "陪诊", tags=("accompanying",), starts_in=timedelta(days=80))
    beyond = await scene.need(house, "明年的", tags=("accompanying",), starts_in=timedelta(days=85))
    async with house.database.unit_of_work() as session:
        plain = await builders.need(session, "整理图书", **scene.HERE)
        now = session.now()
        sooner = [now + timedelta(hours=1 + number) for number in range(500)]
        await session.execute(
            insert(Shift),
            [
                {
                    "id": new_id(),
                    "need_id": plain,
                    "starts_at": one,
                    "ends_at": one + timedelta(hours=1),
                    "capacity": 3,
                    "created_at": now,
                }
                for one in sooner
            ],
        )
    shown = (await scene.recommended(house, person)).items
    assert [item.need_id for item in shown] == [fitting.need_id, plain]
    assert shown[1].shift.starts_at == sooner[0]  # of shifts that suit alike the soonest
    assert beyond.need_id not in {item.need_id for item in shown}


async def test_being_excused_is_not_missing_a_shift(house: House) -> None:
    place = await scene.need(house)
    reliable, excused, missed = [await scene.volunteer(house, name) for name in ("甲", "乙", "丙")]
    for one in (reliable, excused, missed):
        await scene.served(house, one, place, 10)
    sign_up_id = await scene.served(house, excused, place, 5, came=False)
    async with house.database.unit_of_work() as session:
        row = await session.get_one(SignUp, sign_up_id)
        row.withdrawn_at, row.withdrawn_by = session.now() - timedelta(days=6), excused.signed_in()
    await scene.served(house, missed, place, 5, came=False)
    async with house.database.reading() as session:
        found = await facts.volunteers(session, [one.signed_in() for one in (reliable, excused, missed)])
    assert found[excused.signed_in()].missed == 0
    assert found[excused.signed_in()].attended == found[reliable.signed_in()].attended > 0
    assert found[missed.signed_in()].missed > 0


async def test_the_number_of_statements_does_not_grow_with_the_city(house: House) -> None:
    person = await scene.volunteer(house, skills=("accompanying",))
    place = await scene.need(house, tags=("accompanying",))
    await scene.served(house, person, place, 20)
    with counting(house) as few:
        await scene.recommended(house, person)
    for number in range(8):
        other = await scene.need(house, f"需求{number}", category_code="digital_help", tags=("accompanying",))
        await scene.served(house, person, other, 20 + number)
    with counting(house) as many:
        await scene.recommended(house, person)
    assert len(many) == len(few) <= 30


async def test_facts_of_many_people_cost_as_much_as_those_of_one(house: House) -> None:
    people = [await scene.volunteer(house, name, holds=("first_aid",)) for name in ("甲", "乙", "丙", "丁")]
    place = await scene.need(house, tags=("accompanying",))
    for number, one in enumerate(people):
        await scene.served(house, one, place, 5 + number)
    counts = []
    for some in (people[:1], people):
        async with house.database.reading() as session:
            with counting(house) as sent:
                await facts.volunteers(session, [one.signed_in() for one in some])
            counts.append(len(sent))
    assert counts[0] == counts[1] <= 14


async def test_what_ships_is_what_scoring_says_it_is(house: House) -> None:
    async with house.database.reading() as session:
        assert await weights.in_force(session, RankingKind.VOLUNTEER) == VOLUNTEER_WEIGHTS
        assert await weights.in_force(session, RankingKind.PROVIDER) == PROVIDER_WEIGHTS


async def test_tags_are_told_apart_by_what_they_say(house: House) -> None:
    place = await scene.need(house, tags=("accompanying", "shanghainese", "older_people"))
    async with house.database.reading() as session:
        words = await facts.tags(session)
        found = (await facts.opportunities(session, [place.shift_id]))[place.shift_id]
    assert found.skills == {"accompanying"}
    assert found.languages == words.of(("shanghainese",), TagKind.LANGUAGE)
    assert "elderly_care" in found.subjects


async def _in_arrays(house: House) -> set[UUID]:
    place = await scene.need(house, "谁都可以")
    async with house.database.reading() as session:
        opportunity = (await facts.opportunities(session, [place.shift_id]))[place.shift_id]
        in_force = await weights.in_force(session, RankingKind.VOLUNTEER)
        tree = (await facts.tags(session)).tree
    return set(await house.volunteers.best(opportunity, in_force, tree, 1000))
