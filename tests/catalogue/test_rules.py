"""Rules: the newest row that has begun is in force; administrators add newer ones of the same shape, on record."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.catalogue import qualifications, rules
from marketplace.catalogue.drafts import RuleDraft
from marketplace.catalogue.errors import RuleChangesInThePast, RuleWasChangedMeanwhile
from marketplace.db.audit import AuditEntry
from marketplace.identity import governance
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.errors import InputIsInvalid, NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.input import read
from tests import builders, city

WINDOW = "hours.check_out_window"


def a_change(**facts: Any) -> RuleDraft:
    given = {
        "code": WINDOW,
        "value": {"closes_after_minutes": 90},
        "article": "本平台规则",
        "source": "own",
        "reason": "试点反馈",
    }
    return read(RuleDraft, {**given, **facts})


async def viewer_with(house: House, role: Role | None = None, scope: str = city.CITY) -> Viewer:
    async with house.database.unit_of_work() as session:
        return await builders.viewer(session, role=role, scope=scope)


async def change(house: House, viewer: Viewer, **facts: Any) -> None:
    async with house.database.unit_of_work() as session:
        await governance.change_rule(session, viewer, a_change(**facts))


async def minutes_now(house: House) -> int:
    async with house.database.reading() as session:
        return int((await rules.in_force(session, WINDOW)).value["closes_after_minutes"])


async def test_a_change_holds_from_its_day_on_and_the_old_row_stays(house: House, clock: FixedClock) -> None:
    administrator = await viewer_with(house, Role.ADMINISTRATOR)
    tomorrow = clock.now() + timedelta(days=1)
    await change(house, administrator, in_force_from=tomorrow.isoformat())
    assert await minutes_now(house) == 120
    clock.advance(timedelta(days=1))
    assert await minutes_now(house) == 90
    async with house.database.reading() as session:
        assert [row.value["closes_after_minutes"] for row in (await rules.history(session))[WINDOW]] == [
            90,
            120,
        ]
        assert list(await session.scalars(select(AuditEntry.action))) == ["rule.changed"]


async def test_without_a_day_it_holds_at_once(house: House) -> None:
    await change(house, await viewer_with(house, Role.ADMINISTRATOR))
    assert await minutes_now(house) == 90


async def test_every_rule_keeps_its_article(house: House) -> None:
    async with house.database.reading() as session:
        for code in await rules.history(session):
            assert (await rules.in_force(session, code)).article


async def test_only_the_citys_administrators_change_rules(house: House) -> None:
    doors = [
        (STRANGER, SignInNeeded),
        (await viewer_with(house), NotPermitted),
        (await viewer_with(house, Role.ADMINISTRATOR, city.CHANGNING), NotPermitted),
        (await viewer_with(house, Role.MODERATOR), NotPermitted),
    ]
    for viewer, refusal in doors:
        with pytest.raises(refusal):
            await change(house, viewer)
    assert await minutes_now(house) == 120


@pytest.mark.parametrize(
    "value",
    [
        {"closes_after_minutes": "90"},
        {"closes_after_minutes": -1},
        {"closes_after_minutes": True},
        {"closes_after_minutes": 90.5},
        {"closes_after_minutes": 2**40},
        {"other": 90},
        {"closes_after_minutes": 90, "more": 1},
        {"closes_after_minutes": [90]},
    ],
)
async def test_a_value_of_another_shape_is_refused(house: House, value: dict[str, Any]) -> None:
    administrator = await viewer_with(house, Role.ADMINISTRATOR)
    with pytest.raises(InputIsInvalid) as caught:
        await change(house, administrator, value=value)
    assert (caught.value.problems[0].field, caught.value.problems[0].code) == ("value", "rule_shape")
    assert await minutes_now(house) == 120


async def test_a_rule_is_not_changed_in_the_past_nor_twice_at_once(house: House, clock: FixedClock) -> None:
    administrator = await viewer_with(house, Role.ADMINISTRATOR)
    with pytest.raises(RuleChangesInThePast):
        await change(house, administrator, in_force_from=(clock.now() - timedelta(seconds=1)).isoformat())
    await change(house, administrator)
    with pytest.raises(RuleWasChangedMeanwhile):
        await change(house, administrator, value={"closes_after_minutes": 60})


async def test_an_unknown_rule_is_missing(house: House) -> None:
    with pytest.raises(NotFound):
        await change(house, await viewer_with(house, Role.ADMINISTRATOR), code="nothing")


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"value": {}}, "value"),
        ({"value": "90"}, "value"),
        ({"in_force_from": "2026-02-30T00:00:00+08:00"}, "in_force_from"),
        ({"in_force_from": "2026-12-01T00:00:00"}, "in_force_from"),
        ({"in_force_from": "9999-12-31T23:59:59+00:00"}, "form"),
        ({"article": ""}, "article"),
        ({"reason": "长" * 501}, "reason"),
    ],
)
def test_a_wrong_change_names_the_field(facts: dict[str, Any], field: str) -> None:
    with pytest.raises(InputIsInvalid) as caught:
        a_change(**facts)
    assert caught.value.problems[0].field == field


async def test_a_qualification_includes_others_along_the_chain(house: House) -> None:
    async with house.database.reading() as session:
        assert await qualifications.satisfies(session, {"physician"}, {"nurse", "first_aid"})
        assert await qualifications.satisfies(session, set(), set())
        assert not await qualifications.satisfies(session, {"first_aid"}, {"nurse"})
        assert "physician" in [kind.code for kind in await qualifications.types(session)]


def test_a_circle_of_inclusions_ends() -> None:
    assert qualifications.with_included(["a"], {"a": {"b"}, "b": {"a", "c"}}) == {"a", "b", "c"}
