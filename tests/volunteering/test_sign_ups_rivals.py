"""Rivals on real connections: the last place, one key sent twice, two shifts at once, and organisers crossing each other's way."""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import func, select

from marketplace.bootstrap import House
from marketplace.identity.viewer import Role
from marketplace.volunteering.errors import ShiftClashes
from marketplace.volunteering.models import SignUp
from tests import builders, city
from tests.volunteering import scene

Answer = TypeVar("Answer")


async def at_once(*commands: Coroutine[Any, Any, Answer]) -> list[Answer | BaseException]:
    """All commands in parallel, each in a transaction on a connection of its own; errors are answers too."""
    return await asyncio.gather(*commands, return_exceptions=True)


async def test_the_last_place_goes_to_one_of_twenty(house: House) -> None:
    at = await scene.shift(house, capacity=1)
    people = [await scene.volunteer(house, f"志愿者{number}") for number in range(20)]
    ids = await at_once(*(scene.join(house, person, at.shift_id) for person in people))
    shown = [await scene.seen(house, person, one) for person, one in zip(people, ids, strict=True)]  # type: ignore[arg-type]
    assert sorted(row.state.value for row in shown) == ["confirmed"] + ["waiting"] * 19
    assert sorted(row.waiting_position or 0 for row in shown) == list(range(20))
    assert await scene.places_taken(house, at.shift_id) == 1


async def test_one_key_sent_twice_at_once_is_one_sign_up(house: House) -> None:
    at = await scene.shift(house)
    me = await scene.volunteer(house)
    first, second = await at_once(*(scene.join(house, me, at.shift_id, key="once") for _ in range(2)))
    assert first == second
    assert await scene.places_taken(house, at.shift_id) == 1
    async with house.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(SignUp)) == 1


async def test_two_overlapping_shifts_at_once_are_one_success(house: House) -> None:
    one, other = await scene.shift(house), await scene.shift(house, starts_in=timedelta(days=2, hours=1))
    me = await scene.volunteer(house)
    answers = await at_once(*(scene.join(house, me, at.shift_id) for at in (one, other)))
    assert sorted(type(answer).__name__ for answer in answers) == ["ShiftClashes", "UUID"]
    assert any(isinstance(answer, ShiftClashes) for answer in answers)
    taken = [await scene.places_taken(house, at.shift_id) for at in (one, other)]
    assert sorted(taken) == [0, 1]


async def test_a_place_that_is_freed_while_others_join_goes_to_who_waited(house: House) -> None:
    at = await scene.shift(house, capacity=1)
    holder, waiter = await scene.volunteer(house, "有名额"), await scene.volunteer(house, "在候补")
    held = await scene.join(house, holder, at.shift_id)
    waiting = await scene.join(house, waiter, at.shift_id)
    late = [await scene.volunteer(house, f"后来{number}") for number in range(6)]
    answers = await at_once(
        *(scene.join(house, person, at.shift_id) for person in late), scene.withdraw(house, holder, held)
    )
    assert not [answer for answer in answers if isinstance(answer, BaseException)]
    assert (await scene.seen(house, waiter, waiting)).state.value == "offered"
    assert await scene.places_taken(house, at.shift_id) == 1


async def test_an_organiser_who_joins_while_adding_somebody_waits_for_nobody_in_a_circle(
    house: House,
) -> None:
    at = await scene.shift(house, capacity=20)
    async with house.database.unit_of_work() as session:
        colleagues = [
            await builders.viewer(session, f"组织者{number}", Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY)
            for number in range(4)
        ]
    others = [await scene.volunteer(house, f"居民{number}") for number in range(4)]
    answers = await at_once(
        *(scene.join(house, colleague, at.shift_id) for colleague in colleagues),
        *(
            scene.add(house, colleague, at.shift_id, other)
            for colleague, other in zip(colleagues, others, strict=True)
        ),
    )
    assert not [answer for answer in answers if isinstance(answer, BaseException)]
    assert await scene.places_taken(house, at.shift_id) == 8


async def test_an_offer_accepted_twice_at_once_takes_one_place(house: House) -> None:
    at = await scene.shift(house, capacity=1)
    holder, waiter = await scene.volunteer(house, "有名额"), await scene.volunteer(house, "在候补")
    held = await scene.join(house, holder, at.shift_id)
    waiting = await scene.join(house, waiter, at.shift_id)
    await scene.withdraw(house, holder, held)
    answers = await at_once(*(scene.accept(house, waiter, waiting) for _ in range(3)))
    assert answers == [None, None, None]
    assert await scene.places_taken(house, at.shift_id) == 1
    assert (await scene.events(house, waiting)).count("SignUpConfirmed") == 1
