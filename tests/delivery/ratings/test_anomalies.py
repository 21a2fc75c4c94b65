"""What looks bought, ordered or vengeful is found, and what honest people do as well is left alone. Pure: no database."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from marketplace.delivery.ratings import anomalies
from marketplace.delivery.ratings.anomalies import BURST, IDENTICAL_TEXT, LINKED, MEAN_SHIFT, SAME_SOURCE
from marketplace.delivery.ratings.anomaly_rows import Finding, Given, Limits, Past, chance

LIMITS = Limits(20, 60, 6, 7, 3, 6, 10, 40)
START = datetime(2026, 11, 3, 1, tzinfo=UTC)
PROVIDER, OTHER = UUID(int=1), UUID(int=2)
PLACE, CARRIER = b"the centre", b"a carrier"
_numbers = iter(range(1000, 10**9))


def given(minutes: float = 0, stars: float = 5, **facts: object) -> Given:
    """A rating of five stars by somebody new for a delivery of its own, so many minutes after the start."""
    provider = facts.pop("provider", PROVIDER)
    defaults: dict[str, object] = {
        "id": UUID(int=next(_numbers)),
        "cell": (provider, "elderly_care"),
        "delivery_id": UUID(int=next(_numbers)),
        "rater": UUID(int=next(_numbers)),
        "given_at": START + timedelta(minutes=minutes),
        "sixtieths": int(stars * 60),
    }
    return Given(**{**defaults, **facts})  # type: ignore[arg-type]


def find(rows: Sequence[Given], past: Past | None = None) -> list[Finding]:
    return anomalies.find(rows, {(PROVIDER, "elderly_care"): past} if past else {}, LIMITS)


def held(rows: Sequence[Given], past: Past | None = None) -> dict[str, set[UUID]]:
    found: dict[str, set[UUID]] = {}
    for one in find(rows, past):
        found.setdefault(one.cause, set()).add(one.rating_id)
    return found


def mixed(count: int, seed: int = 1, spread_minutes: int = 1, **facts: object) -> list[Given]:
    """Ratings as honest people give them: mostly fours and fives."""
    draw = random.Random(seed)
    return [
        given(number * spread_minutes, draw.choice((3, 4, 4, 5, 5, 5)), **facts) for number in range(count)
    ]


def used_to(stars: Sequence[int], days: int = 300) -> Past:
    """A history with one of these ratings a day."""
    points = [star * 60 for star in stars]
    return Past(
        ratings=len(points),
        total=sum(points),
        squares=sum(one * one for one in points),
        highest=sum(one >= 285 for one in points),
        lowest=sum(one <= 75 for one in points),
        active_days=len(points),
        spread_days=days,
    )


def test_forty_five_star_ratings_in_an_hour_from_one_place_are_all_held() -> None:
    rows = [given(number, address=PLACE, device=b"one phone") for number in range(40)]
    found = held(rows)
    assert found[BURST] == {row.id for row in rows}
    assert found[SAME_SOURCE] == {row.id for row in rows}
    (evidence,) = {str(one.evidence) for one in find(rows) if one.cause == BURST}
    assert "'ratings': 40" in evidence and "'from_one_place': 40" in evidence


def test_forty_in_an_hour_are_held_though_each_came_from_another_phone_of_one_class() -> None:
    class_of = UUID(int=5)
    rows = [
        given(number, address=PLACE, device=bytes([number]), delivery_id=class_of) for number in range(40)
    ]
    assert held(rows)[BURST] == {row.id for row in rows}


def test_a_class_whose_tickets_went_out_together_is_not_punished() -> None:
    class_of = UUID(int=5)
    at_home = [
        given(row.given_at.minute / 3, row.sixtieths / 60, device=row.id.bytes, delivery_id=class_of)
        for row in mixed(40)
    ]
    in_the_hall = mixed(40, seed=2, address=PLACE, delivery_id=class_of)
    all_content = [given(number / 3, 5, delivery_id=class_of) for number in range(40)]
    for rows in (at_home, in_the_hall, all_content):
        assert held(rows) == {}


def test_a_busy_provider_has_busy_hours() -> None:
    rows = [given(number * 2, 5) for number in range(60)]
    busy = Past(6000, 6000 * 290, 6000 * 290**2, 5000, 10, 100, 300)
    assert held(rows, busy) == {}
    assert BURST in held(rows)


def test_a_busy_day_is_shanghais_and_not_cut_in_two_at_eight_in_the_morning() -> None:
    half_past_six = datetime(2026, 11, 9, 22, 30, tzinfo=UTC)
    busy_morning = [
        replace(row, given_at=half_past_six + timedelta(minutes=6 * number))
        for number, row in enumerate(mixed(30))
    ]
    crowd = [given(number, 5, address=PLACE) for number in range(60)]
    assert BURST not in held([*busy_morning, *crowd])


def test_many_at_once_with_ordinary_scores_from_everywhere_are_no_burst() -> None:
    assert held(mixed(30)) == {}


def test_of_a_burst_only_what_carries_its_signs_is_held() -> None:
    rows = [given(number) for number in range(38)] + [given(10, 3), given(11, 2)]
    assert held(rows)[BURST] == {row.id for row in rows[:38]}


@pytest.mark.parametrize(("count", "is_held"), [(6, False), (7, True)])
def test_so_many_from_one_device_and_not_one_more(count: int, is_held: bool) -> None:
    rows = [given(number * 600, 4, device=b"one phone") for number in range(count)]
    assert (SAME_SOURCE in held(rows)) is is_held


def test_one_person_may_rate_every_visit_from_the_same_phone_in_the_same_words() -> None:
    rater = UUID(int=7)
    rows = [
        given(number * 600, device=b"one phone", address=PLACE, rater=rater, text=b"thanks", text_length=9)
        for number in range(12)
    ]
    assert held(rows) == {}


def test_neighbours_behind_a_carriers_address_are_not_one_source() -> None:
    elsewhere = [
        given(number, 5, provider=UUID(int=100 + number % 9), address=CARRIER) for number in range(90)
    ]
    own = [given(number * 300, 5, address=CARRIER, device=bytes([number])) for number in range(9)]
    assert held([*elsewhere, *own]) == {}


def test_a_source_reaches_over_days_and_no_further() -> None:
    day = 24 * 60
    rows = [given(number * 2 * day, 4, device=b"one phone") for number in range(7)]
    assert held(rows) == {}


def test_patience_does_not_help_who_always_says_the_same() -> None:
    week = 7 * 24 * 60
    rows = [given(week * (number // 5) + number, 5, device=b"one phone") for number in range(15)]
    assert held([*mixed(30, spread_minutes=900), *rows])[SAME_SOURCE] == {row.id for row in rows}
    tablet = [
        given(week * (number // 5) + number, (5, 4, 3, 5, 4)[number % 5], device=b"the centre's tablet")
        for number in range(15)
    ]
    assert held([*mixed(30, spread_minutes=900), *tablet]) == {}


def test_a_helpers_slips_count_for_those_who_spoke_unless_they_all_say_the_same_extreme() -> None:
    helper = UUID(int=9)
    honest = mixed(30, spread_minutes=2, address=PLACE, device=b"tablet", assisted_by=helper)
    assert held(honest) == {}
    ordered = [
        given(number * 2, 1, address=PLACE, device=b"tablet", assisted_by=helper) for number in range(12)
    ]
    found = find([*mixed(40, spread_minutes=700), *ordered])
    assert {one.rating_id for one in found} == {row.id for row in ordered}
    assert {(one.cause, one.evidence["source"]) for one in found} == {(SAME_SOURCE, "helper")}


def test_the_same_words_by_three_people_are_held() -> None:
    copied = [given(number * 900, 4, text=b"bought", text_length=18) for number in range(3)]
    assert held(copied)[IDENTICAL_TEXT] == {row.id for row in copied}
    assert held(copied[:2]) == {}
    short = [given(number * 900, 4, text=b"ok", text_length=5) for number in range(9)]
    assert held(short) == {}


def test_what_everybody_says_is_no_copy_unless_it_is_long() -> None:
    def said(length: int) -> list[Given]:
        everywhere = [
            given(0, 4, provider=UUID(int=100 + number), text=b"very good", text_length=length)
            for number in range(3)
        ]
        return everywhere + [
            given(number * 900, 4, text=b"very good", text_length=length) for number in range(3)
        ]

    assert held(said(8)) == {}
    assert len(held(said(30))[IDENTICAL_TEXT]) == 3


def test_whoever_is_linked_to_the_supplier_is_held_alone() -> None:
    rows = [*mixed(8, spread_minutes=900), given(5, link="member")]
    (only,) = find(rows)
    assert (only.rating_id, only.cause, only.evidence) == (rows[-1].id, LINKED, {"link": "member"})


def test_a_sudden_row_of_ones_against_a_good_history_is_held_and_a_slow_decline_is_not() -> None:
    history = used_to([5, 4, 5, 5, 4, 5, 3, 5, 4, 5] * 6)
    revenge = [given(number * 40, 1) for number in range(12)]
    found = held(revenge, history)
    assert found[MEAN_SHIFT] == {row.id for row in revenge}
    decline = [given(number * 3 * 24 * 60, 2) for number in range(10)]
    assert held(decline, history) == {}
    worse = [given(number * 3 * 24 * 60, 1) for number in range(10)]
    assert held(worse, history) == {}


def test_without_a_history_there_is_nothing_to_shift_from() -> None:
    assert MEAN_SHIFT not in held([given(number * 40, 1) for number in range(10)], used_to([5] * 9))


def test_the_order_of_rows_does_not_matter_and_evidence_names_nobody() -> None:
    rows = [
        given(number, address=PLACE, device=b"one phone", text=b"t", text_length=30) for number in range(40)
    ]
    turned = rows[::-1]
    random.Random(3).shuffle(turned)

    def told(found: Sequence[Finding]) -> list[str]:
        return sorted(f"{one.rating_id} {one.cause} {one.evidence}" for one in found)

    assert told(find(rows)) == told(find(turned))
    secret = {str(row.rater) for row in rows} | {str(row.delivery_id) for row in rows} | {"one phone"}
    assert not any(word in line for line in told(find(rows)) for word in secret)


def test_nobody_rated() -> None:
    assert find([]) == []


@pytest.mark.parametrize(
    ("least", "of", "share", "expected"),
    [(0, 5, 0.3, 1.0), (5, 5, 0.5, 1 / 32), (1, 2, 0.5, 0.75), (3, 5, 0.0, 0.0), (5, 5, 1.0, 1.0)],
)
def test_the_tail_of_the_binomial(least: int, of: int, share: float, expected: float) -> None:
    assert chance(least, of, share) == pytest.approx(expected)
