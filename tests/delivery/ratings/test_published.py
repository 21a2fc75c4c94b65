"""Public ratings: after the period and not before, with numbers from enough people on, never who, with notices where words were."""

import hashlib
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from marketplace.bootstrap import House
from marketplace.delivery.ratings import cells, moderation, photo_store, published
from marketplace.delivery.ratings.care_drafts import HidingDraft
from marketplace.delivery.ratings.errors import CaretakerIsConcerned
from marketplace.delivery.ratings.models import RatingPeriod, RatingPhoto
from marketplace.delivery.ratings.published import PublishedRating
from marketplace.delivery.scorecards import computing
from marketplace.delivery.scorecards.models import Scorecard
from marketplace.identity.viewer import STRANGER, Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.files import FileIsGone
from marketplace.kernel.ids import new_id
from marketplace.kernel.pagination import Page, PageRequest
from tests import delivering
from tests.delivering import SERVICE
from tests.delivery.ratings import aftercare
from tests.delivery.ratings.aftercare import Scene
from tests.statements import counting


async def listed(
    house: House, at: Scene, viewer: Viewer = STRANGER, first: int = 50, after: str | None = None
) -> Page[PublishedRating]:
    async with house.database.reading() as session:
        return await published.of_provider(
            session, viewer, at.under.organisation_id, SERVICE, PageRequest(first, after)
        )


async def one(house: House, viewer: Viewer, rating_id: UUID) -> PublishedRating:
    async with house.database.reading() as session:
        return await published.rating(session, viewer, rating_id)


async def test_ten_people_rated_and_everybody_reads_numbers_words_and_the_month(house: House) -> None:
    at = await aftercare.public(house)
    page = await listed(house, at)
    assert len(page.rows) == 10
    (worded,) = [row for row in page.rows if row.words]
    assert (worded.id, worded.words, worded.sixtieths) == (at.rating_id, "水太凉，来得也晚。", 120)
    assert worded.points == {"content": 2, "quality": 2, "timeliness": 2, "respect": 2, "handling": 2}
    assert (worded.month.isoformat(), worded.is_mine, worded.may_reply) == ("2026-10-01", False, False)
    assert not any(hasattr(worded, name) for name in ("rater", "person_id", "given_at", "given_on"))


async def test_nothing_of_an_open_period_is_anybodys(house: House) -> None:
    at = await aftercare.public(house, closed=False)
    for viewer in (STRANGER, at.author, at.manager, at.moderator, at.auditor):
        assert (await listed(house, at, viewer)).rows == []
        with pytest.raises(NotFound):
            await one(house, viewer, at.rating_id)


async def test_below_ten_people_words_are_read_and_numbers_are_not(house: House) -> None:
    at = await aftercare.public(house, others=6)
    (only,) = (await listed(house, at)).rows
    assert (only.words, only.points, only.sixtieths, only.should_continue) == (
        "水太凉，来得也晚。", None, None, None,
    )  # fmt: skip
    assert (await one(house, at.manager, at.rating_id)).points is None
    assert (await one(house, at.author, at.rating_id)).sixtieths == 120
    async with house.database.reading() as session:
        (cell,) = await cells.of_provider(session, STRANGER, at.under.organisation_id)
    assert (cell.ratings, cell.raters, cell.held, cell.is_open) == (7, 7, 0, False)


async def test_single_numbers_are_read_where_a_score_is_published_and_nowhere_else(house: House) -> None:
    """Twelve people are enough, but most of them rated so long ago that they hardly count."""
    at = await aftercare.public(house, others=0)
    async with house.database.unit_of_work() as session:
        (closed,) = (await session.scalars(select(RatingPeriod))).all()
        old, gone = closed.ends_on - timedelta(days=1000), closed.ends_on - timedelta(days=1095)
        for points, day in (([4] * 11, old), ([1] * 5, gone)):
            await delivering.rated(session, at.under, points, period_id=at.period_id, given_on=day)
    for more in (0, 9):
        async with house.database.unit_of_work() as session:
            given_on = closed.ends_on
            await delivering.rated(session, at.under, [5] * more, period_id=at.period_id, given_on=given_on)
            await computing.compute_period(session, at.period_id)
            card = (await session.scalars(select(Scorecard).execution_options(populate_existing=True))).one()
            (cell,) = await cells.of_provider(session, STRANGER, at.under.organisation_id)
        assert (cell.is_open, cell.raters, cell.ratings) == (more > 0, 12 + more, 17 + more)
        assert ((card.score is not None), card.raters) == (cell.is_open, cell.raters)
        assert ((await one(house, STRANGER, at.rating_id)).points is not None) is cell.is_open


async def test_whoever_rated_with_a_slip_of_nobodys_has_it_as_their_own(house: House) -> None:
    at = await aftercare.public(house)
    async with house.database.unit_of_work() as session:
        slip = await delivering.ticket(session, await delivering.delivery(session, at.under))
        given = await delivering.rating(
            session, slip, period_id=at.period_id, text="来得很准时", rater=at.moderator.signed_in()
        )
    assert (await one(house, at.moderator, given)).is_mine
    assert (
        not (await one(house, at.second, given)).is_mine and not (await one(house, STRANGER, given)).is_mine
    )
    draft = HidingDraft.model_validate({"what": "words", "reason": "insult", "explanation": "自己说的。"})
    with pytest.raises(CaretakerIsConcerned):
        async with house.database.unit_of_work() as session:
            await moderation.hide(session, at.moderator, given, draft)
    await aftercare.held(house, at, [given])
    assert (await one(house, at.moderator, given)).is_held


async def test_held_ratings_are_counted_in_public_and_listed_nowhere(house: House) -> None:
    at = await aftercare.public(house, others=12)
    await aftercare.held(house, at, [at.rating_id, at.others[0]])
    assert len((await listed(house, at)).rows) == 11
    async with house.database.reading() as session:
        (cell,) = await cells.of_provider(session, STRANGER, at.under.organisation_id)
    assert (cell.ratings, cell.raters, cell.held) == (11, 11, 2)
    for viewer in (STRANGER, at.manager, at.outsider):
        with pytest.raises(NotFound):
            await one(house, viewer, at.rating_id)
    for viewer in (at.author, at.moderator, at.auditor):
        assert (await one(house, viewer, at.rating_id)).is_held


async def test_hidden_words_leave_a_notice_and_the_number(house: House) -> None:
    at = await aftercare.public(house)
    await aftercare.hide(house, at)
    shown = await one(house, STRANGER, at.rating_id)
    assert (shown.words, shown.sixtieths, shown.has("words")) == (None, 120, False)
    notice = shown.hides("words")
    assert notice is not None and (notice.reason, notice.explanation) == ("insult", None)
    for viewer in (at.author, at.moderator):
        seen = await one(house, viewer, at.rating_id)
        assert seen.words == "水太凉，来得也晚。"
        assert seen.hidden[0].explanation == "第二句骂人。"
    assert (await one(house, at.manager, at.rating_id)).words is None


async def test_pictures_are_seen_by_those_who_may_read_the_rating(house: House) -> None:
    at = await aftercare.public(house)
    photo_id = await aftercare.photo(house, at.rating_id)
    assert (await one(house, STRANGER, at.rating_id)).photos == [photo_id]
    async with house.database.reading() as session:
        shown = await published.photo(session, STRANGER, house.rating_photos, photo_id)
    assert (shown.content_type, shown.content) == ("image/png", aftercare.PICTURE)
    await aftercare.hide(house, at, "photos")
    assert (await one(house, STRANGER, at.rating_id)).photos == ()
    async with house.database.reading() as session:
        for viewer in (STRANGER, at.manager, at.outsider):
            with pytest.raises(NotFound):
                await published.photo(session, viewer, house.rating_photos, photo_id)
        for viewer in (at.author, at.moderator):
            assert await published.photo(session, viewer, house.rating_photos, photo_id) == shown
    async with house.database.unit_of_work() as session:
        await session.execute(update(RatingPhoto).values(removed_at=session.now()))
    async with house.database.reading() as session:
        for wanted in (photo_id, new_id()):
            with pytest.raises(NotFound):
                await published.photo(session, at.author, house.rating_photos, wanted)


async def _is_kept(house: House, key: str) -> bool:
    try:
        return await house.rating_photos.get(key) == aftercare.PICTURE
    except FileIsGone:
        return False


async def test_the_bytes_of_a_removed_picture_go_unless_another_rating_shows_the_same(house: House) -> None:
    at = await aftercare.public(house)
    other_id = (await listed(house, at)).rows[0].id
    key = hashlib.sha256(aftercare.PICTURE).hexdigest()
    mine, same = await aftercare.photo(house, at.rating_id), await aftercare.photo(house, other_id)
    for erased, is_there in ((mine, True), (same, False)):
        async with house.database.unit_of_work() as session:
            photo = await session.get_one(RatingPhoto, erased)
            photo.removed_at = session.now()
        await photo_store.drop_removed(house.database, house.rating_photos)
        await photo_store.drop_removed(house.database, house.rating_photos)
        assert await _is_kept(house, key) is is_there
    async with house.database.reading() as session:
        assert set(await session.scalars(select(RatingPhoto.file_key))) == {None}


async def test_pages_go_on_where_they_ended_and_statements_do_not_grow(house: House) -> None:
    at = await aftercare.public(house, others=24)
    seen: list[UUID] = []
    after = None
    for _ in range(3):
        page = await listed(house, at, first=10, after=after)
        seen += [row.id for row in page.rows]
        after = page.end_cursor
    assert len(seen) == len(set(seen)) == 25 and not page.has_next
    with counting(house) as few:
        await listed(house, at, at.author, first=2)
    with counting(house) as many:
        await listed(house, at, at.author, first=25)
    assert len(few) == len(many) <= 7


async def test_other_providers_and_services_stay_apart(house: House) -> None:
    at = await aftercare.public(house)
    async with house.database.unit_of_work() as session:
        other = await delivering.contract(session, "邻里社工站")
        await delivering.rated(session, other, [1] * 12, period_id=at.period_id)
    assert {row.organisation_id for row in (await listed(house, at)).rows} == {at.under.organisation_id}
    async with house.database.reading() as session:
        page = await published.of_provider(
            session, STRANGER, at.under.organisation_id, "companionship", PageRequest(5)
        )
    assert page.rows == []
