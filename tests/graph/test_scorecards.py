"""Scorecards over GraphQL, by the named operations: suppressed, explained, side by side, batched, and for whom they are."""

from functools import partial
from uuid import UUID

from marketplace.bootstrap import House
from marketplace.delivery import formula
from marketplace.delivery.formula import City, Model, Sums
from marketplace.delivery.scorecards import counting
from marketplace.graph.nodes import global_id
from marketplace.kernel.ids import new_id
from marketplace.organisations.models import Organisation
from tests import builders, delivering
from tests.delivering import Supplied
from tests.delivery.scorecards import scene
from tests.graph import client
from tests.statements import counting as counting_statements

ask_as = partial(client.ask_as, "scorecards")


async def provider(house: House, points: list[int], name: str = "暖阳助老服务社") -> Supplied:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session, name)
        await scene.rated(session, under, points)
        await counting.count_all(session)
    await scene.computed(house)
    return under


def of(key: UUID) -> str:
    return global_id("Organisation", key)


async def test_below_publication_k_of_ten_and_above_it_all_that_recomputes_it(house: House) -> None:
    under = await provider(house, [5] * 9)
    (card,) = (await ask_as(house, None, "provider_scorecards", id=of(under.organisation_id)))["scorecards"]
    assert (card["raters"], card["wanted"], card["isPublic"]) == (9, 10, False)
    assert card["score"] is card["distribution"] is card["howComputed"]["sums"] is None
    assert card["responseRate"] == 1 and card["howComputed"]["ownMean"] is None
    async with house.database.unit_of_work() as session:
        await scene.rated(session, under, [4] * 3)
    await scene.computed(house)
    found = await ask_as(house, None, "provider_scorecards", id=of(under.organisation_id))
    (card,), (facts,) = found["scorecards"], found["deliveryFacts"]
    assert card["distribution"] == [0, 0, 0, 3, 9] and card["trend"][0]["score"] == card["score"]
    told = card["howComputed"]
    assert told["ownMean"] == 4.75
    again = formula.score(
        Sums(**{_snake(name): int(one) for name, one in told["sums"].items()}),
        card["raters"],
        City(**{_snake(name): int(one) for name, one in told["city"].items()}),
        Model(**{_snake(name): one for name, one in told["constants"].items()}),
    )
    assert (again.score, again.low, again.high) == tuple(
        round(card[name] * 10_000) for name in ("score", "low", "high")
    )
    assert again.band.name == card["band"]
    assert facts["countingVersion"] == 1 and facts["deliveriesDone"] == 9 and facts["delivered"] == 540


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


async def test_the_directory_and_its_services(house: House) -> None:
    await provider(house, [5] * 10, "中山社工站")
    await provider(house, [5] * 3, "爱晚服务社")
    (service,) = await ask_as(house, None, "scored_services")
    assert (service["providers"], service["published"]) == (2, 1)
    first = await ask_as(house, None, "scorecards", serviceType=delivering.SERVICE, first=1)
    assert [one["name"] for one in first["nodes"]] == ["爱晚服务社"] and first["totalCount"] == 2
    after = first["pageInfo"]["endCursor"]
    rest = await ask_as(house, None, "scorecards", serviceType=delivering.SERVICE, first=1, after=after)
    assert [one["name"] for one in rest["nodes"]] == ["中山社工站"]
    assert not rest["pageInfo"]["hasNextPage"]


async def test_at_most_four_are_compared(house: House) -> None:
    ids = []
    async with house.database.unit_of_work() as session:
        for number in range(5):
            organisation_id = await builders.organisation(session, f"机构{number}")
            await delivering.scorecard(session, organisation_id)
            ids.append(of(organisation_id))
    asked = {"serviceType": delivering.SERVICE}
    found = await ask_as(house, None, "compare_scorecards", organisationIds=ids[:4], **asked)
    assert [one["name"] for one in found] == [f"机构{number}" for number in range(4)]
    many = await ask_as(house, None, "compare_scorecards", organisationIds=ids * 100, **asked)
    assert many == "too_many_to_compare"
    wrong = await ask_as(house, None, "compare_scorecards", organisationIds=["nonsense"], **asked)
    assert wrong == "not_found"
    nobody = await ask_as(house, None, "compare_scorecards", organisationIds=[of(new_id())], **asked)
    assert nobody == []


async def test_a_scorecard_of_somebody_suspended_is_its_own_peoples(house: House) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        card_id = await delivering.scorecard(session, under.organisation_id)
        outsider = await builders.viewer(session, "路人甲")
    key = global_id("Scorecard", card_id)
    for viewer in (None, outsider, under.manager):
        assert (await ask_as(house, viewer, "scorecard", id=key))["score"] == 4.6
    async with house.database.unit_of_work() as session:
        (await session.get_one(Organisation, under.organisation_id)).suspended_at = session.now()
    assert await ask_as(house, None, "scorecard", id=key) is None
    assert await ask_as(house, outsider, "scorecard", id=key) is None
    assert (await ask_as(house, under.manager, "scorecard", id=key))["score"] == 4.6


async def test_a_list_asks_as_often_for_many_as_for_one(house: House) -> None:
    async def sent() -> int:
        with counting_statements(house) as statements:
            await ask_as(house, None, "scorecards", serviceType=delivering.SERVICE)
        return len(statements)

    await provider(house, [5] * 10)
    few = await sent()
    async with house.database.unit_of_work() as session:
        period_id = await scene.closed(session)
        for number in range(6):
            organisation_id = await builders.organisation(session, f"机构{number}")
            await delivering.scorecard(session, organisation_id, period_id)
    assert await sent() == few
