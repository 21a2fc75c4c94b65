"""Moments carry their zone, days are days, minutes are whole."""

from datetime import UTC, date, datetime

import pytest
from strawberry.exceptions import StrawberryInputCoercionError

from marketplace.graph.scalars import SCALARS, Minutes


def test_a_moment_travels_in_shanghais_time() -> None:
    moment = SCALARS[datetime]
    assert moment.serialize is not None and moment.parse_value is not None
    assert moment.serialize(datetime(2026, 11, 22, 1, tzinfo=UTC)) == "2026-11-22T09:00:00+08:00"
    assert moment.parse_value("2026-11-22T09:00:00+08:00") == datetime(2026, 11, 22, 1, tzinfo=UTC)
    assert moment.parse_value("2026-11-22T01:00:00Z") == datetime(2026, 11, 22, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "given",
    [
        "2026-11-22T09:00:00",
        "2026-11-22",
        "2026-02-30T09:00:00+08:00",
        "0001-01-01T00:00:00+14:00",
        "soon",
        "",
        7,
        None,
        True,
    ],
)
def test_a_moment_without_zone_or_sense_is_refused(given: object) -> None:
    parse = SCALARS[datetime].parse_value
    assert parse is not None
    with pytest.raises(StrawberryInputCoercionError):
        parse(given)


@pytest.mark.parametrize(
    "given", ["2026-02-30", "20261122T09", "2026-11-22T09:00:00Z", "9999-01-01", 20261122, None]
)
def test_an_impossible_day_is_refused(given: object) -> None:
    parse = SCALARS[date].parse_value
    assert parse is not None
    assert parse("2026-11-22") == date(2026, 11, 22)
    with pytest.raises(StrawberryInputCoercionError):
        parse(given)


@pytest.mark.parametrize("given", [1.5, "90", True, 2**31, None])
def test_minutes_are_whole(given: object) -> None:
    parse = SCALARS[Minutes].parse_value
    assert parse is not None
    assert parse(90) == 90
    with pytest.raises(StrawberryInputCoercionError):
        parse(given)
