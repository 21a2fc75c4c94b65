"""The talk before renewal: when it is open, who takes part, what is hidden."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from marketplace.bootstrap import House
from marketplace.delivery.properties import inside, renewal
from marketplace.delivery.properties.drafts import MessageDraft, WhyDraft
from marketplace.delivery.properties.errors import KeyIsOfAnotherAct, MessageIsHiddenAlready, TalkIsNotOpen
from marketplace.identity import viewers
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.kernel.clock import FixedClock, day_starts
from marketplace.kernel.errors import InputIsInvalid, NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.ids import new_id
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest
from tests import builders, city
from tests.delivery.properties import scene

SOON = {"ends_on": "2027-02-28"}
WHY = WhyDraft(reason="人身攻击")


async def write(
    house: House, viewer: Viewer, contract_id: UUID, text: str = "楼道干净了", key: str = ""
) -> UUID:
    draft = read(MessageDraft, {"text": text, "idempotency_key": key or new_id().hex})
    async with house.database.unit_of_work() as session:
        return await renewal.write(session, viewer, contract_id, draft)


async def hide(house: House, viewer: Viewer, message_id: UUID) -> None:
    async with house.database.unit_of_work() as session:
        await renewal.hide(session, viewer, message_id, WHY)


async def read_talk(house: House, viewer: Viewer, contract_id: UUID) -> Any:
    async with house.database.reading() as session:
        return (await inside.messages(session, viewer, contract_id, PageRequest(20))).rows


async def test_one_word_sent_twice_at_once_is_one_message(house: House) -> None:
    at = await scene.build(house)
    contract_id = await scene.agreed(house, at, **SOON)
    answers = await asyncio.gather(*(write(house, at.owner, contract_id, key="one") for _ in range(4)))
    assert len(set(answers)) == 1


async def test_three_sides_talk_and_nobody_else_hears_it(house: House) -> None:
    at = await scene.build(house)
    contract_id = await scene.agreed(house, at, **SOON)
    first = await write(house, at.owner, contract_id, key="one")
    assert await write(house, at.owner, contract_id, key="one") == first
    with pytest.raises(KeyIsOfAnotherAct):
        await write(house, at.owner, contract_id, "别的", key="one")
    await write(house, at.manager, contract_id, "明年增加保安一名")
    await write(house, at.worker, contract_id, "请各位业主发表意见")
    for viewer in (at.owner, at.second_owner, at.manager, at.worker):
        talk = await read_talk(house, viewer, contract_id)
        assert [one.side for one in talk] == ["community", "company", "owner"]
    for viewer in (STRANGER, at.outsider, at.rival, at.stranger_owner):
        with pytest.raises(SignInNeeded if viewer is STRANGER else NotFound):
            await write(house, viewer, contract_id)
        with pytest.raises(NotFound):
            await read_talk(house, viewer, contract_id)


async def test_the_talk_opens_before_the_end_and_closes_with_the_contract(
    house: House, clock: FixedClock
) -> None:
    at = await scene.build(house)
    contract_id = await scene.agreed(house, at)
    with pytest.raises(TalkIsNotOpen) as refused:
        await write(house, at.owner, contract_id)
    assert refused.value.article is not None
    clock.set(day_starts(refused.value.facts["opens_on"]))
    await write(house, at.owner, contract_id)
    async with house.database.reading() as session:
        end = (await renewal.inside(session, at.owner, contract_id))[0].ends_on
    clock.set(day_starts(end))
    await write(house, at.owner, contract_id)
    clock.set(day_starts(end.replace(year=end.year + 1)))
    with pytest.raises(TalkIsNotOpen):
        await write(house, at.owner, contract_id)
    assert len(await read_talk(house, at.owner, contract_id)) == 2


async def test_a_hidden_word_keeps_its_place_and_says_why(house: House) -> None:
    at = await scene.build(house)
    contract_id = await scene.agreed(house, at, **SOON)
    message_id = await write(house, at.owner, contract_id, "骂人的话")
    async with house.database.unit_of_work() as session:
        moderator = await builders.viewer(session, "审核员", Role.MODERATOR, city.CHANGNING)
    for viewer in (at.owner, at.second_owner, at.manager):
        with pytest.raises(NotPermitted):
            await hide(house, viewer, message_id)
    for viewer in (at.rival, at.outsider, at.stranger_owner):
        with pytest.raises(NotFound):
            await hide(house, viewer, message_id)
    await hide(house, moderator, message_id)
    with pytest.raises(MessageIsHiddenAlready):
        await hide(house, at.worker, message_id)
    (left,) = await read_talk(house, at.owner, contract_id)
    assert (left.text, left.hidden_reason, left.is_mine) == (None, WHY.reason, True)


async def test_the_companys_people_speak_for_it_even_where_they_own_a_home(house: House) -> None:
    at = await scene.build(house)
    contract_id = await scene.agreed(house, at, **SOON)
    async with house.database.unit_of_work() as session:
        await builders.grant(session, at.owner.signed_in(), Role.ORGANISATION_MEMBER, at.organisation_id)
        member = await viewers.of_person(session, at.owner.signed_in())
    await write(house, member, contract_id)
    assert [one.side for one in await read_talk(house, at.second_owner, contract_id)] == ["company"]


def test_a_hundred_thousand_characters_are_too_many() -> None:
    with pytest.raises(InputIsInvalid):
        read(MessageDraft, {"text": "长" * 100_000, "idempotency_key": "one"})
