"""Pages of public ratings: read by everybody, answered by the provider, reported, hidden, appealed, and what is held decided."""

from uuid import UUID

import pytest
from sqlalchemy import update

from marketplace.bootstrap import House
from marketplace.identity.models import Person
from marketplace.identity.viewer import Viewer
from marketplace.kernel.ids import new_id
from marketplace.kernel.locale import EN, ZH
from tests.delivering import SERVICE
from tests.delivery.ratings import aftercare
from tests.web.visitor import Visitor


async def sign_in(house: House, visitor: Visitor, viewer: Viewer) -> None:
    """Sign that person in, who reads English."""
    async with house.database.unit_of_work() as session:
        await session.execute(update(Person).where(Person.id == viewer.signed_in()).values(locale=EN))
    await visitor.sign_in(viewer.signed_in())


async def test_everybody_reads_what_people_say_and_how_many_are_held(house: House, visitor: Visitor) -> None:
    at = await aftercare.public(house, others=12)
    await aftercare.held(house, at, at.others[:2])
    page = await visitor.get(f"/ratings/of/{at.under.organisation_id}")
    assert page.status == 200
    assert "11 ratings count." in page.text and "2 ratings are held" in page.text
    assert "水太凉，来得也晚。" in page.text and "Oct 2026" in page.text
    assert "方阿姨" not in page.html
    assert f"/ratings/{at.rating_id}" in page.links and f"/ratings/{at.others[0]}" not in page.links
    one = await visitor.get(f"/ratings/{at.rating_id}")
    assert "2.0 of 5" in one.text and "方阿姨" not in one.html
    assert (await visitor.get(f"/ratings/of/{at.under.organisation_id}?type={SERVICE}")).status == 200
    assert (await visitor.get(f"/ratings/of/{at.under.organisation_id}?type=nonsense&after=x")).status == 422
    for path in (f"/ratings/of/{new_id()}", f"/ratings/{new_id()}", f"/ratings/{at.others[0]}"):
        assert (await visitor.get(path)).status == 404, path


async def test_before_ten_people_rated_the_page_says_how_many(house: House, visitor: Visitor) -> None:
    at = await aftercare.public(house, others=6)
    page = await visitor.get(f"/ratings/of/{at.under.organisation_id}")
    assert "7 of 10 people rated so far" in page.text and "of 5" not in page.text
    async with house.database.reading():
        empty = await visitor.get(f"/ratings/{at.rating_id}")
    assert "The numbers appear once enough people rated" in empty.text


async def test_a_provider_nobody_rated_says_what_happens_next(house: House, visitor: Visitor) -> None:
    at = await aftercare.public(house, closed=False)
    page = await visitor.get(f"/ratings/of/{at.under.organisation_id}")
    assert "Nobody has rated yet" in page.text


async def test_the_provider_replies_and_updates_beside_the_rating(house: House, visitor: Visitor) -> None:
    at = await aftercare.public(house)
    reply = f"/ratings/{at.rating_id}/reply"
    assert (await visitor.get("/ratings/mine")).location == "/sign-in?next=/ratings/mine"
    await sign_in(house, visitor, at.manager)
    desk = await visitor.get("/ratings/mine")
    assert reply in desk.links
    refused = await visitor.submit(await visitor.get(reply), reply, text="")
    assert refused.status == 422
    page = await visitor.submit_and_follow(await visitor.get(reply), reply, text="已更换热水器。")
    assert "已更换热水器。" in page.text and "Your reply is public" in page.text
    assert reply not in (await visitor.get("/ratings/mine")).links
    page = await visitor.submit_and_follow(await visitor.get(reply), reply, text="现已全部更换。")
    assert "现已全部更换。" in page.text and "2.0 of 5" in page.text
    assert "Nothing more can be said here" in (await visitor.get(reply)).text


async def test_from_a_report_to_a_restored_word(house: House, visitor: Visitor) -> None:
    at = await aftercare.public(house)
    one = f"/ratings/{at.rating_id}"
    assert (await visitor.get(f"{one}/report")).location == f"/sign-in?next={one}/report"
    await sign_in(house, visitor, at.outsider)
    report = await visitor.get(f"{one}/report")
    page = await visitor.submit_and_follow(report, f"{one}/report", what="words", text="骂人")
    assert "The moderators will look at it" in page.text
    assert (await visitor.submit(report, f"{one}/report", what="words", text="骂人")).status == 409
    assert (await visitor.submit(report, f"{one}/report", what="number", text="骂人")).status == 422
    await sign_in(house, visitor, at.moderator)
    desk = await visitor.get("/ratings/moderating")
    assert "骂人" in desk.text
    hide = await visitor.get(f"{one}/hide?what=words")
    assert hide.form(f"{one}/hide", "what").fields["what"] == ["words"]
    assert (await visitor.submit(hide, f"{one}/hide", reason="dislike", explanation="x")).status == 422
    page = await visitor.submit_and_follow(hide, f"{one}/hide", reason="insult", explanation="第二句")
    assert "A moderator hid the words: insult." in page.text
    assert "No report waits" in (await visitor.get("/ratings/moderating")).text
    await sign_in(house, visitor, at.author)
    page = await visitor.get(one)
    (appeal,) = [link for link in page.links if link.endswith("/appeal")]
    page = await visitor.submit_and_follow(await visitor.get(appeal), appeal, text="没有骂人")
    assert "An appeal is with another moderator." in page.text
    assert "There is no appeal to make" in (await visitor.get(appeal)).text
    await sign_in(house, visitor, at.moderator)
    own = await visitor.get(appeal.replace("/appeal", "/decide"))
    assert "You hid it, so a colleague decides." in own.text and "is_restored" not in own.text
    await sign_in(house, visitor, at.second)
    desk = await visitor.get("/ratings/moderating")
    (decide,) = [link for link in desk.links if link.endswith("/decide")]
    page = await visitor.submit_and_follow(
        await visitor.get(decide), decide, is_restored="true", reason="确无骂人"
    )
    assert "The appeal is decided." in page.text
    assert "There is nothing to hide" in (await visitor.get(f"{one}/hide")).text
    assert "There is nothing to decide" in (await visitor.get(decide)).text
    assert "水太凉" in (await visitor.get(one)).text
    await sign_in(house, visitor, at.author)
    assert "Another moderator restored the words: 确无骂人" in (await visitor.get(one)).text
    await sign_in(house, visitor, at.outsider)
    assert "确无骂人" not in (await visitor.get(one)).text
    months = await visitor.get("/ratings/moderation")
    assert months.status == 200 and "Nov 2026" in months.text


async def test_a_report_that_is_none_is_settled(house: House, visitor: Visitor) -> None:
    at = await aftercare.public(house)
    one = f"/ratings/{at.rating_id}"
    await sign_in(house, visitor, at.outsider)
    await visitor.submit(await visitor.get(f"{one}/report"), f"{one}/report", what="words", text="不喜欢")
    await sign_in(house, visitor, at.moderator)
    desk = await visitor.get("/ratings/moderating")
    page = await visitor.submit_and_follow(desk, f"{one}/dismiss", what="words")
    assert "No report waits" in page.text
    assert (await visitor.submit(desk, f"{one}/dismiss", what="words")).status == 409
    assert (await visitor.submit(desk, f"{one}/dismiss", what="nothing")).status == 422


async def test_the_auditor_sees_the_drawing_and_decides_several_at_once(
    house: House, visitor: Visitor
) -> None:
    at = await aftercare.public(house, others=12)
    await aftercare.held(
        house, at, at.others[:3], ratings=40, raters=40, deliveries=2, usual_a_day=1.5, from_one_place=40,
        side="high", until="2026-10-23T03:00:00+00:00", **{"from": "2026-10-23T02:00:00+00:00"},
    )  # fmt: skip
    await aftercare.held(house, at, at.others[:1], "linked", link="member")
    await sign_in(house, visitor, at.auditor)
    desk = await visitor.get("/ratings/held")
    path = f"/ratings/held/{at.under.organisation_id}/{SERVICE}"
    assert path in desk.links and "3 ratings wait" in desk.text
    page = await visitor.get(path)
    assert page.html.count('class="held-burst"') == 3 and page.html.count('class="held-linked"') == 2
    assert 'class="held-other"' in page.html
    assert "40 ratings by 40 people for 2 deliveries" in page.text
    assert "They praise more alike than chance lets them." in page.text
    assert "belongs to the provider, or did" in page.text
    refused = await visitor.submit(page, path, is_upheld="true", reason="x")
    assert refused.status == 422
    chosen = [str(one) for one in at.others[:2]]
    page = await visitor.submit_and_follow(page, path, rating_ids=chosen, is_upheld="true", reason="同一地点")
    assert "These are left." in page.text and "同一地点" in page.text
    everything = await visitor.get(f"{path}?all=1")
    assert everything.form(path, "rating_ids").fields["rating_ids"] == [str(at.others[2])]
    page = await visitor.submit_and_follow(everything, path, is_upheld="false", reason="确为集体活动")
    assert "Nothing is held in your areas" in page.text
    assert "Everything here is decided" in (await visitor.get(path)).text


async def test_every_kind_of_evidence_is_told_in_both_languages(house: House, visitor: Visitor) -> None:
    at = await aftercare.public(house, others=12)
    when = {"from": "2026-10-23T02:00:00+00:00", "until": "2026-10-23T03:00:00+00:00"}
    seen: list[tuple[UUID, str, dict[str, object]]] = [
        (at.others[0], "same_source", {"source": "device", "group": 1, "ratings": 9, "raters": 9, **when}),
        (at.others[1], "identical_text", {"raters": 3, "ratings": 3, "characters": 18, **when}),
        (at.others[2], "mean_shift", {
            "ratings": 10, "mean_hundredths": 120, "before_hundredths": 451, "before_ratings": 40,
            "sigmas_tenths": 71, "side": "low", "signs": ["sudden", "text"], **when,
        }),
        (at.others[3], "same_source", {}),
    ]  # fmt: skip
    for rating_id, cause, evidence in seen:
        await aftercare.held(house, at, [rating_id], cause, **evidence)
    await sign_in(house, visitor, at.auditor)
    path = f"/ratings/held/{at.under.organisation_id}/{SERVICE}"
    page = await visitor.get(path)
    assert "9 people gave 9 ratings from one device, group 1" in page.text
    assert "10 in a row average 1.20 where 40 before averaged 4.51: 7.1 standard errors" in page.text
    assert "it came suddenly, several say the same words" in page.text
    for shape in ("held-source", "held-text", "held-shift", "held-group"):
        assert f'class="{shape}"' in page.html
    async with house.database.unit_of_work() as session:
        await session.execute(update(Person).values(locale=ZH))
    assert "同一设备（第 1 组）" in (await visitor.get(path)).text


async def test_photos_are_served_by_the_same_rules(house: House, visitor: Visitor) -> None:
    at = await aftercare.public(house)
    path = f"/ratings/photos/{await aftercare.photo(house, at.rating_id)}"
    assert path in (await visitor.get(f"/ratings/{at.rating_id}")).html
    answer = (await visitor.get(path)).answer
    assert (answer.content, answer.headers["content-type"]) == (aftercare.PICTURE, "image/png")
    assert "sandbox" in answer.headers["content-security-policy"]
    await aftercare.hide(house, at, "photos")
    assert (await visitor.get(path)).status == 404
    assert path not in (await visitor.get(f"/ratings/{at.rating_id}")).html


@pytest.mark.parametrize("who", ["stranger", "outsider", "manager"])
async def test_closed_doors(house: House, visitor: Visitor, who: str) -> None:
    at = await aftercare.public(house, others=12)
    await aftercare.held(house, at, at.others[:1])
    hiding = f"/ratings/hidings/{await aftercare.hide(house, at)}"
    doors = (
        "/ratings/held",
        f"/ratings/held/{at.under.organisation_id}/{SERVICE}",
        f"/ratings/{at.rating_id}/hide",
        f"{hiding}/decide",
        f"{hiding}/appeal",
    )
    if who != "stranger":
        await sign_in(house, visitor, getattr(at, who))
    for path in doors:
        answer = await visitor.get(path)
        if who == "stranger":
            assert answer.location == f"/sign-in?next={path}", path
        else:
            assert answer.status == 403, path
    if who == "outsider":
        assert (await visitor.get("/ratings/mine")).status == 403
        assert (await visitor.get(f"/ratings/{at.rating_id}/reply")).status == 403
