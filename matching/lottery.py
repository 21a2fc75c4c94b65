"""A draw that anybody can redo: a secret promised beforehand, a list of entries that is closed, and an order that follows from both.

1. Before entries close the **commitment** is published: SHA-256 of a secret of 64 hexadecimal digits.
2. When entries have closed, the list (a line an entry: number, tickets) is frozen. The **key** is SHA-256 of "secret list's hash".
3. Ticket t of entry n draws SHA-256 of "key n t". Entries stand in the order of their smallest draw.
4. Everything is published, the secret included. A shell redoes it:

       printf %s "$secret" | sha256sum                          # the commitment
       list=$(printf '%s %s\\n' 1 1  2 3  3 1 | sha256sum | cut -d' ' -f1)
       key=$(printf '%s %s' "$secret" "$list" | sha256sum | cut -d' ' -f1)
       printf '%s %s %s' "$key" 2 1 | sha256sum                 # the first ticket of entry 2

**The odds.** Draws of different tickets are as good as independent and equally likely, so the smallest of all belongs to each ticket with the same
chance; take its entry away and the same holds for the rest. So entries come in order as tickets drawn from an urn without replacement
(Plackett and Luce; Efraimidis and Spirakis 2006 compare u^(1/w) instead, whose last bits differ between machines). Whole numbers only.

**Who can steer it.** Whoever runs the draw cannot choose the secret after seeing who entered: it was promised. Whoever enters does not
know the secret, so nobody knows what an entry more or less would do to the key. Changing the list afterwards changes its hash and with it
the whole order. What remains: somebody who knows the secret *before* entries close could try accomplices' entries until the
order pleases. So nobody is shown it before the draw, and only verified people can enter, once each. And a secret can be withheld, which everybody sees.
"""

import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

MOST_TICKETS: Final = 1_000
"""Tickets that one entry may have."""

MOST_ENTRIES: Final = 1_000_000
"""Entries that one draw may have."""


class UnfitRecord(ValueError):
    """The record or the entries cannot be read as those of a draw. The message is a sentence that says why."""


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """A number that stands for somebody, and how many tickets they have. Raises UnfitRecord."""

    number: int
    tickets: int = 1

    def __post_init__(self) -> None:
        _whole("The number of an entry", self.number, 2**53)
        _whole(f"The tickets of entry {self.number}", self.tickets, MOST_TICKETS)


class Fault(StrEnum):
    """What does not hold in a record."""

    COMMITMENT_WAS_BROKEN = "commitment_was_broken"
    ENTRIES_WERE_CHANGED = "entries_were_changed"
    ORDER_IS_ANOTHER = "order_is_another"
    WINNERS_ARE_OTHERS = "winners_are_others"


def new_secret() -> str:
    """A secret that nobody can guess."""
    return secrets.token_hex(32)


def commitment(secret: str) -> str:
    """What is published before entries close. Raises UnfitRecord for what is no secret."""
    _hexadecimal("The secret", secret)
    return _hash(secret)


def entries_hash(entries: Iterable[Entry]) -> str:
    """The hash of the frozen list, in the order of numbers. Raises UnfitRecord if a number is there twice."""
    listed = sorted(entries)
    if len(listed) > MOST_ENTRIES:
        raise UnfitRecord(f"A draw has at most {MOST_ENTRIES} entries.")
    if len({entry.number for entry in listed}) != len(listed):
        raise UnfitRecord("Two entries have the same number.")
    return _hash("".join(f"{entry.number} {entry.tickets}\n" for entry in listed))


def draw(entries: Iterable[Entry], secret: str) -> tuple[int, ...]:
    """The numbers of all entries in the order drawn. The order in which entries are handed over does not matter."""
    listed = sorted(entries)
    _hexadecimal("The secret", secret)
    key = _hash(f"{secret} {entries_hash(listed)}")
    lots = [
        (min(_hash(f"{key} {entry.number} {ticket}") for ticket in range(1, entry.tickets + 1)), entry.number)
        for entry in listed
    ]
    return tuple(number for _, number in sorted(lots))


def record(entries: Iterable[Entry], secret: str, places: int) -> dict[str, Any]:
    """What is published of a draw for that many places, as plain values for JSON. It holds numbers, no people."""
    listed = sorted(entries)
    order = list(draw(listed, secret))
    return {
        "format": 1,
        "commitment": commitment(secret),
        "secret": secret,
        "entries": [{"number": entry.number, "tickets": entry.tickets} for entry in listed],
        "entries_hash": entries_hash(listed),
        "places": places,
        "order": order,
        "winners": order[:places],
    }


def verify(published: object) -> tuple[Fault, ...]:
    """Redoes a draw from its record: what does not hold, nothing if all does. Raises UnfitRecord if it cannot be read."""
    if not isinstance(published, Mapping) or published.get("format") != 1:
        raise UnfitRecord("This is not the record of a draw in format 1.")
    entries = _entries(published.get("entries"))
    secret, places = published.get("secret"), published.get("places")
    if not isinstance(secret, str):
        raise UnfitRecord("The record has no secret: it was not drawn yet.")
    if isinstance(places, bool) or not isinstance(places, int) or places < 0:
        raise UnfitRecord("The places of a record are a whole number from 0.")
    again = record(entries, secret, places)
    checks = {
        "commitment": Fault.COMMITMENT_WAS_BROKEN,
        "entries_hash": Fault.ENTRIES_WERE_CHANGED,
        "order": Fault.ORDER_IS_ANOTHER,
        "winners": Fault.WINNERS_ARE_OTHERS,
    }
    return tuple(fault for name, fault in checks.items() if published.get(name) != again[name])


def _entries(listed: object) -> list[Entry]:
    if not isinstance(listed, list):
        raise UnfitRecord("The entries of a record are a list.")
    found: list[Entry] = []
    for one in listed:
        if not isinstance(one, Mapping) or not {"number", "tickets"} <= one.keys():
            raise UnfitRecord("An entry of a record has a number and tickets.")
        found.append(Entry(one["number"], one["tickets"]))
    return found


def _whole(what: str, value: object, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise UnfitRecord(f"{what} must be a whole number from 1 to {most}.")


def _hexadecimal(what: str, value: object) -> None:
    if not isinstance(value, str) or not re.fullmatch("[0-9a-f]{64}", value):
        raise UnfitRecord(f"{what} must be 64 hexadecimal digits.")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
