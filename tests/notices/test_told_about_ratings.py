"""Who hears that ratings appeared, were answered, hidden, appealed or held; once each, and nothing about who rated."""

from marketplace.bootstrap import House
from marketplace.delivery.ratings import moderation, replies
from marketplace.delivery.ratings.care_drafts import AppealDecisionDraft, AppealDraft, ReplyDraft
from marketplace.delivery.ratings.events import PeriodClosed
from marketplace.kernel.locale import EN, ZH
from marketplace.notices.wording import worded
from marketplace.outbox.publish import publish
from tests import delivering
from tests.delivery.ratings import aftercare
from tests.notices.scene import inbox, kinds
from tests.web.visitor import Visitor
from web.app import create_app


async def close(house: House, at: aftercare.Scene) -> None:
    async with house.database.unit_of_work() as session:
        await publish(session, PeriodClosed(period_id=at.period_id))


async def test_managers_hear_of_a_period_once_and_auditors_only_when_something_is_held(house: House) -> None:
    at = await aftercare.public(house)
    await close(house, at)
    assert await kinds(house, at.manager) == ["ratings_appeared"]
    assert await kinds(house, at.auditor) == []
    await aftercare.held(house, at, at.others[:2])
    await close(house, at)
    assert await kinds(house, at.manager) == ["ratings_appeared"]
    assert await kinds(house, at.auditor) == ["ratings_held"]
    assert await kinds(house, at.outsider) == []
    (notice,) = await inbox(house, at.manager)
    assert "Oct 2026" in worded(EN, notice.kind, notice.facts).title
    assert "2026年10月" in worded(ZH, notice.kind, notice.facts).title


async def test_the_author_hears_of_a_reply_of_hiding_and_of_the_decision(house: House) -> None:
    at = await aftercare.public(house)
    await aftercare.reply(house, at)
    assert await kinds(house, at.author) == ["rating_answered"]
    hiding_id = await aftercare.hide(house, at)
    assert await kinds(house, at.author) == ["rating_answered", "rating_part_hidden"]
    async with house.database.unit_of_work() as session:
        await moderation.appeal(session, at.author, hiding_id, AppealDraft(text="没有骂人"))
    assert await kinds(house, at.second) == ["hiding_appealed"]
    assert await kinds(house, at.moderator) == await kinds(house, at.outsider) == []
    async with house.database.unit_of_work() as session:
        await moderation.decide(
            session, at.second, hiding_id, AppealDecisionDraft(is_restored=True, reason="确无")
        )
    assert await kinds(house, at.author) == ["hiding_decided", "rating_answered", "rating_part_hidden"]
    visitor = Visitor(create_app(house), house)
    for viewer in (at.author, at.second):
        await visitor.sign_in(viewer.signed_in())
        for notice in await inbox(house, viewer):
            assert notice.link is not None
            assert (await visitor.get(notice.link)).status == 200
            for locale in (EN, ZH):
                said = worded(locale, notice.kind, notice.facts)
                assert "方阿姨" not in said.title + "".join(said.lines)
    await visitor.client.aclose()


async def test_whoever_rated_with_a_slip_hears_of_the_reply_and_a_nobody_is_none(house: House) -> None:
    at = await aftercare.public(house)
    async with house.database.unit_of_work() as session:
        slip = await delivering.ticket(session, await delivering.delivery(session, at.under))
        given = await delivering.rating(session, slip, period_id=at.period_id, rater=at.outsider.signed_in())
        for rating_id in (given, at.others[0]):
            await replies.reply(session, at.manager, rating_id, ReplyDraft(text="谢谢您！"))
    assert await kinds(house, at.outsider) == ["rating_answered"]
    assert await kinds(house, at.author) == []


async def test_the_provider_hears_that_its_reply_was_hidden(house: House) -> None:
    at = await aftercare.public(house)
    await aftercare.reply(house, at)
    await aftercare.hide(house, at, "reply")
    assert await kinds(house, at.manager) == ["rating_part_hidden"]
    assert await kinds(house, at.author) == ["rating_answered"]
