"""Tags: found by any word for them, proposed by people, decided by moderators of the whole city, on record."""

import asyncio

import pytest
from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.catalogue import queries, tags
from marketplace.catalogue.drafts import TagDraft
from marketplace.catalogue.errors import TagExistsAlready, TagIsDecided, TooManyProposals
from marketplace.catalogue.models import Tag, TagKind
from marketplace.catalogue.states import TagState, tag_state
from marketplace.db.audit import AuditEntry
from marketplace.identity import governance
from marketplace.identity.drafts import ReasonDraft
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.kernel.errors import InputIsInvalid, NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest
from tests import builders, city

WHY = ReasonDraft(reason="与现有标签重复")


def a_tag(**facts: object) -> TagDraft:
    return read(TagDraft, {"kind": "topic", "name_zh": "进博会", "name_en": "Import Expo", **facts})


async def viewer_with(house: House, role: Role | None = None, scope: str = city.CITY) -> Viewer:
    async with house.database.unit_of_work() as session:
        return await builders.viewer(session, role=role, scope=scope)


async def proposed(house: House, viewer: Viewer, **facts: object) -> str:
    async with house.database.unit_of_work() as session:
        return await governance.propose_tag(session, viewer, a_tag(**facts))


@pytest.mark.parametrize(
    "word",
    ["elderly_care", "为老服务", "Care for Older People", "助老", "ELDERCARE", " seniors ", "ｓｅｎｉｏｒｓ"],
)
async def test_any_word_for_a_tag_finds_it(house: House, word: str) -> None:
    async with house.database.reading() as session:
        found = await queries.resolve(session, word)
    assert found is not None and found.code == "elderly_care"


@pytest.mark.parametrize("word", ["", "  ", "no such word", "%", "\0", "x" * 1000])
async def test_other_words_find_nothing(house: House, word: str) -> None:
    async with house.database.reading() as session:
        assert await queries.resolve(session, word) is None


async def test_categories_form_a_tree(house: House) -> None:
    async with house.database.reading() as session:
        branches = await queries.tree(session, TagKind.CATEGORY)
    care = next(branch for branch in branches if branch.tag.code == "elderly_care")
    assert "bathing_help" in [tag.code for tag in care.narrower]
    assert "bathing_help" not in [branch.tag.code for branch in branches]


async def test_a_proposed_tag_counts_once_a_moderator_approved_it(house: House) -> None:
    author, moderator = await viewer_with(house), await viewer_with(house, Role.MODERATOR)
    code = await proposed(house, author, synonyms=["进口博览会"])
    async with house.database.unit_of_work() as session:
        assert await queries.resolve(session, "进口博览会") is None
        page = await governance.proposed_tags(session, moderator, PageRequest())
        assert [tag.code for tag in page.rows] == [code]
        await governance.approve_tag(session, moderator, code)
        found = await queries.resolve(session, "进口博览会")
        assert found is not None and found.code == code
        actions = await session.scalars(select(AuditEntry.action).order_by(AuditEntry.id))
        assert list(actions) == ["tag.proposed", "tag.approved"]


async def test_a_retired_tag_stays_on_what_carries_it_and_is_offered_no_more(house: House) -> None:
    moderator = await viewer_with(house, Role.MODERATOR)
    async with house.database.unit_of_work() as session:
        await governance.retire_tag(session, moderator, "haircut", WHY)
    async with house.database.reading() as session:
        assert await queries.resolve(session, "haircut") is None
        assert tag_state((await queries.by_codes(session, ["haircut"]))["haircut"]) == TagState.RETIRED


async def test_a_tag_is_decided_once(house: House) -> None:
    author, moderator = await viewer_with(house), await viewer_with(house, Role.MODERATOR)
    code = await proposed(house, author)
    async with house.database.unit_of_work() as session:
        await governance.refuse_tag(session, moderator, code, WHY)
    for decide in (tags.approve, tags.refuse, tags.retire):
        with pytest.raises(TagIsDecided):
            async with house.database.unit_of_work() as session:
                await decide(session, code)
    async with house.database.reading() as session:
        assert tag_state((await queries.by_codes(session, [code]))[code]) == TagState.REFUSED


async def test_a_refused_name_can_be_proposed_again(house: House) -> None:
    author, moderator = await viewer_with(house), await viewer_with(house, Role.MODERATOR)
    code = await proposed(house, author)
    async with house.database.unit_of_work() as session:
        await governance.refuse_tag(session, moderator, code, WHY)
    assert await proposed(house, author) != code


@pytest.mark.parametrize("name", ["进博会", "进博会 "])
async def test_a_name_that_waits_or_is_in_use_is_not_proposed_twice(house: House, name: str) -> None:
    author = await viewer_with(house)
    await proposed(house, author)
    with pytest.raises(TagExistsAlready):
        await proposed(house, author, name_zh=name, name_en="Another")


async def test_a_synonym_of_a_tag_in_use_is_not_proposed(house: House) -> None:
    author = await viewer_with(house)
    with pytest.raises(TagExistsAlready) as caught:
        await proposed(house, author, kind="category", name_zh="敬老", name_en="Respect")
    assert caught.value.facts["existing"] == "为老服务"


async def test_of_two_rival_proposals_one_is_kept(house: House) -> None:
    authors = [await viewer_with(house), await viewer_with(house)]
    outcomes = await asyncio.gather(
        *(proposed(house, author, name_en=f"Expo {place}") for place, author in enumerate(authors)),
        return_exceptions=True,
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["TagExistsAlready", "str"]
    async with house.database.reading() as session:
        assert len(list(await session.scalars(select(Tag.code).where(Tag.name_zh == "进博会")))) == 1


async def test_nobody_floods_the_moderators(house: House) -> None:
    author = await viewer_with(house)
    for number in range(tags.MOST_WAITING):
        await proposed(house, author, name_zh=f"话题{number}", name_en=f"Topic {number}")
    with pytest.raises(TooManyProposals):
        await proposed(house, author, name_zh="又一个", name_en="One more")


async def test_every_door_is_shut_to_whoever_has_no_business_there(house: House) -> None:
    author = await viewer_with(house)
    outsider = await viewer_with(house, Role.MODERATOR, city.XUHUI)
    code = await proposed(house, author)
    doors = (
        lambda session, viewer: governance.approve_tag(session, viewer, code),
        lambda session, viewer: governance.refuse_tag(session, viewer, code, WHY),
        lambda session, viewer: governance.retire_tag(session, viewer, "haircut", WHY),
        lambda session, viewer: governance.proposed_tags(session, viewer, PageRequest()),
    )
    for door in doors:
        for viewer, refusal in ((STRANGER, SignInNeeded), (author, NotPermitted), (outsider, NotPermitted)):
            with pytest.raises(refusal):
                async with house.database.unit_of_work() as session:
                    await door(session, viewer)
    with pytest.raises(SignInNeeded):
        await proposed(house, STRANGER)


async def test_a_moderator_does_not_approve_their_own_proposal(house: House) -> None:
    moderator = await viewer_with(house, Role.MODERATOR)
    code = await proposed(house, moderator)
    with pytest.raises(NotPermitted):
        async with house.database.unit_of_work() as session:
            await governance.approve_tag(session, moderator, code)


async def test_an_unknown_tag_is_missing(house: House) -> None:
    moderator = await viewer_with(house, Role.MODERATOR)
    with pytest.raises(NotFound):
        async with house.database.unit_of_work() as session:
            await governance.approve_tag(session, moderator, "nothing")


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"kind": "colour"}, "kind"),
        ({"name_zh": ""}, "name_zh"),
        ({"name_zh": "长" * 61}, "name_zh"),
        ({"name_zh": "两\n行"}, "name_zh"),
        ({"name_en": "a\0b"}, "name_en"),
        ({"name_en": 7}, "name_en"),
        ({"synonyms": ["x"] * 11}, "synonyms"),
        ({"synonyms": "x"}, "synonyms"),
        ({"parent_code": "no such"}, "parent_code"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_proposal_names_the_field(facts: dict[str, object], field: str) -> None:
    with pytest.raises(InputIsInvalid) as caught:
        a_tag(**facts)
    assert caught.value.problems[0].field == field


@pytest.mark.parametrize("parent", ["nothing", "haircut", "bathing_help"])
async def test_a_parent_is_a_broad_tag_of_the_same_kind(house: House, parent: str) -> None:
    author = await viewer_with(house)
    with pytest.raises(InputIsInvalid) as caught:
        await proposed(house, author, kind="category", parent_code=parent)
    assert caught.value.problems[0].field == "parent_code"
