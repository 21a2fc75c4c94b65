"""What is held is decided by an auditor of the area who has nothing to do with the provider: once, with a reason, several at a time."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.db.audit import AuditEntry
from marketplace.delivery.ratings import cells, held_queries, holds
from marketplace.delivery.ratings.care_drafts import HoldDecisionDraft
from marketplace.delivery.ratings.errors import CaretakerIsConcerned, HoldIsDecided
from marketplace.delivery.ratings.models import RatingHold
from marketplace.identity import viewers
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.kernel.errors import InputIsInvalid, NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.ids import new_id
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest
from tests import builders, city
from tests.delivering import SERVICE
from tests.delivery.ratings import aftercare
from tests.delivery.ratings.aftercare import Scene
from tests.statements import counting


async def decide(house: House, viewer: Viewer, ratings: list[UUID], *, upheld: bool = False) -> int:
    draft = HoldDecisionDraft(rating_ids=tuple(ratings), is_upheld=upheld, reason="查无异常")
    async with house.database.unit_of_work() as session:
        return await holds.decide(session, viewer, draft)


async def counted(house: House, at: Scene) -> tuple[int, int]:
    async with house.database.reading() as session:
        (cell,) = await cells.of_provider(session, STRANGER, at.under.organisation_id)
    return cell.ratings, cell.held


async def suspicious(house: House) -> Scene:
    """Four of thirteen are held; the first for two causes."""
    at = await aftercare.public(house, others=12)
    await aftercare.held(house, at, at.others[:4])
    await aftercare.held(house, at, at.others[:1], "same_source", source="device", group=1)
    return at


async def test_released_ones_count_and_kept_ones_do_not(house: House) -> None:
    at = await suspicious(house)
    assert await counted(house, at) == (9, 4)
    assert await decide(house, at.auditor, at.others[:2]) == 2
    assert await counted(house, at) == (11, 2)
    assert await decide(house, at.auditor, at.others[2:4], upheld=True) == 2
    assert await counted(house, at) == (11, 2)
    async with house.database.reading() as session:
        rows = (await session.scalars(select(RatingHold))).all()
        entries = await session.scalars(select(AuditEntry).where(AuditEntry.action == "rating.hold_decided"))
    assert {row.decided_by for row in rows} == {at.auditor.person_id} and len(rows) == 5
    assert sorted(str(one.facts["is_upheld"]) for one in entries) == ["False", "False", "True", "True"]


async def test_a_decision_stands_and_one_of_several_undoes_all(house: House) -> None:
    at = await suspicious(house)
    await decide(house, at.auditor, at.others[:1])
    with pytest.raises(HoldIsDecided):
        await decide(house, at.auditor, at.others[:4], upheld=True)
    assert await counted(house, at) == (10, 3)
    with pytest.raises(NotFound):
        await decide(house, at.auditor, [at.others[1], at.rating_id])
    with pytest.raises(NotFound):
        await decide(house, at.auditor, [new_id()])


async def test_two_auditors_decide_at_once_and_one_decision_stands(house: House) -> None:
    at = await suspicious(house)
    async with house.database.unit_of_work() as session:
        other = await builders.viewer(session, "审计员老木", Role.AUDITOR, city.CHANGNING)

    async def say(viewer: Viewer, upheld: bool) -> bool:
        try:
            await decide(house, viewer, at.others[:4], upheld=upheld)
        except HoldIsDecided:
            return False
        return True

    assert sorted(await asyncio.gather(say(at.auditor, True), say(other, False))) == [False, True]
    assert await counted(house, at) in {(9, 4), (13, 0)}


async def test_nobody_else_decides_or_learns_what_is_held(house: House) -> None:
    at = await suspicious(house)
    async with house.database.unit_of_work() as session:
        elsewhere = await builders.viewer(session, "徐汇审计员", Role.AUDITOR, city.XUHUI)
        await builders.grant(
            session, at.auditor.signed_in(), Role.ORGANISATION_MEMBER, at.under.organisation_id
        )
        concerned = await viewers.of_person(session, at.auditor.signed_in())
    for viewer, refusal in (
        (STRANGER, SignInNeeded),
        (at.outsider, NotFound),
        (at.manager, NotFound),
        (elsewhere, NotFound),
        (concerned, CaretakerIsConcerned),
    ):
        with pytest.raises(refusal):
            await decide(house, viewer, at.others[:1])
    async with house.database.reading() as session:
        for viewer, closed in ((STRANGER, SignInNeeded), (at.manager, NotPermitted)):
            with pytest.raises(closed):
                await held_queries.groups(session, viewer, PageRequest(5))
            with pytest.raises(closed):
                await held_queries.held_of(session, viewer, at.under.organisation_id, SERVICE)
        for viewer in (elsewhere, concerned):
            assert (await held_queries.groups(session, viewer, PageRequest(5))).rows == []
            assert await held_queries.waiting(session, viewer) == 0
            with pytest.raises(NotFound):
                await held_queries.held_of(session, viewer, at.under.organisation_id, SERVICE)


async def test_whoever_gave_a_rating_does_not_decide_about_it(house: House) -> None:
    at = await aftercare.public(house)
    await aftercare.held(house, at, [at.rating_id])
    async with house.database.unit_of_work() as session:
        await builders.grant(session, at.author.signed_in(), Role.AUDITOR, city.CITY)
        author = await viewers.of_person(session, at.author.signed_in())
    with pytest.raises(CaretakerIsConcerned):
        await decide(house, author, [at.rating_id])


async def test_the_evidence_is_shown_by_provider_with_what_stands_around(house: House) -> None:
    at = await suspicious(house)
    async with house.database.reading() as session:
        (group,) = (await held_queries.groups(session, at.auditor, PageRequest(5))).rows
        assert (group.organisation_id, group.service_type, group.ratings) == (
            at.under.organisation_id,
            SERVICE,
            4,
        )
        assert group.causes == {"burst": 4, "same_source": 1}
        assert await held_queries.waiting(session, at.auditor) == 4
        view = await held_queries.held_of(session, at.auditor, at.under.organisation_id, SERVICE)
        assert (len(view.ratings), len(view.others), view.is_cut) == (4, 9, False)
        double = next(one for one in view.ratings if one.id == at.others[0])
        assert [one.cause for one in double.causes] == ["burst", "same_source"]
        assert double.causes[1].evidence == {"source": "device", "group": 1}
        with pytest.raises(NotFound):
            await held_queries.held_of(session, at.auditor, at.under.organisation_id, "companionship")
    await decide(house, at.auditor, at.others[:1])
    async with house.database.reading() as session:
        view = await held_queries.held_of(session, at.auditor, at.under.organisation_id, SERVICE)
    assert [one.is_open for one in view.ratings] == [True, True, True, False]


async def test_an_open_period_has_nothing_to_decide(house: House) -> None:
    at = await aftercare.public(house, closed=False)
    await aftercare.held(house, at, [at.rating_id])
    async with house.database.reading() as session:
        assert (await held_queries.groups(session, at.auditor, PageRequest(5))).rows == []
    with pytest.raises(NotFound):
        await decide(house, at.auditor, [at.rating_id])


async def test_statements_do_not_grow_with_what_is_held(house: House) -> None:
    at = await aftercare.public(house, others=30)
    await aftercare.held(house, at, at.others[:1])
    wanted = (at.auditor, at.under.organisation_id, SERVICE)
    async with house.database.reading() as session:
        with counting(house) as few:
            await held_queries.held_of(session, *wanted)
    await aftercare.held(house, at, at.others[1:20])
    async with house.database.reading() as session:
        with counting(house) as many:
            await held_queries.held_of(session, *wanted)
    assert len(few) == len(many) == 4


@pytest.mark.parametrize(
    "change", [{"rating_ids": []}, {"rating_ids": ["x"]}, {"reason": ""}, {"reason": "字" * 100_000}]
)
def test_bad_input(change: dict[str, object]) -> None:
    with pytest.raises(InputIsInvalid):
        read(
            HoldDecisionDraft,
            {"rating_ids": [str(new_id())], "is_upheld": True, "reason": "x", **change},
        )


def test_too_many_at_once_are_refused() -> None:
    with pytest.raises(InputIsInvalid):
        read(
            HoldDecisionDraft,
            {"rating_ids": [new_id() for _ in range(201)], "is_upheld": True, "reason": "x"},
        )
