"""Rotating codes: they live as long as the screen shows them and as long again, and nobody else can make one."""

from datetime import timedelta
from uuid import uuid4

import pytest

from marketplace.hours.codes import Rotation
from marketplace.hours.errors import CodeIsOld, CodeIsWrong
from marketplace.hours.states import Direction
from marketplace.kernel.vault import Vault
from tests.city import NOW

ROTATION = Rotation(Vault(b"only-for-tests-0123456789-abcdefghij"), 60)
SHIFT = uuid4()


def read(token: str, after: timedelta = timedelta(0)) -> None:
    code = ROTATION.read_token(token)
    ROTATION.expect_current(code, NOW + after)


@pytest.mark.parametrize("direction", Direction)
def test_a_token_tells_its_shift_and_its_direction(direction: Direction) -> None:
    code = ROTATION.read_token(ROTATION.token(SHIFT, direction, NOW))
    assert (code.shift_id, code.direction) == (SHIFT, direction)


def test_a_token_is_good_while_it_is_shown_and_once_more() -> None:
    token = ROTATION.token(SHIFT, Direction.IN, NOW)
    read(token)
    read(token, timedelta(seconds=119))


def test_a_photograph_of_the_screen_is_refused_two_minutes_later() -> None:
    with pytest.raises(CodeIsOld):
        read(ROTATION.token(SHIFT, Direction.IN, NOW), timedelta(seconds=120))


def test_a_code_of_the_future_is_refused() -> None:
    with pytest.raises(CodeIsOld):
        read(ROTATION.token(SHIFT, Direction.IN, NOW + timedelta(minutes=1)))


@pytest.mark.parametrize(
    "forge",
    [
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: token.replace(".i", ".o"),
        lambda token: "A" + token[1:] if token[0] != "A" else "B" + token[1:],
        lambda token: token.rpartition(".")[0],
        lambda token: token + "x" * 200,
        lambda token: "签到码",
        lambda token: "",
        lambda token: "...",
    ],
)
def test_a_forged_token_is_refused(forge: object) -> None:
    assert callable(forge)
    with pytest.raises(CodeIsWrong):
        read(forge(ROTATION.token(SHIFT, Direction.IN, NOW)))


def test_another_house_cannot_sign_for_this_one() -> None:
    other = Rotation(Vault(b"some-other-secret-0123456789-abcdefg"), 60)
    with pytest.raises(CodeIsWrong):
        read(other.token(SHIFT, Direction.IN, NOW))


def test_six_digits_change_with_every_step_shift_and_direction() -> None:
    digits = {
        ROTATION.short_code(shift, direction, NOW + step * timedelta(minutes=1))
        for shift in (SHIFT, uuid4())
        for direction in Direction
        for step in range(10)
    }
    assert len(digits) >= 39  # forty of a million: two may meet by chance, hardly ever more
    assert all(len(code) == 6 and code.isdigit() for code in digits)


def test_six_digits_match_only_their_own_moment_shift_and_direction() -> None:
    digits = ROTATION.short_code(SHIFT, Direction.IN, NOW)
    assert ROTATION.matches(digits, SHIFT, Direction.IN, NOW)
    assert ROTATION.matches(digits, SHIFT, Direction.IN, NOW + timedelta(seconds=119))
    assert not ROTATION.matches(digits, SHIFT, Direction.OUT, NOW)
    assert not ROTATION.matches(digits, uuid4(), Direction.IN, NOW)
    assert not ROTATION.matches(digits, SHIFT, Direction.IN, NOW + timedelta(seconds=120))


def test_the_screen_knows_how_long_its_code_is_the_newest() -> None:
    assert ROTATION.seconds_left(NOW) == 60
    assert ROTATION.seconds_left(NOW + timedelta(seconds=59)) == 1
