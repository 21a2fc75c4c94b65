"""Rating on the pages: two taps with a code, without account and script; my services; a helper's entry; slips to hand out."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from starlette.applications import Starlette

from marketplace.bootstrap import House
from marketplace.delivery.ratings import codes
from marketplace.delivery.ratings.models import RatingPhoto, RatingSource, RatingTicket
from marketplace.identity.models import Person
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import FixedClock
from tests import city
from tests.delivery.ratings import scene
from tests.delivery.ratings.pictures import jpeg, png
from tests.statements import counting
from tests.web.visitor import Visitor


async def slip(house: House) -> tuple[RatingTicket, str]:
    """An unnamed one's ticket and the path that its QR opens."""
    ticket = (await scene.issue(house, await scene.done(house, await scene.supplied(house), None)))[0]
    return ticket, path_of(house, ticket.id)


def path_of(house: House, ticket_id: UUID) -> str:
    return f"/r/{codes.code_of(house.vault, ticket_id)}"


async def be(visitor: Visitor, house: House, viewer: Viewer) -> None:
    """Signed in as somebody, who reads English."""
    async with house.database.unit_of_work() as session:
        (await session.get_one(Person, viewer.signed_in())).locale = "en"
    await visitor.sign_in(viewer.signed_in())


async def test_two_taps_are_enough_and_the_page_says_thank_you(visitor: Visitor, house: House) -> None:
    _ticket, path = await slip(house)
    page = await visitor.get(path)
    assert (
        "上门助浴" in page.text and "appears on Tue 1 Dec" in page.text and "江苏路 480 弄" not in page.text
    )
    thanks = await visitor.submit_and_follow(page, path, overall="4")
    assert "Thank you. This service is rated." in thanks.text and "cannot see who" in thanks.text
    (row,) = await scene.all_ratings(house)
    assert row.sixtieths == 240 and row.should_continue is None
    async with house.database.reading() as session:
        assert len((await session.scalars(select(RatingSource.rating_id))).all()) == 1


async def test_more_can_be_said(visitor: Visitor, house: House) -> None:
    _ticket, path = await slip(house)
    said = {
        "overall": "5",
        "timeliness": "2",
        "handling": "none",
        "should_continue": "true",
        "text": "准时一点更好",
    }
    await visitor.submit_and_follow(await visitor.get(path), path, **said)
    (row,) = await scene.all_ratings(house)
    points = [row.content, row.quality, row.timeliness, row.respect, row.handling]
    assert points == [5, 5, 2, 5, None] and row.should_continue is True


async def test_photos_come_along_and_what_is_none_is_refused(visitor: Visitor, house: House) -> None:
    _ticket, path = await slip(house)
    page = await visitor.get(path)
    wrong = await visitor.submit(page, path, overall="5", files={"photo_1": ("a.png", b"<svg>", "image/png")})
    assert wrong.status == 422 and "Photos are JPEG or PNG" in wrong.text
    assert wrong.form(path).fields["overall"] == ["5"]
    files = {"photo_1": ("a.png", png(), "image/png"), "photo_3": ("b.jpg", jpeg(), "image/png")}
    assert (await visitor.submit(wrong, path, files=files)).status == 303
    async with house.database.reading() as session:
        assert len((await session.scalars(select(RatingPhoto.id))).all()) == 2


async def test_a_code_is_typed_into_one_huge_field(visitor: Visitor, house: House) -> None:
    ticket, path = await slip(house)
    page = await visitor.get("/r")
    typed = codes.grouped(codes.code_of(house.vault, ticket.id)).lower()
    opened = await visitor.submit(page, "/r", code=typed)
    assert (opened.status, opened.location) == (303, path)


@pytest.mark.parametrize("wrong", ["0000-0000-0000", "字" * 300, "x" * 100_000, "a\x00b"])
async def test_a_wrong_code_is_told_and_can_be_mended(visitor: Visitor, house: House, wrong: str) -> None:
    answer = await visitor.submit(await visitor.get("/r"), "/r", code=wrong)
    assert answer.status == 422 and "We do not know this code" in answer.text


async def test_an_empty_field_is_no_wrong_code(visitor: Visitor, house: House) -> None:
    page = await visitor.get("/r")
    for _ in range(21):
        answer = await visitor.submit(page, "/r", code="  ")
        assert answer.status == 422 and "Your rating code: Please fill this in." in answer.text


async def test_a_link_that_was_made_up_leads_to_the_field(visitor: Visitor, house: House) -> None:
    for path in ("/r/000000000000", "/r/hello", "/r/" + "x" * 3000):
        answer = await visitor.get(path)
        assert answer.status == 422 and "We do not know this code" in answer.text
        assert "code" in answer.form("/r").names


async def test_after_twenty_wrong_codes_nobody_is_answered_there_for_a_while(
    visitor: Visitor, house: House, clock: FixedClock
) -> None:
    _ticket, path = await slip(house)
    page = await visitor.get("/r")
    for _ in range(20):
        assert (await visitor.submit(page, "/r", code="0000-0000-0000")).status == 422
    assert (await visitor.submit(page, "/r", code="0000-0000-0000")).status == 429
    assert (await visitor.get(path)).status == 429
    clock.advance(timedelta(hours=1))
    assert (await visitor.get(path)).status == 200


async def test_nothing_chosen_is_told_and_nothing_is_lost(visitor: Visitor, house: House) -> None:
    ticket, path = await slip(house)
    answer = await visitor.submit(await visitor.get(path), path, text="只有文字")
    assert answer.status == 422 and "How was it altogether? Please choose." in answer.text
    assert "#field-overall" in answer.links
    assert answer.form(path).fields["text"] == ["只有文字"]
    async with house.database.reading() as session:
        assert (await session.get_one(RatingTicket, ticket.id)).used_at is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("overall", "6"),
        ("overall", "five"),
        ("quality", "0"),
        ("text", "字" * 1001),
        ("should_continue", "maybe"),
    ],
)
async def test_a_wrong_answer_stands_beside_its_field(
    visitor: Visitor, house: House, field: str, value: str
) -> None:
    _ticket, path = await slip(house)
    answer = await visitor.submit(await visitor.get(path), path, **{"overall": "5", field: value})
    assert answer.status == 422 and f"problem-{field}" in answer.ids
    assert await scene.all_ratings(house) == []


async def test_words_of_a_hundred_thousand_characters_are_refused_kindly(
    visitor: Visitor, house: House
) -> None:
    _ticket, path = await slip(house)
    answer = await visitor.submit(await visitor.get(path), path, overall="5", text="字" * 100_000)
    assert answer.status == 422 and "problem-text" in answer.ids


async def test_a_code_used_twice_is_told_so(visitor: Visitor, house: House) -> None:
    _ticket, path = await slip(house)
    page, other = await visitor.get(path), await visitor.get(path)
    await visitor.submit(page, path, overall="4")
    again = await visitor.submit(other, path, overall="1")
    assert again.status == 409 and "rated with this code already" in again.text
    same = await visitor.submit(page, path, overall="4")
    assert same.status == 303 and len(await scene.all_ratings(house)) == 1


async def test_an_expired_and_a_void_code_say_so(visitor: Visitor, house: House, clock: FixedClock) -> None:
    ticket, path = await slip(house)
    _other, void = await slip(house)
    async with house.database.unit_of_work() as session:
        (await session.get_one(RatingTicket, _other.id)).void_at = session.now()
    assert "called off" in (await visitor.get(void)).text
    page = await visitor.get(path)
    clock.set(ticket.expires_at)
    late = await visitor.submit(page, path, overall="4")
    assert late.status == 409 and "22 Dec" in late.text and "too late" in late.text


async def test_the_page_speaks_chinese(app: Starlette, house: House) -> None:
    _ticket, path = await slip(house)
    visitor = Visitor(app, house, locale="zh-CN")
    page = await visitor.get(path)
    for said in ("服务怎么样？", "非常满意", "提交评价", "服务方看不到是谁评的"):
        assert said in page.text
    await visitor.client.aclose()


async def test_a_face_is_never_told_by_its_drawing_alone(visitor: Visitor, house: House) -> None:
    _ticket, path = await slip(house)
    page = await visitor.get(path)
    for said in ("Very good", "Good", "Fair", "Poor", "Very poor", "★★★☆☆"):
        assert said in page.text
    assert "style=" not in page.html.replace("<svg", "")


# My services


async def test_my_services_lead_from_was_it_so_to_the_rating_and_back(visitor: Visitor, house: House) -> None:
    grandma = await scene.resident(house)
    delivery_id = await scene.done(house, await scene.supplied(house), grandma.signed_in())
    ticket = (await scene.issue(house, delivery_id))[0]
    await be(visitor, house, grandma)
    page = await visitor.get("/my/services")
    assert "Was it so?" in page.text and path_of(house, ticket.id) in page.links
    assert f"/deliveries/{delivery_id}/dispute" in page.links
    confirmed = await visitor.submit_and_follow(page, f"/my/services/{delivery_id}/confirm")
    assert "It is noted that it was so" in confirmed.text and "Was it so?" not in confirmed.text
    rate = await visitor.get(path_of(house, ticket.id))
    await visitor.submit_and_follow(rate, path_of(house, ticket.id), overall="4", text="很细心")
    after = await visitor.get("/my/services")
    assert "Your rating appears on Tue 1 Dec" in after.text and "很细心" in after.text
    assert path_of(house, ticket.id) not in after.links


async def test_nobody_sees_anothers_services(visitor: Visitor, house: House) -> None:
    grandma, outsider = await scene.resident(house), await scene.resident(house, "路人")
    under = await scene.supplied(house)
    delivery_id = await scene.done(house, under, grandma.signed_in())
    await scene.issue(house, delivery_id)
    assert str((await visitor.get("/my/services")).location).startswith("/sign-in")
    for viewer in (outsider, under.manager):
        await be(visitor, house, viewer)
        page = await visitor.get("/my/services")
        assert "上门助浴" not in page.text and "Nothing was brought to you yet" in page.text


async def test_the_statements_of_my_services_do_not_grow(visitor: Visitor, house: House) -> None:
    grandma, under = await scene.resident(house), await scene.supplied(house)
    await be(visitor, house, grandma)
    counted = []
    for more in (1, 6):
        for _ in range(more):
            await scene.issue(house, await scene.done(house, under, grandma.signed_in()))
        with counting(house) as sent:
            await visitor.get("/my/services")
        counted.append(len(sent))
    assert counted[0] == counted[1]


async def test_the_list_pages_by_key(visitor: Visitor, house: House) -> None:
    grandma, under = await scene.resident(house), await scene.supplied(house)
    for hours in range(23):
        starts_at = house.clock.now() - timedelta(days=1, hours=hours)
        await scene.done(house, under, grandma.signed_in(), starts_at=starts_at)
    await be(visitor, house, grandma)
    first = await visitor.get("/my/services")
    (more,) = [link for link in first.links if "after=" in link]
    assert first.html.count('class="card"') == 20
    assert (await visitor.get(more)).html.count('class="card"') == 3
    assert (await visitor.get("/my/services?after=nonsense")).status == 422


async def test_what_waits_for_a_rating_stands_above_what_comes_and_what_was(
    visitor: Visitor, house: House
) -> None:
    grandma, under = await scene.resident(house), await scene.supplied(house)
    now = house.clock.now()
    for hours in range(1, 6):
        starts_at = now + timedelta(days=hours)
        await scene.done(house, under, grandma.signed_in(), done=False, starts_at=starts_at)
    delivery_id = await scene.done(house, under, grandma.signed_in())
    ticket = (await scene.issue(house, delivery_id))[0]
    await be(visitor, house, grandma)
    page = await visitor.get("/my/services")
    assert page.text.index("Waits for your rating") < page.text.index("Services to come")
    assert page.links.count(path_of(house, ticket.id)) == 1
    assert page.html.count('class="card"') == 4  # one that waits, the next three
    every = await visitor.get("/my/services?show=coming")
    assert every.html.count('class="card"') == 5 and path_of(house, ticket.id) not in every.links


async def test_what_is_too_late_to_dispute_is_not_offered(
    visitor: Visitor, house: House, clock: FixedClock
) -> None:
    grandma = await scene.resident(house)
    delivery_id = await scene.done(house, await scene.supplied(house), grandma.signed_in())
    await be(visitor, house, grandma)
    dispute = f"/deliveries/{delivery_id}/dispute"
    assert dispute in (await visitor.get("/my/services")).links
    clock.advance(timedelta(days=16))
    await be(visitor, house, grandma)
    late = await visitor.get("/my/services")
    assert "Was it so?" in late.text and dispute not in late.links


async def test_what_is_over_and_not_recorded_says_for_whom_one_waits(visitor: Visitor, house: House) -> None:
    grandma, under = await scene.resident(house), await scene.supplied(house)
    for days in (-1, 1):
        starts_at = house.clock.now() + timedelta(days=days)
        await scene.done(house, under, grandma.signed_in(), done=False, starts_at=starts_at)
    await be(visitor, house, grandma)
    page = await visitor.get("/my/services")
    assert page.text.count("The provider has not recorded it yet.") == 1


# Helpers and slips


async def test_a_helper_enters_one_rating_after_the_other(visitor: Visitor, house: House) -> None:
    ticket, path = await slip(house)
    helper = await scene.worker(house)
    await be(visitor, house, helper)
    code = path.removeprefix("/r/")
    opened = await visitor.submit(await visitor.get("/ratings/assist"), "/ratings/assist", code=code)
    assert opened.location == f"/ratings/assist/{code}"
    page = await visitor.get(str(opened.location))
    unsaid = await visitor.submit(page, str(opened.location), overall="3")
    assert unsaid.status == 422 and "How were you told? Please choose." in unsaid.text
    done = await visitor.submit_and_follow(page, str(opened.location), overall="3", assisted_how="paper")
    assert "You can type the next code" in done.text
    (row,) = await scene.all_ratings(house)
    assert (row.assisted_by, row.ticket_id) == (helper.person_id, ticket.id)
    assert "/ratings/assist" in (await visitor.get(str(opened.location))).links


async def test_only_helpers_help_and_only_at_home(visitor: Visitor, house: House) -> None:
    _ticket, path = await slip(house)
    code = path.removeprefix("/r/")
    for place in ("/ratings/assist", f"/ratings/assist/{code}"):
        assert str((await visitor.get(place)).location).startswith("/sign-in")
    await be(visitor, house, await scene.resident(house))
    for place in ("/ratings/assist", f"/ratings/assist/{code}"):
        assert (await visitor.get(place)).status == 403
    await be(visitor, house, await scene.worker(house, city.TIANPING_COMMUNITY))
    assert (await visitor.get(f"/ratings/assist/{code}")).status == 403


async def test_slips_carry_a_code_and_a_qr_and_are_for_the_community_alone(
    visitor: Visitor, house: House
) -> None:
    under, outsider = await scene.supplied(house), await scene.resident(house, "路人")
    delivery_id = await scene.done(house, under, None, None)
    first, second = await scene.issue(house, delivery_id)
    place = f"/deliveries/{delivery_id}/slips"
    assert str((await visitor.get(place)).location).startswith("/sign-in")
    refused: list[tuple[Viewer, int]] = [(outsider, 404), (under.manager, 403), (under.officer, 403)]
    for viewer, status in refused:
        await be(visitor, house, viewer)
        assert (await visitor.get(place)).status == status
    await be(visitor, house, await scene.worker(house))
    page = await visitor.get(place)
    for ticket in (first, second):
        assert codes.grouped(codes.code_of(house.vault, ticket.id)) in page.text
    assert page.html.count('class="qr"') == 2 and "http://testserver/r" in page.text
    assert page.answer.headers["cache-control"] == "no-store"


async def test_a_great_group_gets_its_slips_sheet_by_sheet(visitor: Visitor, house: House) -> None:
    delivery_id = await scene.done(house, await scene.supplied(house), *[None] * 62)
    await scene.issue(house, delivery_id)
    await be(visitor, house, await scene.worker(house))
    page = await visitor.get(f"/deliveries/{delivery_id}/slips")
    (more,) = [link for link in page.links if "after=60" in link]
    assert page.html.count('class="qr"') == 60
    assert (await visitor.get(more)).html.count('class="qr"') == 2
    assert (await visitor.get(f"/deliveries/{delivery_id}/slips?after=%00")).status == 200


async def test_a_delivery_without_tickets_says_what_to_do(visitor: Visitor, house: House) -> None:
    delivery_id = await scene.done(house, await scene.supplied(house), None, done=False)
    await be(visitor, house, await scene.worker(house))
    assert "No slips to hand out" in (await visitor.get(f"/deliveries/{delivery_id}/slips")).text
