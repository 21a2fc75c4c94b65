"""Needs become public by whoever may publish them, with true risks, and by nobody else."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from marketplace.bootstrap import House
from marketplace.db.session import Session
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.kernel.errors import InputIsInvalid, MarketplaceError, NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.ids import new_id
from marketplace.kernel.input import read
from marketplace.outbox.models import OutboxEvent
from marketplace.volunteering import needs
from marketplace.volunteering.drafts import NeedDraft, RaisedNeedDraft, ReasonDraft
from marketplace.volunteering.errors import (
    InsuranceIsMissing,
    NeedIsOver,
    NeedIsPublishedAlready,
    OrganisationMayNotPublish,
    RisksAreNotStated,
)
from marketplace.volunteering.models import Need, NeedQualification, NeedTag
from tests import builders, city


def a_need(**facts: Any) -> NeedDraft:
    """What a worker of Jiangsu Road community hands in."""
    defaults = {
        "title": "周六陪老人做眼科检查",
        "description": "陪两位老人去区中心医院做眼科检查，取药后送回家。",
        "category": "elderly_care",
        "area_code": city.JIANGSU_COMMUNITY,
        "place": "区中心医院门诊大厅",
        "risks": "上下车时注意搀扶。",
    }
    return read(NeedDraft, {**defaults, **facts})


def a_wish(**facts: Any) -> RaisedNeedDraft:
    """What a resident writes down."""
    defaults = {
        "title": "想学用手机挂号",
        "description": "我和楼里几位邻居想请人教我们用手机挂号。",
        "category": "digital_help",
        "area_code": city.JIANGSU_COMMUNITY,
        "place": "小区活动室",
    }
    return read(RaisedNeedDraft, {**defaults, **facts})


async def worker(session: Session, area: str = city.JIANGSU_COMMUNITY) -> Viewer:
    return await builders.viewer(session, "周社工", Role.COMMUNITY_WORKER, area)


async def news(session: Session) -> list[str]:
    return list(await session.scalars(select(OutboxEvent.name).order_by(OutboxEvent.sequence)))


async def refused(house: House, viewer: Viewer, draft: NeedDraft, error: type[MarketplaceError]) -> None:
    """Publishing raises ``error`` and leaves nothing behind."""
    with pytest.raises(error):
        async with house.database.unit_of_work() as session:
            await needs.publish(session, viewer, draft)
    async with house.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Need)) == 0
        assert await news(session) == []


async def test_a_community_worker_publishes_in_their_community(house: House) -> None:
    async with house.database.unit_of_work() as session:
        viewer = await worker(session)
        need_id = await needs.publish(
            session,
            viewer,
            a_need(qualifications=["first_aid", "first_aid"]),
        )
    async with house.database.reading() as session:
        need = await session.get_one(Need, need_id)
        assert need.published_at == house.clock.now()
        assert need.published_by == viewer.person_id
        codes = await session.scalars(select(NeedQualification.qualification_code))
        assert codes.all() == ["first_aid"]
        assert await news(session) == ["NeedPublished"]


async def test_a_stranger_is_asked_to_sign_in(house: House) -> None:
    await refused(house, STRANGER, a_need(), SignInNeeded)


async def test_a_resident_cannot_publish(house: House) -> None:
    async with house.database.unit_of_work() as session:
        viewer = await builders.viewer(session)
    await refused(house, viewer, a_need(), NotPermitted)


async def test_a_worker_of_another_community_cannot_publish_here(house: House) -> None:
    async with house.database.unit_of_work() as session:
        viewer = await worker(session, city.HUAYANG_COMMUNITY)
    await refused(house, viewer, a_need(), NotPermitted)


async def test_a_member_publishes_for_a_verified_organisation(house: House) -> None:
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(session)
        viewer = await builders.viewer(session, "赵", Role.ORGANISATION_MEMBER, organisation_id)
        need_id = await needs.publish(session, viewer, a_need(organisation_id=organisation_id))
    async with house.database.reading() as session:
        assert (await session.get_one(Need, need_id)).organisation_id == organisation_id


@pytest.mark.parametrize(
    "facts", [{"verified": False}, {"suspended_at": city.NOW}, {"verified": False, "refused_at": city.NOW}]
)
async def test_an_organisation_that_is_not_in_good_standing_cannot_publish(
    house: House, facts: dict[str, Any]
) -> None:
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(session, **facts)
        viewer = await builders.viewer(session, "赵", Role.ORGANISATION_MANAGER, organisation_id)
    await refused(house, viewer, a_need(organisation_id=organisation_id), OrganisationMayNotPublish)


async def test_nobody_publishes_for_an_organisation_of_others(house: House) -> None:
    async with house.database.unit_of_work() as session:
        theirs = await builders.organisation(session)
        mine = await builders.organisation(session, "邻里互助社")
        viewer = await builders.viewer(session, "赵", Role.ORGANISATION_MANAGER, mine)
        area_worker = await worker(session)
    await refused(house, viewer, a_need(organisation_id=theirs), NotPermitted)
    await refused(house, area_worker, a_need(organisation_id=theirs), NotPermitted)
    await refused(house, viewer, a_need(organisation_id=new_id()), NotPermitted)


async def test_a_need_without_stated_risks_is_refused_with_the_article(house: House) -> None:
    async with house.database.unit_of_work() as session:
        viewer = await worker(session)
    with pytest.raises(RisksAreNotStated) as refusal:
        async with house.database.unit_of_work() as session:
            await needs.publish(session, viewer, a_need(risks=" "))
    assert refusal.value.article == "《志愿服务条例》第十二、十三条"


async def test_risky_work_without_insurance_is_refused_with_the_article(house: House) -> None:
    async with house.database.unit_of_work() as session:
        viewer = await worker(session)
    with pytest.raises(InsuranceIsMissing) as refusal:
        async with house.database.unit_of_work() as session:
            await needs.publish(session, viewer, a_need(is_risky=True))
    assert "第十七条" in (refusal.value.article or "")
    async with house.database.unit_of_work() as session:
        await needs.publish(session, viewer, a_need(is_risky=True, insurance="平安志愿者意外险"))


@pytest.mark.parametrize(
    ("word", "code"), [("陪诊", "medical_company"), ("助浴", "bathing_help"), ("Tutoring", "tutoring")]
)
async def test_a_category_may_be_given_by_any_of_its_words(house: House, word: str, code: str) -> None:
    async with house.database.unit_of_work() as session:
        need_id = await needs.publish(session, await worker(session), a_need(category=word))
    async with house.database.reading() as session:
        assert (await session.get_one(Need, need_id)).category_code == code


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("category", "不存在的类别"),
        ("category", "accompanying"),
        ("tags", ["没有这个标签"]),
        ("qualifications", ["no_such_paper"]),
    ],
)
async def test_words_that_the_catalogue_does_not_know_are_refused(
    house: House, field: str, value: Any
) -> None:
    async with house.database.unit_of_work() as session:
        viewer = await worker(session)
    with pytest.raises(InputIsInvalid) as refusal:
        async with house.database.unit_of_work() as session:
            await needs.publish(session, viewer, a_need(**{field: value}))
    assert [(problem.field, problem.code) for problem in refusal.value.problems] == [
        (field, "unknown_choice")
    ]


async def test_an_unknown_area_is_refused(house: House) -> None:
    async with house.database.unit_of_work() as session:
        viewer = await worker(session, city.CITY)
    await refused(house, viewer, a_need(area_code="310105005999"), InputIsInvalid)


@pytest.mark.parametrize(
    ("facts", "field", "code"),
    [
        ({"title": "长" * 121}, "title", "string_too_long"),
        ({"title": ""}, "title", "string_too_short"),
        ({"description": "很长" * 2001}, "description", "string_too_long"),
        ({"title": "名\x00字"}, "title", "control_characters"),
        ({"area_code": "31010"}, "area_code", "string_pattern_mismatch"),
        ({"organisation_id": "not-an-id"}, "organisation_id", "uuid_parsing"),
        ({"minimum_age": 121}, "minimum_age", "less_than_equal"),
        ({"minimum_age": "十八"}, "minimum_age", "int_parsing"),
        ({"withdrawal_notice_minutes": -1}, "withdrawal_notice_minutes", "greater_than_equal"),
        ({"latitude": 31.2}, "form", "half_a_point"),
        ({"latitude": 40.7, "longitude": 121.4}, "latitude", "outside_the_city"),
        ({"latitude": float("nan"), "longitude": 121.4}, "latitude", "finite_number"),
        ({"tags": ["标签"] * 21}, "tags", "too_long"),
        ({"is_risky": "perhaps"}, "is_risky", "bool_parsing"),
        ({"owner": "me"}, "owner", "extra_forbidden"),
    ],
)
def test_bad_input_names_its_field(facts: dict[str, Any], field: str, code: str) -> None:
    with pytest.raises(InputIsInvalid) as refusal:
        a_need(**facts)
    assert [(problem.field, problem.code) for problem in refusal.value.problems] == [(field, code)]


async def test_the_same_form_sent_twice_is_one_need(house: House) -> None:
    key = new_id()
    async with house.database.unit_of_work() as session:
        viewer = await worker(session)
    ids: list[UUID] = []
    for _ in range(2):
        async with house.database.unit_of_work() as session:
            ids.append(await needs.publish(session, viewer, a_need(tags=[]), key))
    assert ids == [key, key]
    async with house.database.reading() as session:
        assert await news(session) == ["NeedPublished"]


async def test_a_key_of_somebody_else_is_not_found(house: House) -> None:
    async with house.database.unit_of_work() as session:
        need_id = await needs.publish(session, await worker(session), a_need())
        other = await worker(session)
    with pytest.raises(NotFound):
        async with house.database.unit_of_work() as session:
            await needs.publish(session, other, a_need(), need_id)


async def test_a_resident_raises_a_need_and_a_worker_completes_it(house: House) -> None:
    async with house.database.unit_of_work() as session:
        resident = await builders.viewer(session)
        need_id = await needs.raise_need(session, resident, a_wish())
        viewer = await worker(session)
    async with house.database.unit_of_work() as session:
        need = await session.get_one(Need, need_id)
        assert need.published_at is None
        await needs.publish_raised(session, viewer, need_id, a_need(title="教邻居用手机挂号"))
    async with house.database.reading() as session:
        need = await session.get_one(Need, need_id)
        assert (need.title, need.raised_by, need.published_by) == (
            "教邻居用手机挂号",
            resident.person_id,
            viewer.person_id,
        )
        assert need.version == 2
        assert await news(session) == ["NeedRaised", "NeedPublished"]


async def test_a_raised_need_is_hidden_from_a_stranger_and_from_outsiders(house: House) -> None:
    async with house.database.unit_of_work() as session:
        need_id = await needs.raise_need(session, await builders.viewer(session), a_wish())
        outsider = await worker(session, city.HUAYANG_COMMUNITY)
    for viewer, error in ((STRANGER, SignInNeeded), (outsider, NotFound)):
        with pytest.raises(error):
            async with house.database.unit_of_work() as session:
                await needs.publish_raised(session, viewer, need_id, a_need())


async def test_whoever_raised_a_need_cannot_publish_or_decline_it_without_the_right(house: House) -> None:
    async with house.database.unit_of_work() as session:
        resident = await builders.viewer(session)
        need_id = await needs.raise_need(session, resident, a_wish())
    with pytest.raises(NotPermitted):
        async with house.database.unit_of_work() as session:
            await needs.publish_raised(session, resident, need_id, a_need())
    with pytest.raises(NotPermitted):
        async with house.database.unit_of_work() as session:
            await needs.decline(session, resident, need_id, ReasonDraft(reason="不了"))


async def test_a_declined_need_keeps_its_reason_and_stays_declined(house: House) -> None:
    async with house.database.unit_of_work() as session:
        need_id = await needs.raise_need(session, await builders.viewer(session), a_wish())
        viewer = await worker(session)
        await needs.decline(session, viewer, need_id, ReasonDraft(reason="同一活动室已有课程。"))
    async with house.database.reading() as session:
        need = await session.get_one(Need, need_id)
        assert need.decline_reason == "同一活动室已有课程。"
        assert "NeedDeclined" in await news(session)
    with pytest.raises(NeedIsOver):
        async with house.database.unit_of_work() as session:
            await needs.publish_raised(session, viewer, need_id, a_need())


async def test_a_need_is_published_once(house: House) -> None:
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session)
        viewer = await worker(session)
    with pytest.raises(NeedIsPublishedAlready):
        async with house.database.unit_of_work() as session:
            await needs.publish_raised(session, viewer, need_id, a_need())


async def test_a_resident_takes_back_only_their_own_raised_need(house: House) -> None:
    async with house.database.unit_of_work() as session:
        resident = await builders.viewer(session)
        need_id = await needs.raise_need(session, resident, a_wish())
        viewer = await worker(session)
    with pytest.raises(NotPermitted):
        async with house.database.unit_of_work() as session:
            await needs.take_back(session, viewer, need_id)
    async with house.database.unit_of_work() as session:
        await needs.take_back(session, resident, need_id)
    with pytest.raises(NeedIsOver):
        async with house.database.unit_of_work() as session:
            await needs.take_back(session, resident, need_id)


async def test_tags_are_taken_by_code_or_synonym_once(house: House) -> None:
    async with house.database.unit_of_work() as session:
        viewer = await worker(session)
        need_id = await needs.publish(session, viewer, a_need(tags=["older_people", "老年人", "长者"]))
    async with house.database.reading() as session:
        codes = await session.scalars(select(NeedTag.tag_code).where(NeedTag.need_id == need_id))
        assert codes.all() == ["older_people"]
