"""Wishes: one a person, kind and area; counted in steps, never told singly; taken up once, by a worker or an officer."""

import asyncio
import json
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from marketplace.bootstrap import House
from marketplace.delivery.signals import own_data, taking_up, wish_queries, wishes
from marketplace.delivery.signals.drafts import ItemOfWishesDraft, NeedOfWishesDraft, ServiceWishDraft
from marketplace.delivery.signals.errors import TooFewWishes, TooManyOpenWishes, WishIsDecided
from marketplace.delivery.signals.models import ServiceWish, WishDraft
from marketplace.delivery.signals.states import WishState
from marketplace.delivery.signals.wish_queries import WishRow
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.errors import InputIsInvalid, NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest
from marketplace.procurement.lists.errors import EditionIsNotOpenToEditing
from marketplace.procurement.lists.models import ListItem
from marketplace.volunteering.errors import KeyWasUsedElsewhere
from marketplace.volunteering.models import Need
from tests import builders, buying, city
from tests.delivering import SERVICE
from tests.delivery.signals import scene
from tests.procurement.lists import scene as list_scene
from tests.statements import counting


async def mine(house: House, viewer: Viewer) -> list[WishRow]:
    async with house.database.reading() as session:
        return list((await wish_queries.mine(session, viewer, PageRequest())).rows)


async def asked(house: House, area: str) -> list[tuple[str, int]]:
    async with house.database.reading() as session:
        found, _ = await wish_queries.asked_for(session, STRANGER, area)
    return [(one.service_type, one.at_least) for one in found]


def need_of(key: str = "one", **changes: str) -> NeedOfWishesDraft:
    defaults = {
        "service_type": SERVICE,
        "area_code": city.JIANGSU_COMMUNITY,
        "title": "每周陪老人散步",
        "description": "居民们希望有人每周陪行动不便的老人散步一次。",
        "place": "江苏居委会",
        "idempotency_key": key,
    }
    return NeedOfWishesDraft.model_validate(defaults | changes)


async def as_need(house: House, viewer: Viewer, draft: NeedOfWishesDraft | None = None) -> UUID:
    async with house.database.unit_of_work() as session:
        return (await taking_up.as_need(session, viewer, draft or need_of())).id


async def count(house: House, table: type) -> int:
    async with house.database.reading() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_said_again_a_wish_stays_one_with_the_newest_words(house: House) -> None:
    async with house.database.unit_of_work() as session:
        resident = await builders.viewer(session)
    first = await scene.wish(house, resident)
    assert await scene.wish(house, resident, text="周末也要") == first
    (row,) = await mine(house, resident)
    assert (row.area_code, row.text, row.state) == (city.JIANGSU_COMMUNITY, "周末也要", WishState.OPEN)
    answers = await asyncio.gather(*(scene.wish(house, resident) for _ in range(4)))
    assert set(answers) == {first}


async def test_a_wish_that_is_too_old_to_count_counts_again_when_it_is_said_again(
    house: House, clock: FixedClock
) -> None:
    async with house.database.unit_of_work() as session:
        people = [await builders.viewer(session) for _ in range(5)]
    for _ in range(2):
        for one in people:
            await scene.wish(house, one)
        assert await asked(house, city.JIANGSU_COMMUNITY) == [(SERVICE, 5)]
        clock.advance(timedelta(days=1000))
        assert await asked(house, city.JIANGSU_COMMUNITY) == []


async def test_rivals_of_one_person_make_one_wish(house: House) -> None:
    async with house.database.unit_of_work() as session:
        resident = await builders.viewer(session)
    assert len(set(await asyncio.gather(*(scene.wish(house, resident) for _ in range(4))))) == 1


async def test_unknown_kinds_and_areas_are_refused_and_no_home_asks_for_one(house: House) -> None:
    async with house.database.unit_of_work() as session:
        resident = await builders.viewer(session)
        homeless = await builders.viewer(session, home_area_code=None)
    for viewer, kind, area, field in (
        (resident, "no_such_kind", None, "service_type"),
        (resident, "english", None, "service_type"),
        (resident, SERVICE, "310999999999", "area"),
        (homeless, SERVICE, None, "area"),
    ):
        with pytest.raises(InputIsInvalid) as refused:
            await scene.wish(house, viewer, kind, area)
        assert [problem.field for problem in refused.value.problems] == [field]
    with pytest.raises(SignInNeeded):
        await scene.wish(house, STRANGER)


@pytest.mark.parametrize(
    "given",
    [
        {"service_type": "x" * 100_000},
        {"service_type": SERVICE, "text": "长" * 501},
        {"service_type": SERVICE, "text": "空\0"},
        {"service_type": SERVICE, "area_code": "31"},
        {"service_type": SERVICE, "person_id": "somebody"},
        {},
    ],
)
def test_a_wish_has_bounds(given: dict[str, str]) -> None:
    with pytest.raises(InputIsInvalid):
        read(ServiceWishDraft, given)


async def test_everybody_has_so_many_wishes_at_most(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wishes, "MOST_OPEN", 2)
    async with house.database.unit_of_work() as session:
        resident = await builders.viewer(session)
    areas = [city.JIANGSU_COMMUNITY, city.HUAYANG_COMMUNITY, city.TIANPING_COMMUNITY]
    for area in areas[:2]:
        await scene.wish(house, resident, area=area)
    with pytest.raises(TooManyOpenWishes):
        await scene.wish(house, resident, area=areas[2])


async def test_one_withdraws_ones_own_wish_and_nobody_elses(house: House) -> None:
    async with house.database.unit_of_work() as session:
        resident, other = await builders.viewer(session), await builders.viewer(session, "别人")
    wish_id = await scene.wish(house, resident, text="周末")
    for viewer, error in ((STRANGER, SignInNeeded), (other, NotFound)):
        async with house.database.unit_of_work() as session:
            with pytest.raises(error):
                await wishes.withdraw(session, viewer, wish_id)
    for _ in range(2):  # a second tap changes nothing
        async with house.database.unit_of_work() as session:
            assert await wishes.withdraw(session, resident, wish_id) == wish_id
    assert await mine(house, resident) == []
    async with house.database.reading() as session:
        assert (await session.get_one(ServiceWish, wish_id)).text is None
    assert await scene.wish(house, resident) != wish_id


async def test_few_are_not_told_and_more_are_told_in_steps(house: House, clock: FixedClock) -> None:
    await scene.wished(house, 4)
    assert await asked(house, city.JIANGSU_COMMUNITY) == []
    await scene.wished(house, 3, area=city.HUAYANG_COMMUNITY)
    assert await asked(house, city.HUAYANG_COMMUNITY) == []
    assert await asked(house, city.CHANGNING) == [(SERVICE, 5)], "seven, in steps of five"
    await scene.wished(house, 3)
    assert await asked(house, city.CITY) == [(SERVICE, 10)]
    clock.advance(timedelta(days=366))
    assert await asked(house, city.CITY) == []


async def test_a_kind_that_the_list_has_no_room_for_is_told_on_its_own_page(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scene.wished(house, 6)
    monkeypatch.setattr(wish_queries, "_MOST_KINDS", 0)
    assert await asked(house, city.JIANGSU_COMMUNITY) == []
    worker = await scene.worker(house)
    where = (city.JIANGSU_COMMUNITY, SERVICE)
    async with house.database.reading() as session:
        one = await wish_queries.asked(session, worker, *where)
        assert one is not None and one.at_least == 5
        assert len(await wish_queries.words_of(session, worker, *where)) == 6
        assert await wish_queries.asked(session, worker, city.JIANGSU_COMMUNITY, "child_care") is None


async def test_one_person_with_wishes_for_several_areas_is_one_person(house: House) -> None:
    for viewer in await scene.wished(house, 4):
        await scene.wish(house, viewer, area=city.JIANGSU_ROAD)
    assert await asked(house, city.CHANGNING) == []


async def test_a_worker_turns_wishes_into_a_need_that_is_not_public(house: House) -> None:
    people = await scene.wished(house, 6)
    worker = await scene.worker(house)
    draft_id = await as_need(house, worker)
    async with house.database.reading() as session:
        draft = await session.get_one(WishDraft, draft_id)
        need = await session.get_one(Need, draft.need_id)
    assert (draft.people, need.published_at, need.category_code) == (6, None, SERVICE)
    (row,) = await mine(house, people[0])
    assert (row.state, row.need_id) == (WishState.TAKEN_UP, None)
    async with house.database.unit_of_work() as session:
        with pytest.raises(WishIsDecided):
            await wishes.withdraw(session, people[0], row.id)
        (await session.get_one(Need, need.id)).published_at = session.now()
    assert (await mine(house, people[0]))[0].need_id == need.id
    assert await asked(house, city.CITY) == []
    with pytest.raises(TooFewWishes):
        await as_need(house, worker, need_of("another"))
    await scene.wish(house, people[0])  # there may be more to wish for


async def test_the_same_key_is_the_same_draft(house: House) -> None:
    await scene.wished(house, 6)
    await scene.wished(house, 6, "child_care")
    worker = await scene.worker(house)
    made = await asyncio.gather(*(as_need(house, worker) for _ in range(3)))
    assert len(set(made)) == 1 and await count(house, Need) == 1
    with pytest.raises(KeyWasUsedElsewhere):
        await as_need(house, worker, need_of(service_type="child_care"))


async def test_two_officers_take_the_same_wishes_up_once(house: House) -> None:
    await scene.wished(house, 6)
    one, other = await scene.worker(house), await scene.worker(house, city.CHANGNING)
    answers = await asyncio.gather(
        as_need(house, one), as_need(house, other, need_of("two")), return_exceptions=True
    )
    assert sorted(isinstance(answer, TooFewWishes) for answer in answers) == [False, True]
    assert (await count(house, Need), await count(house, WishDraft)) == (1, 1)


async def test_only_who_publishes_for_the_area_takes_wishes_up(house: House) -> None:
    await scene.wished(house, 6)
    async with house.database.unit_of_work() as session:
        resident = await builders.viewer(session)
        officer = await buying.officer(session)
        organisation_id = await builders.organisation(session)
        manager = await builders.viewer(session, "负责人", Role.ORGANISATION_MANAGER, organisation_id)
    elsewhere = await scene.worker(house, city.TIANPING_COMMUNITY)
    for viewer in (resident, officer, manager, elsewhere):
        with pytest.raises(NotPermitted):
            await as_need(house, viewer)
    with pytest.raises(SignInNeeded):
        await as_need(house, STRANGER)
    async with house.database.reading() as session:
        for viewer in (resident, manager, elsewhere):
            with pytest.raises(NotPermitted):
                await wish_queries.words_of(session, viewer, city.JIANGSU_COMMUNITY, SERVICE)
        words = await wish_queries.words_of(session, officer, city.JIANGSU_COMMUNITY, SERVICE)
    assert len(words) == 6


async def test_an_officer_turns_wishes_into_an_item_of_an_open_edition(house: House) -> None:
    at = await list_scene.begun(house)
    people = await scene.wished(house, 6, "bathing_help", city.JIANGSU_COMMUNITY)
    draft = ItemOfWishesDraft(edition_id=at.edition_id, item=list_scene.item(), idempotency_key="one")
    async with house.database.reading() as session:
        (edition,) = await wish_queries.editions_to_edit(session, at.officer)
        assert (edition.id, edition.number) == (at.edition_id, 1)
        assert await wish_queries.editions_to_edit(session, people[0]) == []
    worker = await scene.worker(house)
    async with house.database.unit_of_work() as session:
        with pytest.raises(NotPermitted):
            await taking_up.as_item(session, worker, draft)
    for _ in range(2):
        async with house.database.unit_of_work() as session:
            made = await taking_up.as_item(session, at.officer, draft)
    assert made.people == 6 and await count(house, ListItem) == 1
    (row,) = await mine(house, people[0])
    assert (row.state, row.item_id) == (WishState.TAKEN_UP, None), "the edition is not public yet"


async def test_a_closed_edition_takes_nothing_and_leaves_the_wishes(house: House) -> None:
    at = await list_scene.begun(house)
    await scene.wished(house, 6, "bathing_help")
    await list_scene.add(house, at)
    await list_scene.consult(house, at)
    draft = ItemOfWishesDraft(edition_id=at.edition_id, item=list_scene.item(), idempotency_key="one")
    async with house.database.unit_of_work() as session:
        with pytest.raises(EditionIsNotOpenToEditing):
            await taking_up.as_item(session, at.officer, draft)
    assert await asked(house, city.JIANGSU_ROAD) == [("bathing_help", 5)]


async def test_lists_cost_the_same_however_long(house: House) -> None:
    (viewer,) = await scene.wished(house, 1)
    with counting(house) as sent:
        await mine(house, viewer)
        await asked(house, city.CITY)
    before = len(sent)
    for area in (city.HUAYANG_COMMUNITY, city.TIANPING_COMMUNITY):
        await scene.wish(house, viewer, area=area)
    with counting(house) as sent:
        assert len(await mine(house, viewer)) == 3
        await asked(house, city.CITY)
    assert len(sent) == before


async def test_wishes_are_exported_and_erasure_ends_them(house: House) -> None:
    people = await scene.wished(house, 5)
    me = people[0].signed_in()
    async with house.database.unit_of_work() as session:
        told = await own_data.collect(session, me)
        assert json.dumps(told) and told["wishes"][0]["text"] == "每周一次就好 0"
        await own_data.erase(session, me)
    async with house.database.reading() as session:
        (row,) = (await session.scalars(select(ServiceWish).where(ServiceWish.person_id == me))).all()
        assert row.text is None and row.withdrawn_at is not None
    assert await asked(house, city.CITY) == []
