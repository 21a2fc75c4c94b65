"""The points of the ranking: rows that nobody changes, proposed by one officer of the city with a preview, decided by another."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from marketplace.bootstrap import House
from marketplace.db.audit import AuditEntry
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.kernel.errors import InputIsInvalid, NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.ids import new_id
from marketplace.recommendations import previews, weights
from marketplace.recommendations.drafts import RankingKind, RefusalDraft, WeightsDraft
from marketplace.recommendations.errors import (
    NobodyDecidesOwnWeights,
    WeightsAreDecided,
    WeightsAreProposed,
    WeightsAreTheSame,
    WeightsWereProposedMeanwhile,
)
from marketplace.recommendations.models import RankingDecision, RankingWeights
from marketplace.recommendations.previews import Preview
from marketplace.recommendations.weights import WeightsState
from matching.weights import PROVIDER_WEIGHTS, VOLUNTEER_WEIGHTS
from tests import builders, city
from tests.deliveries import drain
from tests.notices import scene as notices
from tests.recommendations import scene

FAIRER = {**VOLUNTEER_WEIGHTS.points, "skill": 2, "fairness": 30}


async def _officer(house: House, name: str = "市级甲", scope: str = city.CITY) -> Viewer:
    async with house.database.unit_of_work() as session:
        return await builders.viewer(session, name, Role.DISTRICT_OFFICER, scope)


def _draft(points: Any = None, kind: RankingKind = RankingKind.VOLUNTEER) -> WeightsDraft:
    return WeightsDraft(kind=kind, points=FAIRER if points is None else points, reason="给新人更多机会")


async def _propose(house: House, viewer: Viewer, draft: WeightsDraft | None = None) -> UUID:
    async with house.database.unit_of_work() as session:
        return await weights.propose(session, viewer, draft or _draft(), None)


async def _approve(house: House, viewer: Viewer, weights_id: UUID) -> None:
    async with house.database.unit_of_work() as session:
        await weights.approve(session, viewer, weights_id)


async def _preview(house: House, viewer: Viewer, draft: WeightsDraft | None = None) -> Preview:
    async with house.database.reading() as session:
        return await previews.preview(session, viewer, draft or _draft())


async def _version(house: House) -> int:
    async with house.database.reading() as session:
        return (await weights.in_force(session, RankingKind.VOLUNTEER)).version


async def test_a_proposal_changes_nothing_until_a_second_officer_approves_it(house: House) -> None:
    one, other = await _officer(house), await _officer(house, "市级乙")
    person, _ = await scene.volunteer(house), await scene.need(house)
    proposed = await _propose(house, one)
    assert await _version(house) == 1
    with pytest.raises(NobodyDecidesOwnWeights):
        await _approve(house, one, proposed)
    await _approve(house, other, proposed)
    assert await _version(house) == 2
    (item,) = (await scene.recommended(house, person)).items
    assert item.told.weights_version == 2
    assert {factor.name: factor.most for factor in item.told.factors}["fairness"] == 300
    async with house.database.reading() as session:
        states = {
            row.version: row.state for row in await weights.history(session, one) if row.kind == "volunteer"
        }
        acts = set(await session.scalars(select(AuditEntry.action)))
    assert states == {1: WeightsState.BEFORE, 2: WeightsState.IN_FORCE}
    assert {"weights.proposed", "weights.approved"} <= acts


async def test_a_proposal_is_decided_once(house: House) -> None:
    one, two, three = [await _officer(house, name) for name in ("甲", "乙", "丙")]
    proposed = await _propose(house, one)
    outcomes = await asyncio.gather(
        *(_approve(house, who, proposed) for who in (two, three)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in outcomes) == ["NoneType", "WeightsAreDecided"]
    with pytest.raises(WeightsAreDecided):
        async with house.database.unit_of_work() as session:
            await weights.refuse(session, two, proposed, RefusalDraft(reason="再想想"))


async def test_a_refusal_keeps_what_holds_and_says_why(house: House) -> None:
    one, other = await _officer(house), await _officer(house, "市级乙")
    proposed = await _propose(house, one)
    async with house.database.unit_of_work() as session:
        await weights.refuse(session, other, proposed, RefusalDraft(reason="技能也很重要"))
    assert await _version(house) == 1
    async with house.database.reading() as session:
        row = await weights.one(session, one, proposed)
    assert (row.state, row.refusal_reason, row.decider) == (WeightsState.REFUSED, "技能也很重要", "市级乙")


async def test_two_proposals_at_once_do_not_get_one_number(house: House) -> None:
    officers = [await _officer(house, name) for name in ("甲", "乙", "丙")]
    outcomes = await asyncio.gather(*(_propose(house, who) for who in officers), return_exceptions=True)
    taken = [one for one in outcomes if isinstance(one, UUID)]
    refused = WeightsWereProposedMeanwhile, WeightsAreProposed
    assert len(taken) == 1 and all(isinstance(one, refused) for one in outcomes if one not in taken)
    async with house.database.reading() as session:
        versions = list(
            await session.scalars(select(RankingWeights.version).order_by(RankingWeights.version))
        )
    assert versions == [1, 1, 2]


async def test_the_same_points_are_proposed_once_until_they_are_decided(house: House) -> None:
    one, other = await _officer(house), await _officer(house, "市级乙")
    proposed = await _propose(house, one)
    for attempt in (_propose, _preview):
        with pytest.raises(WeightsAreProposed):
            await attempt(house, other, _draft())
    async with house.database.unit_of_work() as session:
        await weights.refuse(session, other, proposed, RefusalDraft(reason="再想想"))
    assert await _propose(house, one) != proposed


def test_points_may_be_typed_in_full_width_digits() -> None:
    assert _draft({**FAIRER, "skill": "２"}).points == FAIRER


@pytest.mark.parametrize(
    ("points", "code"),
    [
        ({**FAIRER, "skill": 3}, "points_do_not_sum"),
        ({**FAIRER, "luck": 0}, "unknown_choice"),
        ({name: points for name, points in FAIRER.items() if name != "travel"}, "missing"),
        (dict(PROVIDER_WEIGHTS.points), "unknown_choice"),
    ],
)
async def test_points_that_make_no_weights_are_refused(house: House, points: Any, code: str) -> None:
    with pytest.raises(InputIsInvalid) as refused:
        await _propose(house, await _officer(house), _draft(points))
    assert code in {problem.code for problem in refused.value.problems}


async def test_what_holds_already_is_no_proposal(house: House) -> None:
    with pytest.raises(WeightsAreTheSame):
        await _propose(house, await _officer(house), _draft(dict(VOLUNTEER_WEIGHTS.points)))


async def test_the_database_refuses_to_change_a_version(house: House) -> None:
    for table in (RankingWeights, RankingDecision):
        with pytest.raises(DBAPIError):
            async with house.database.unit_of_work() as session:
                await session.execute(update(table).values(proposed_by=None))


async def test_a_preview_shows_what_would_change_on_real_data(house: House) -> None:
    officer = await _officer(house)
    old_place = await scene.need(house, "老地方", tags=("accompanying",))
    for number in range(7):
        await scene.need(
            house, f"需求{number}", category_code="education", tags=("english_teaching",) * (number % 2)
        )
    for number in range(12):
        person = await scene.volunteer(house, f"人{number}", skills=("accompanying",) if number % 3 else ())
        if number % 3:
            await scene.served(house, person, old_place, 3 + number)
    found = await _preview(house, officer)
    assert (found.sampled, found.version_before) == (13, 1)  # the officer is a person, too
    assert found.things == 8 and found.lists == found.sampled
    assert found.newcomers_after > found.newcomers_before
    assert 0 <= found.coverage_before <= 1 and 0 <= found.coverage_after <= 1
    assert all(len(example.before) <= 5 for example in found.examples)
    assert await _preview(house, officer) == found


async def test_the_same_points_would_change_nothing(house: House) -> None:
    officer = await _officer(house)
    await scene.need(house)
    await scene.volunteer(house)
    barely = {**VOLUNTEER_WEIGHTS.points, "training": 2, "language": 6}
    found = await _preview(house, officer, _draft(barely))
    assert (found.lists_changed, found.rank_shift) == (0, 0.0)


async def test_organisations_are_previewed_alike(house: House) -> None:
    officer = await _officer(house)
    async with house.database.unit_of_work() as session:
        await builders.organisation(session)
    await scene.need(house)
    points = {**PROVIDER_WEIGHTS.points, "field": 30, "place": 20}
    found = await _preview(house, officer, _draft(points, RankingKind.PROVIDER))
    assert (found.sampled, found.things) == (1, 1)


async def test_only_officers_of_the_whole_city_come_in(house: House) -> None:
    of_district, of_city = await _officer(house, scope=city.CHANGNING), await _officer(house, "市级乙")
    proposed = await _propose(house, of_city)
    for viewer, refusal in ((STRANGER, SignInNeeded), (of_district, NotPermitted)):
        with pytest.raises(refusal):
            await _preview(house, viewer)
        with pytest.raises(refusal):
            await _propose(house, viewer)
        with pytest.raises(refusal):
            await _approve(house, viewer, proposed)
        async with house.database.reading() as session:
            with pytest.raises(refusal):
                await weights.history(session, viewer)
            assert await weights.by_ids(session, viewer, [proposed]) == {}
    with pytest.raises(NotFound):
        await _approve(house, of_city, new_id())


async def test_the_other_officers_are_told_and_so_is_the_proposer(house: House) -> None:
    one, other = await _officer(house), await _officer(house, "市级乙")
    proposed = await _propose(house, one)
    assert await notices.kinds(house, other) == ["weights_proposed"]
    assert await notices.kinds(house, one) == []
    await _approve(house, other, proposed)
    await drain(house)
    assert await notices.kinds(house, one) == ["weights_approved"]
