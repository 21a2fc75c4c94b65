"""Signing up: places, approval, clashes, repeated keys, withdrawing; what the last place and parallel requests do."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from marketplace.bootstrap import House
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.errors import InputIsInvalid, MarketplaceError, NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.ids import new_id
from marketplace.kernel.input import read
from marketplace.volunteering import sign_up_queries, sign_ups
from marketplace.volunteering.errors import (
    AlreadySignedUp,
    KeyWasUsedElsewhere,
    RisksAreNotAgreed,
    ShiftClashes,
    ShiftIsOff,
    SignUpHasEnded,
    SignUpIsTooLate,
    WithdrawalIsTooLate,
)
from marketplace.volunteering.models import Shift, SignUp
from marketplace.volunteering.sign_up_drafts import JoinDraft
from marketplace.volunteering.sign_up_states import SignUpState
from tests import builders, city
from tests.volunteering import scene


async def test_a_free_place_is_confirmed_at_once(house: House) -> None:
    at = await scene.shift(house, capacity=1)
    me = await scene.volunteer(house)
    sign_up_id = await scene.join(house, me, at.shift_id)
    assert await scene.state_of(house, me, sign_up_id) is SignUpState.CONFIRMED
    assert await scene.places_taken(house, at.shift_id) == 1
    assert await scene.events(house, sign_up_id) == ["SignUpConfirmed"]
    assert await scene.events(house, at.need_id) == ["NeedChanged"]


async def test_a_full_shift_gives_numbered_waiting_places(house: House) -> None:
    at = await scene.shift(house, capacity=1)
    people = [await scene.volunteer(house, f"志愿者{n}") for n in range(3)]
    ids = [await scene.join(house, person, at.shift_id) for person in people]
    shown = [await scene.seen(house, person, one) for person, one in zip(people, ids, strict=True)]
    assert [row.state.value for row in shown] == ["confirmed", "waiting", "waiting"]
    assert [row.waiting_position for row in shown] == [None, 1, 2]
    assert await scene.places_taken(house, at.shift_id) == 1
