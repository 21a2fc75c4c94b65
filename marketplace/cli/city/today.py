"""What goes on in the demo's neighbourhood at this moment: a shift about to begin, and something on every desk."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from marketplace.cli.city.accounts import ACCOUNTS, OLDER_RESIDENT, account_id
from marketplace.cli.city.people import Spot
from marketplace.cli.city.words import city_words
from marketplace.cli.city.work import WorkRows, World, make_need, make_shift, put_at_home, raise_instead

Row = dict[str, Any]
_SOON = timedelta(minutes=10)


def make_today(world: World, home: Spot) -> WorkRows:
    """Two needs of the home community: one begins in ten minutes, for the other somebody asks to be let in; and open questions."""
    rows = WorkRows()
    volunteer, neighbour = account_id(ACCOUNTS[0]), world.volunteers[0]
    lesson = _need_at_home(world, rows, home, "digital_help", needs_approval=False)
    starts = world.now.replace(second=0, microsecond=0) + _SOON
    soon = _shift(world, rows, lesson, starts, 6)
    _sign_up(world, rows, soon, volunteer, confirmed_at=world.now)
    visits = _need_at_home(world, rows, home, "friendly_visit", needs_approval=True)
    next_week = _shift(world, rows, visits, starts + timedelta(days=7), 4)
    _sign_up(world, rows, next_week, neighbour, applied_at=world.now)
    yesterday = _shift(world, rows, visits, starts - timedelta(days=1), 4)
    _forget_to_check_out(world, rows, yesterday, neighbour)
    _ask_the_officers(world, rows, volunteer)
    wish = _need_at_home(world, rows, home, "digital_help", needs_approval=False)
    raise_instead(world.seeds, wish, account_id(OLDER_RESIDENT), world.now)
    return rows


def _need_at_home(world: World, rows: WorkRows, home: Spot, category: str, needs_approval: bool) -> Row:
    work = next(work for work in city_words().work if work.category == category)
    need = make_need(world, work, work.titles[0])
    put_at_home(need, home, work.places[0], world.now - timedelta(days=3))
    need["needs_approval"] = needs_approval
    rows.add("needs", need)
    for code in (*work.skills, work.audience):
        rows.add("need_tags", {"need_id": need["id"], "tag_code": code})
    return need


def _shift(world: World, rows: WorkRows, need: Row, starts: datetime, capacity: int) -> Row:
    shift = make_shift(world.seeds, need, (starts, starts + timedelta(hours=2)), capacity)
    rows.add("shifts", shift)
    return shift


def _sign_up(world: World, rows: WorkRows, shift: Row, person_id: UUID, **facts: datetime) -> Row:
    sign_up = {
        "id": world.seeds.id(),
        "shift_id": shift["id"],
        "person_id": person_id,
        "created_at": min(world.now, shift["starts_at"]) - timedelta(hours=1),
        "confirmed_at": None,
        "applied_at": None,
        "waiting_number": None,
    } | facts
    rows.add("sign_ups", sign_up)
    if sign_up["confirmed_at"]:
        shift["places_taken"] += 1
    return sign_up


def _forget_to_check_out(world: World, rows: WorkRows, shift: Row, person_id: UUID) -> None:
    sign_up = _sign_up(world, rows, shift, person_id, confirmed_at=shift["starts_at"] - timedelta(days=2))
    presence = {"sign_up_id": sign_up["id"], "shift_id": shift["id"], "person_id": person_id}
    closed = shift["ends_at"] + timedelta(hours=2)
    rows.add(
        "attendances",
        {
            "id": world.seeds.id(),
            **presence,
            "checked_in_at": shift["starts_at"],
            "check_in_method": "qr",
            "checked_in_by": person_id,
            "late_minutes": 0,
            "closed_by_rule_at": closed,
        },
    )
    rows.add(
        "hour_reviews", {"id": world.seeds.id(), **presence, "cause": "no_check_out", "opened_at": closed}
    )


def _ask_the_officers(world: World, rows: WorkRows, person_id: UUID) -> None:
    rows.add(
        "person_qualifications",
        {
            "id": world.seeds.id(),
            "person_id": person_id,
            "qualification_code": "first_aid",
            "certificate_number": "HSH-2026-01874",
            "issued_on": (world.now - timedelta(days=120)).date(),
            "expires_on": (world.now + timedelta(days=975)).date(),
            "stated_at": world.now - timedelta(days=1),
        },
    )
    rows.add(
        "tags",
        {
            "code": "fraud_prevention",
            "kind": "topic",
            "name_zh": "反诈宣传",
            "name_en": "Fraud prevention",
            "proposed_by": person_id,
            "proposed_at": world.now - timedelta(days=2),
        },
    )
