"""Lots for an organisation: of open tenders in its fields, explained; for its managers only."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from marketplace.bootstrap import House
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.kernel.errors import NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.local_forms import sentence
from marketplace.kernel.locale import LOCALES
from marketplace.organisations.models import OrganisationField
from marketplace.procurement.tenders.file import Condition, ConditionKind
from marketplace.procurement.tenders.models import Lot
from marketplace.recommendations import lots
from marketplace.recommendations.lots import LotsForProvider
from tests import builders, buying, city
from tests.buying import PublishedTender
from tests.recommendations import scene
from tests.statements import counting

EXPERIENCE = Condition(key="experience", kind=ConditionKind.EXPERIENCE, text="做过两年助浴", proof="合同")


async def tender(house: House, content: dict[str, Any] | None = None, **facts: Any) -> PublishedTender:
    async with house.database.unit_of_work() as session:
        asked = dict(content or {})
        lots_of_file = asked.pop("file_lots", None)
        file = buying.file(session, **asked)
        if lots_of_file is not None:
            file = file.model_copy(update={"lots": lots_of_file})
        return await buying.tender(session, file, **facts)


async def shown(house: House, viewer: Viewer, of: Viewer | None = None) -> LotsForProvider:
    (held,) = (of or viewer).roles
    assert held.organisation_id is not None
    async with house.database.reading() as session:
        return await lots.for_organisation(session, viewer, held.organisation_id)


def ids(found: LotsForProvider) -> list[UUID]:
    return [one.lot_id for one in found.items]


async def test_lots_in_its_fields_come_best_first_wherever_they_are(house: House) -> None:
    manager = await scene.manager(house)
    elsewhere = await tender(
        house, {"area_code": city.TIANPING, "file_lots": (buying.lot(area_code=city.TIANPING),)}
    )
    here = await tender(house, {"category_code": "bathing_help"})
    await tender(house, {"category_code": "education"})
    found = await shown(house, manager)
    assert ids(found) == [here.lot_ids[0], elsewhere.lot_ids[0]]
    for item in found.items:
        assert sum(factor.points for factor in item.told.factors) == item.told.score
        for factor in item.told.factors:
            for locale in LOCALES:
                assert sentence(locale, factor.key, factor.facts) != factor.key
    assert found.items[0].closes_at == here.file.submissions_end_at and found.items[0].people == 320


@pytest.mark.parametrize(
    "fact", ["cancelled_at", "unsuccessful_at", "suspended_at", "published_at", "submissions_end_at"]
)
async def test_only_tenders_that_take_bids_are_listed(house: House, fact: str) -> None:
    manager = await scene.manager(house)
    async with house.database.reading() as session:
        now = session.now()
    over = now - timedelta(minutes=1)
    moments: dict[str, dict[str, Any]] = {
        "published_at": {"published_at": None},
        "submissions_end_at": {"enquiries_end_at": over, "submissions_end_at": over},
    }
    await tender(house, None, **moments.get(fact, {fact: now}))
    assert not (await shown(house, manager)).items


async def test_a_lot_that_was_taken_out_or_ended_is_not_listed(house: House) -> None:
    manager = await scene.manager(house)
    async with house.database.unit_of_work() as session:
        three = await buying.tender(session, buying.file(session, lots=3))
        (await session.get_one(Lot, three.lot_ids[0])).removed_at = session.now()
        (await session.get_one(Lot, three.lot_ids[1])).unsuccessful_at = session.now()
    assert ids(await shown(house, manager)) == [three.lot_ids[2]]


async def test_what_the_platform_cannot_know_is_shown_to_be_proved(house: House) -> None:
    manager = await scene.manager(house)
    async with house.database.unit_of_work() as session:
        registered = buying.file(session).conditions
    await tender(house, {"conditions": (*registered, EXPERIENCE)})
    (item,) = (await shown(house, manager)).items
    assert list(item.conditions) == [EXPERIENCE]


async def test_who_is_not_verified_or_has_no_fields_is_shown_nothing(house: House) -> None:
    await tender(house)
    manager = await scene.manager(house, verified=False)
    found = await shown(house, manager)
    assert not found.is_verified and not found.items
    async with house.database.unit_of_work() as session:
        idle = await builders.organisation(session, "无领域服务社")
        other = await builders.viewer(session, "负责人", Role.ORGANISATION_MANAGER, idle)
        assert not (await lots.for_organisation(session, other, idle)).has_fields
        session.add(OrganisationField(organisation_id=idle, tag_code="education"))
        await session.flush()
        assert (await lots.for_organisation(session, other, idle)).has_fields


async def test_three_visitors(house: House) -> None:
    manager, outsider = await scene.manager(house), await scene.volunteer(house)
    hidden = await scene.manager(house, verified=False)
    with pytest.raises(SignInNeeded):
        await shown(house, STRANGER, manager)
    with pytest.raises(NotPermitted):
        await shown(house, outsider, manager)
    with pytest.raises(NotFound):
        await shown(house, outsider, hidden)


async def test_many_lots_cost_as_much_as_few(house: House) -> None:
    manager = await scene.manager(house)
    counts = []
    for _ in range(2):
        await tender(house, {"lots": 3})
        with counting(house) as sent:
            await shown(house, manager)
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 14
