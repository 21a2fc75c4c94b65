"""The draw: fair by its tickets, redone from its record by anybody, and spoiled by nobody."""

import hashlib
import itertools
import json
import random
import shutil
import subprocess
from collections import Counter
from typing import Any

import pytest

from matching.lottery import Entry, Fault, UnfitRecord, commitment, draw, new_secret, record, verify

SECRET = hashlib.sha256(b"for tests").hexdigest()
ENTRIES = [Entry(1, 1), Entry(2, 3), Entry(3, 1), Entry(4, 3), Entry(5, 1)]


def secrets_of(many: int) -> list[str]:
    return [hashlib.sha256(f"draw {number}".encode()).hexdigest() for number in range(many)]


def chi_square(seen: Counter[Any], expected: dict[Any, float]) -> float:
    return sum((seen[what] - times) ** 2 / times for what, times in expected.items())


def test_every_order_comes_as_often_as_tickets_from_an_urn_say() -> None:
    weights = {1: 1, 2: 2, 3: 4}
    seen = Counter(draw([Entry(*one) for one in weights.items()], secret) for secret in secrets_of(7_000))
    expected = {}
    for order in itertools.permutations(weights):
        chance, left = 1.0, sum(weights.values())
        for number in order:
            chance *= weights[number] / left
            left -= weights[number]
        expected[order] = 7_000 * chance
    assert chi_square(seen, expected) < 20.5  # 5 degrees of freedom, 99.9 %


def test_without_a_bonus_everybody_wins_equally_often() -> None:
    seen = Counter(
        draw([Entry(number) for number in range(1, 11)], secret)[0] for secret in secrets_of(5_000)
    )
    assert chi_square(seen, dict.fromkeys(range(1, 11), 500.0)) < 27.9  # 9 degrees of freedom, 99.9 %


def test_the_order_in_which_entries_came_does_not_matter() -> None:
    mixed = ENTRIES.copy()
    random.Random(1).shuffle(mixed)
    assert draw(mixed, SECRET) == draw(ENTRIES, SECRET)
    assert sorted(draw(ENTRIES, SECRET)) == [1, 2, 3, 4, 5]


def test_one_entry_more_or_one_ticket_less_may_change_all_the_others() -> None:
    others = [draw([*ENTRIES, Entry(6 + number)], SECRET) for number in range(8)]
    assert len({tuple(one for one in order if one <= 5) for order in others}) > 1


def test_a_record_survives_json_and_holds() -> None:
    published = json.loads(json.dumps(record(ENTRIES, SECRET, 2)))
    assert verify(published) == ()
    assert published["winners"] == published["order"][:2]
    assert published["commitment"] == commitment(SECRET)


@pytest.mark.parametrize(
    ("field", "value", "faults"),
    [
        ("commitment", "0" * 64, {Fault.COMMITMENT_WAS_BROKEN}),
        (
            "secret",
            "0" * 64,
            {Fault.COMMITMENT_WAS_BROKEN, Fault.ORDER_IS_ANOTHER, Fault.WINNERS_ARE_OTHERS},
        ),
        ("entries_hash", "0" * 64, {Fault.ENTRIES_WERE_CHANGED}),
        ("order", [1, 2, 3, 4, 5], {Fault.ORDER_IS_ANOTHER}),
        ("order", None, {Fault.ORDER_IS_ANOTHER}),
        ("winners", [5], {Fault.WINNERS_ARE_OTHERS}),
        ("places", 3, {Fault.WINNERS_ARE_OTHERS}),
    ],
)
def test_whatever_is_tampered_with_is_named(field: str, value: object, faults: set[Fault]) -> None:
    published = record(ENTRIES, SECRET, 2)
    assert published[field] != value
    assert set(verify(published | {field: value})) == faults


def test_a_ticket_more_for_a_friend_is_found() -> None:
    published = record(ENTRIES, SECRET, 2)
    published["entries"][0]["tickets"] = 3
    assert Fault.ENTRIES_WERE_CHANGED in verify(published)


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"entries": None},
        {"entries": [1, 2]},
        {"entries": [{"number": 1}]},
        {"entries": [{"number": 1, "tickets": 0}]},
        {"entries": [{"number": 1, "tickets": 1.5}]},
        {"entries": [{"number": True, "tickets": 1}]},
        {"entries": [{"number": 1, "tickets": 1}, {"number": 1, "tickets": 1}]},
        {"entries": [{"number": 1, "tickets": 10**9}]},
        {"secret": None},
        {"secret": "guess"},
        {"secret": SECRET.upper()},
        {"places": -1},
        {"places": "two"},
    ],
)
def test_what_is_no_record_is_refused_with_a_sentence(change: dict[str, object]) -> None:
    with pytest.raises(UnfitRecord, match=r"\.$"):
        verify(record(ENTRIES, SECRET, 2) | change)


def test_nobody_entered_and_nobody_wins() -> None:
    assert record([], SECRET, 3)["order"] == []
    assert verify(record([], SECRET, 3)) == ()


def test_secrets_differ_and_fit() -> None:
    assert len({commitment(new_secret()) for _ in range(50)}) == 50


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum on this machine")
def test_a_shell_redoes_the_draw_as_the_docstring_says() -> None:
    script = """
        list=$(printf '%s %s\\n' 1 1 2 3 3 1 | sha256sum | cut -d' ' -f1)
        key=$(printf '%s %s' "$1" "$list" | sha256sum | cut -d' ' -f1)
        for ticket in '1 1' '2 1' '2 2' '2 3' '3 1'; do
            echo "$(printf '%s %s' "$key" "$ticket" | sha256sum | cut -d' ' -f1) ${ticket% *}"
        done | sort | cut -d' ' -f2
    """
    lines = subprocess.run(
        ["bash", "-c", script, "bash", SECRET], capture_output=True, check=True, text=True
    ).stdout
    drawn = tuple(dict.fromkeys(int(line) for line in lines.split()))
    assert drawn == draw([Entry(1, 1), Entry(2, 3), Entry(3, 1)], SECRET)
