"""The public pages of scorecards: score with its interval, suppression, trend, facts apart, the directory and at most four side by side."""

from datetime import date
from uuid import UUID

from marketplace.bootstrap import House
from marketplace.delivery.ratings.models import RatingHiding, RatingReply
from marketplace.delivery.scorecards import counting
from marketplace.kernel.ids import new_id
from marketplace.organisations.models import Organisation
from tests import builders, delivering
from tests.delivering import Supplied
from tests.delivery.scorecards import scene
from tests.statements import counting as counting_statements
from tests.web.visitor import Visitor


async def provider(house: House, points: list[int], **facts: object) -> Supplied:
    """Somebody who was rated in October by different people, computed, with facts."""
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        await scene.rated(session, under, points, **facts)
        await scene.unused(session, under, 2)
        await counting.count_all(session)
    await scene.computed(house)
    return under


def path(of: Supplied | UUID) -> str:
    return f"/organisations/{of if isinstance(of, UUID) else of.organisation_id}/scorecard"


async def test_nine_raters_read_nine_of_ten_and_the_tenth_makes_the_score_appear(
    house: House, visitor: Visitor
) -> None:
    under = await provider(house, [5] * 9, text="很贴心")
    page = await visitor.get(path(under))
    assert "9 of the 10 raters that a score needs" in page.text
    assert "Ratings by points" not in page.text and "Question by question" not in page.text
    assert "Σ w × 10⁶" not in page.text and "of 5" not in page.text
    assert "9 of 11" in page.text, "the response rate is told"
    async with house.database.unit_of_work() as session:
        await scene.rated(session, under, [1])
    await scene.computed(house)
    page = await visitor.get(path(under))
    for said in (
        "With 95 per cent certainty between",
        "10 people gave 10 ratings",
        "Ratings by points",
        "10 of 12",
    ):
        assert said in page.text
    assert "90%" in page.text and "10%" in page.text
    assert "About as the city's mean" in page.text


async def test_every_number_says_how_it_is_computed(house: House, visitor: Visitor) -> None:
    under = await provider(house, [5] * 12)
    card = await scene.card(house, under.organisation_id)
    page = await visitor.get(path(under))
    assert "Formula version 1" in page.text and "marketplace verify scorecards" in page.text
    for name in ("weight", "weight_squares", "weighted", "weighted_squares"):
        assert str(card.inputs["sums"][name]) in page.text
    assert str(card.inputs["city"]["sum_sixtieths"]) in page.text
    assert f"{(card.score or 0) / 10_000:.4f}" in page.text
    assert "Print this page with your browser." in page.text


async def test_the_page_takes_three_statements_at_most(house: House, visitor: Visitor) -> None:
    under = await provider(house, [5] * 12, text="很贴心")
    await visitor.get(path(under))
    with counting_statements(house) as statements:
        page = await visitor.get(path(under))
    assert page.status == 200 and len(statements) <= 3, statements


async def test_held_ratings_are_counted_in_public(house: House, visitor: Visitor) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        first, second, *_ = await scene.rated(session, under, [5] * 12)
        await scene.hold(session, first)
        await scene.hold(session, second)
    await scene.computed(house)
    page = await visitor.get(path(under))
    assert "2 ratings are held until an auditor has looked at them" in page.text


async def test_facts_stand_apart_from_opinions(house: House, visitor: Visitor) -> None:
    under = await provider(house, [5] * 10)
    page = await visitor.get(path(under))
    assert "None of it enters the score" in page.text
    assert "Deliveries done" in page.text and "Hours delivered" in page.text
    assert "Rules of counting, version 1" in page.text


async def test_the_trend_tells_every_month_with_its_range(house: House, visitor: Visitor) -> None:
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(session, "乐龄家园")
        for month in (8, 9, 10):
            period_id = await delivering.period(session, closed=True, starts_on=date(2026, month, 1))
            await delivering.scorecard(
                session,
                organisation_id,
                period_id,
                score=45_000 + 100 * month,
                inputs={},
                detail={"answered": 24, "distribution": [0, 0, 2, 4, 18], "dimensions": {}},
            )
    page = await visitor.get(path(organisation_id))
    for said in ("Aug 2026", "Oct 2026", "4.58", "4.60", "4.40–4.80", "Above the city's mean"):
        assert said in page.text


async def test_words_stand_with_replies_and_hidden_words_do_not(house: House, visitor: Visitor) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        await scene.rated(session, under, [5] * 9)
        (kept,) = await scene.rated(session, under, [5], text="护理员很耐心")
        (gone,) = await scene.rated(session, under, [1], text="难听的话")
        (held,) = await scene.rated(session, under, [1], text="可疑的话")
        await scene.hold(session, held)
        for number, text in ((1, "谢谢您"), (2, "已加派人手")):
            session.add(
                RatingReply(
                    id=new_id(),
                    rating_id=kept,
                    number=number,
                    text=text,
                    written_at=session.now(),
                    written_by=under.manager.signed_in(),
                )
            )
        session.add(
            RatingHiding(
                id=new_id(),
                rating_id=gone,
                what="words",
                reason="insult",
                explanation="辱骂",
                hidden_at=session.now(),
                hidden_by=under.officer.signed_in(),
            )
        )
    await scene.computed(house)
    page = await visitor.get(path(under))
    for said in (
        "护理员很耐心",
        "谢谢您",
        "已加派人手",
        "These words are hidden by a moderator",
        "hidden by a moderator; its",
    ):
        assert said in page.text
    assert "难听的话" not in page.text and "可疑的话" not in page.text


async def test_an_organisation_without_a_scorecard_says_when_it_comes(house: House, visitor: Visitor) -> None:
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(session, "乐龄家园")
    page = await visitor.get(path(organisation_id))
    assert page.status == 200 and "There is no scorecard yet" in page.text
    assert path(organisation_id) in (await visitor.get(f"/organisations/{organisation_id}")).links


async def test_a_scorecard_of_nobody_or_of_somebody_suspended_is_not_found(
    house: House, visitor: Visitor
) -> None:
    under = await provider(house, [5] * 10)
    assert (await visitor.get(path(new_id()))).status == 404
    async with house.database.unit_of_work() as session:
        (await session.get_one(Organisation, under.organisation_id)).suspended_at = session.now()
        outsider = await builders.person(session, "路人甲")
    assert (await visitor.get(path(under))).status == 404
    await visitor.sign_in(outsider)
    assert (await visitor.get(path(under))).status == 404
    await visitor.sign_in(under.manager.signed_in())
    assert (await visitor.get(path(under))).status == 200


async def test_the_directory_asks_for_a_service_and_lists_by_name(house: House, visitor: Visitor) -> None:
    empty = await visitor.get("/scorecards")
    assert "There are no scorecards yet" in empty.text
    async with house.database.unit_of_work() as session:
        for name, score in (("中山社工站", 48_000), ("爱晚服务社", 44_000), ("春晖", None)):
            organisation_id = await builders.organisation(session, name)
            hidden = {"score": None, "low": None, "high": None, "band": None, "raters": 3}
            await delivering.scorecard(session, organisation_id, **({"score": score} if score else hidden))
    first = await visitor.get("/scorecards")
    assert "3 providers" in first.text and "2 of them with a published score" in first.text
    page = await visitor.get("/scorecards?type=elderly_care")
    places = [page.text.index(name) for name in ("爱晚服务社", "春晖", "中山社工站")]
    assert places == sorted(places)
    assert "no ranking" in page.text and "3 of the 10 raters" in page.text
    none = await visitor.get("/scorecards?type=elderly_care&area=310104000000")
    assert "Nobody here has a scorecard of this service" in none.text
    elsewhere = await visitor.get("/scorecards?area=310104000000")
    assert (
        "Nobody in this district has a scorecard yet" in elsewhere.text and "/scorecards" in elsewhere.links
    )
    chinese = await visitor.get("/scorecards?type=elderly_care", **{"accept-language": "zh-CN"})
    assert "不是排名" in chinese.text


async def test_at_most_four_stand_side_by_side(house: House, visitor: Visitor) -> None:
    ids = []
    async with house.database.unit_of_work() as session:
        for number in range(5):
            organisation_id = await builders.organisation(session, f"机构{number}")
            await delivering.scorecard(session, organisation_id)
            ids.append(organisation_id)
    listed = await visitor.get("/scorecards?type=elderly_care")
    form = next(one for one in listed.forms if one.action == "/scorecards/compare")
    assert form.method == "get" and "with" in form.names
    base = "/scorecards/compare?type=elderly_care" + "".join(f"&with={one}" for one in ids[:2])
    page = await visitor.get(base)
    assert page.status == 200 and "机构0" in page.text and "机构1" in page.text
    assert "Where ranges overlap" in page.text
    many = await visitor.get(base + "".join(f"&with={one}" for one in ids[2:]))
    assert many.status == 422 and "At most 4 providers" in many.text
    (back,) = [link for link in many.links if link.startswith("/scorecards?type=elderly_care&")]
    again = next(one for one in (await visitor.get(back)).forms if one.action == "/scorecards/compare")
    assert again.fields["with"] == [str(one) for one in ids[:4]]
    for nothing in ("/scorecards/compare", "/scorecards/compare?with=abc", f"{base[:25]}&with={new_id()}"):
        assert "Choose whom to compare" in (await visitor.get(nothing)).text


async def test_nonsense_in_the_address_is_answered_kindly(house: House, visitor: Visitor) -> None:
    under = await provider(house, [5] * 10)
    long = "长" * 2_000
    for address in (
        f"{path(under)}?type={long}",
        f"/scorecards?type={long}&area={long}",
        f"/scorecards/compare?type={long}&with={long}",
    ):
        assert (await visitor.get(address)).status == 200
    assert (await visitor.get("/scorecards?type=elderly_care&after=nonsense")).status == 422
