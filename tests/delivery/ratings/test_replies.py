"""The provider answers in public: once, and updates once, in time; the rating beside it stays as it was given."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.delivery.ratings import published, replies
from marketplace.delivery.ratings.care_drafts import ReplyDraft
from marketplace.delivery.ratings.errors import (
    RatingIsNotAnswered,
    ReplyIsGiven,
    ReplyIsHidden,
    ReplyIsTooLate,
)
from marketplace.delivery.ratings.models import RatingReply
from marketplace.identity.viewer import STRANGER, Role
from marketplace.kernel.clock import FixedClock, day_starts, local_day
from marketplace.kernel.errors import InputIsInvalid, NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.ids import new_id
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest
from tests import builders
from tests.delivery.ratings import aftercare

SORRY, BETTER = ReplyDraft(text="向您致歉。"), ReplyDraft(text="热水器已经换好。")


async def test_a_reply_and_its_update_stand_beside_the_rating_which_stays(house: House) -> None:
    at = await aftercare.public(house)
    async with house.database.unit_of_work() as session:
        first = await replies.reply(session, at.manager, at.rating_id, SORRY)
        assert await replies.reply(session, at.manager, at.rating_id, SORRY) == first
        await replies.update(session, at.manager, at.rating_id, BETTER)
    async with house.database.reading() as session:
        shown = await published.rating(session, STRANGER, at.rating_id)
    assert (shown.sixtieths, shown.words) == (120, "水太凉，来得也晚。")
    assert shown.reply is not None and shown.update is not None
    assert (shown.reply.text, shown.update.text) == (SORRY.text, BETTER.text)


async def test_there_is_no_second_reply_no_second_update_and_no_update_before_a_reply(house: House) -> None:
    at = await aftercare.public(house)
    async with house.database.unit_of_work() as session:
        with pytest.raises(RatingIsNotAnswered):
            await replies.update(session, at.manager, at.rating_id, BETTER)
        await replies.reply(session, at.manager, at.rating_id, SORRY)
        with pytest.raises(ReplyIsGiven):
            await replies.reply(session, at.manager, at.rating_id, BETTER)
        await replies.update(session, at.manager, at.rating_id, BETTER)
        with pytest.raises(ReplyIsGiven):
            await replies.update(session, at.manager, at.rating_id, SORRY)


async def test_two_managers_reply_at_once_and_one_reply_stands(house: House) -> None:
    at = await aftercare.public(house)

    async def say(text: str) -> bool:
        try:
            async with house.database.unit_of_work() as session:
                await replies.reply(session, at.manager, at.rating_id, ReplyDraft(text=text))
        except ReplyIsGiven:
            return False
        return True

    assert sorted(await asyncio.gather(say("一"), say("二"), say("三"))) == [False, False, True]
    async with house.database.reading() as session:
        assert len((await session.scalars(select(RatingReply))).all()) == 1


async def test_the_days_run_from_publication_to_the_end_of_the_last(house: House, clock: FixedClock) -> None:
    at = await aftercare.public(house)
    last = local_day(clock.now()) + timedelta(days=30)
    clock.set(day_starts(last + timedelta(days=1)) - timedelta(minutes=1))
    await aftercare.reply(house, at)
    clock.advance(timedelta(minutes=1))
    async with house.database.unit_of_work() as session:
        with pytest.raises(ReplyIsTooLate) as refused:
            await replies.reply(session, at.manager, at.others[0], SORRY)
        assert refused.value.article is not None and refused.value.facts["last"] == last
    clock.set(day_starts(last + timedelta(days=31)) - timedelta(minutes=1))
    async with house.database.unit_of_work() as session:
        await replies.update(session, at.manager, at.rating_id, BETTER)


async def test_only_the_providers_managers_reply_and_to_what_counts(house: House) -> None:
    at = await aftercare.public(house)
    async with house.database.unit_of_work() as session:
        member = await builders.viewer(session, "护理员", Role.ORGANISATION_MEMBER, at.under.organisation_id)
        for viewer, refusal in (
            (STRANGER, SignInNeeded),
            (at.outsider, NotPermitted),
            (member, NotPermitted),
            (at.author, NotPermitted),
        ):
            with pytest.raises(refusal):
                await replies.reply(session, viewer, at.rating_id, SORRY)
        with pytest.raises(NotFound):
            await replies.reply(session, at.manager, new_id(), SORRY)
    await aftercare.held(house, at, [at.rating_id])
    async with house.database.unit_of_work() as session:
        with pytest.raises(NotFound):
            await replies.reply(session, at.manager, at.rating_id, SORRY)


async def test_a_hidden_reply_is_not_replaced(house: House) -> None:
    at = await aftercare.public(house)
    await aftercare.reply(house, at)
    await aftercare.hide(house, at, "reply")
    async with house.database.unit_of_work() as session:
        with pytest.raises(ReplyIsHidden):
            await replies.update(session, at.manager, at.rating_id, BETTER)
        assert (await published.rating(session, STRANGER, at.rating_id)).reply is None
        assert (await published.rating(session, at.manager, at.rating_id)).reply is not None


async def test_the_desk_lists_what_is_to_be_answered(house: House) -> None:
    at = await aftercare.public(house)
    await aftercare.reply(house, at)
    async with house.database.reading() as session:
        page = await published.to_answer(session, at.manager, PageRequest(50))
        assert {row.id for row in page.rows} == set(at.others)
        assert (await published.to_answer(session, at.outsider, PageRequest(50))).rows == []
        with pytest.raises(SignInNeeded):
            await published.to_answer(session, STRANGER, PageRequest(50))


@pytest.mark.parametrize("text", ["", "   ", "字" * 1001, "字" * 100_000, "a\x00b"])
def test_words_that_are_no_reply(text: str) -> None:
    with pytest.raises(InputIsInvalid):
        read(ReplyDraft, {"text": text})
