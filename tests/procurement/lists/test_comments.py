"""Comments in a consultation: said once, without a name, answered by the buyer, hidden by moderators alone."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest

from marketplace.bootstrap import House
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.errors import InputIsInvalid, NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.pagination import PageRequest
from marketplace.procurement import own_data, records
from marketplace.procurement.lists import comment_queries, comments
from marketplace.procurement.lists.comment_queries import CommentRow
from marketplace.procurement.lists.drafts import AnswerDraft, HideDraft
from marketplace.procurement.lists.errors import CommentIsHidden, CommentsAreClosed
from marketplace.volunteering.errors import KeyWasUsedElsewhere
from tests import builders, buying
from tests.procurement.lists import scene


async def consulted(house: House) -> tuple[scene.Scene, UUID]:
    """A list whose first edition is before the public, and its one item."""
    at = await scene.begun(house)
    item_id = await scene.add(house, at)
    await scene.consult(house, at)
    return at, item_id


async def read_by(house: House, viewer: Viewer, edition_id: UUID) -> Sequence[CommentRow]:
    async with house.database.reading() as session:
        return (await comment_queries.of_edition(session, viewer, edition_id, PageRequest(20))).rows


async def answer(house: House, viewer: Viewer, comment_id: UUID, text: str = "已采纳") -> None:
    async with house.database.unit_of_work() as session:
        await comments.answer(session, viewer, comment_id, AnswerDraft(answer=text))


async def hide(house: House, viewer: Viewer, comment_id: UUID) -> None:
    async with house.database.unit_of_work() as session:
        await comments.hide(session, viewer, comment_id, HideDraft(reason="含他人手机号"))


async def test_a_comment_sent_twice_with_one_key_is_one(house: House) -> None:
    at, item_id = await consulted(house)
    me = await scene.resident(house)
    said = [await scene.say(house, me, at.edition_id, key="one", item_id=item_id) for _ in range(2)]
    assert said[0] == said[1]
    (row,) = await read_by(house, STRANGER, at.edition_id)
    assert (row.text, row.item_id, row.organisation, row.is_mine) == ("次数太少", item_id, None, False)
    assert [one.is_mine for one in await read_by(house, me, at.edition_id)] == [True]
    second = await scene.start(house, at.officer, at.buyer_id)
    other = (await scene.seen(house, at.officer, second)).editions[0].id
    with pytest.raises(KeyWasUsedElsewhere):
        await scene.say(house, me, other, key="one")


async def test_comments_are_for_people_who_signed_in_while_the_consultation_lasts(
    house: House, clock: FixedClock
) -> None:
    at = await scene.begun(house)
    await scene.add(house, at)
    me = await scene.resident(house)
    with pytest.raises(NotFound):
        await scene.say(house, me, at.edition_id)
    with pytest.raises(CommentsAreClosed):
        await scene.say(house, at.officer, at.edition_id)
    await scene.consult(house, at)
    with pytest.raises(SignInNeeded):
        await scene.say(house, STRANGER, at.edition_id)
    clock.advance(timedelta(days=17))
    with pytest.raises(CommentsAreClosed):
        await scene.say(house, me, at.edition_id)


async def test_an_organisation_speaks_through_its_people_about_items_that_are_there(house: House) -> None:
    at, _ = await consulted(house)
    async with house.database.unit_of_work() as session:
        organisation_id, manager = await buying.supplier(session)
    me = await scene.resident(house)
    await scene.say(house, manager, at.edition_id, organisation_id=organisation_id)
    assert (await read_by(house, STRANGER, at.edition_id))[0].organisation == "暖阳助老服务社"
    with pytest.raises(InputIsInvalid):
        await scene.say(house, me, at.edition_id, organisation_id=organisation_id)
    with pytest.raises(InputIsInvalid):
        await scene.say(house, me, at.edition_id, item_id=at.list_id)


async def test_the_buyer_answers_and_nobody_else_does(house: House, clock: FixedClock) -> None:
    at, _ = await consulted(house)
    me = await scene.resident(house)
    said = await scene.say(house, me, at.edition_id)
    for viewer, refusal in (
        (STRANGER, SignInNeeded),
        (me, NotPermitted),
        (await scene.officer_elsewhere(house), NotPermitted),
        (await scene.moderator(house), NotPermitted),
    ):
        with pytest.raises(refusal):
            await answer(house, viewer, said)
    async with house.database.reading() as session:
        assert await comment_queries.unanswered(session, at.edition_id) == 1
    await answer(house, at.officer, said)
    (row,) = await read_by(house, STRANGER, at.edition_id)
    assert (row.answer, row.answered_at) == ("已采纳", clock.now())
    clock.advance(timedelta(days=17))
    await answer(house, at.officer, said, "已采纳，次数增至三千六百次")
    await scene.finalise(house, at.officer, at.edition_id)
    with pytest.raises(CommentsAreClosed):
        await answer(house, at.officer, said)
    async with house.database.reading() as session:
        record = await records.entries(session, at.list_id)
    assert [act.action for act in record].count("comment.answered") == 2
    assert all(str(me.person_id) not in str(records.published(act)) for act in record)


async def test_a_moderator_hides_a_comment_with_a_reason_and_the_buyer_cannot(house: House) -> None:
    at, _ = await consulted(house)
    me, other = await scene.resident(house), await scene.resident(house, "路人")
    said = await scene.say(house, me, at.edition_id, "打电话给张三")
    for viewer, refusal in ((STRANGER, SignInNeeded), (other, NotPermitted), (at.officer, NotPermitted)):
        with pytest.raises(refusal):
            await hide(house, viewer, said)
    moderator = await scene.moderator(house)
    for _ in range(2):
        await hide(house, moderator, said)
    for viewer, text in ((STRANGER, None), (other, None), (at.officer, None), (me, "打电话给张三")):
        (row,) = await read_by(house, viewer, at.edition_id)
        assert (row.text, row.hidden_reason) == (text, "含他人手机号")
    with pytest.raises(CommentIsHidden):
        await answer(house, at.officer, said)


async def test_drafts_have_no_comments_for_others_and_an_export_has_ones_own(house: House) -> None:
    at, _ = await consulted(house)
    me = await scene.resident(house)
    await scene.say(house, me, at.edition_id)
    async with house.database.unit_of_work() as session:
        assert me.person_id is not None
        await own_data.erase(session, me.person_id)
        (mine,) = (await own_data.collect(session, me.person_id))["comments"]
        elsewhere = await builders.viewer(session, "版主小陆", Role.MODERATOR, "310104000000")
    assert mine["text"] == "次数太少"
    hidden = (
        await scene.seen(house, at.officer, await scene.start(house, at.officer, at.buyer_id))
    ).editions[0]
    with pytest.raises(NotFound):
        await read_by(house, me, hidden.id)
    (row,) = await read_by(house, elsewhere, at.edition_id)
    assert not row.may_hide
