"""The work of the made-up city: organisations, needs, their shifts past and coming, who came, and the hours they own."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from marketplace.cli.city.people import Spot, seeded_id
from marketplace.cli.city.words import Work, city_words
from marketplace.kernel.clock import SHANGHAI, local_day, local_year
from marketplace.organisations.credit_code import check_character

Row = dict[str, Any]
WEEKS_BACK = 60
WEEKS_AHEAD = 5


@dataclass(slots=True)
class WorkRows:
    """Rows by table name, in an order that foreign keys accept."""

    tables: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))

    def add(self, table: str, row: Row) -> None:
        self.tables[table].append(row)


class Seeds:
    """Draws for the made-up work; one generator, so the order of calls is part of the seed."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - a made-up city keeps no secrets
        self._ids = 0

    def id(self) -> UUID:
        self._ids += 1
        return seeded_id(self._ids, self._random.getrandbits(74))

    def below(self, end: int) -> int:
        return int(self._random.random() * end)

    def between(self, least: int, most: int) -> int:
        return least + self.below(most - least + 1)

    def chance(self, share: float) -> bool:
        return self._random.random() < share

    def some(self, count: int, out_of: int) -> list[int]:
        """``count`` different numbers below ``out_of``, or all of them."""
        return self._random.sample(range(out_of), min(count, out_of))


def make_organisations(
    seeds: Seeds, count: int, spots: list[Spot], volunteers: list[UUID], now: datetime
) -> WorkRows:
    """Organisations with fields, areas, managers and members; most verified, a few waiting for an officer."""
    rows = WorkRows()
    words = city_words()
    fields = list(words.organisation_ends)
    for number in range(count):
        spot = spots[seeds.below(len(spots))]
        category = fields[number % len(fields)]
        ends = words.organisation_ends[category]
        start = words.organisation_starts[(number // len(fields)) % len(words.organisation_starts)]
        founded = now - timedelta(days=seeds.between(200, 2500))
        waits = number % 25 == 24
        organisation_id = seeds.id()
        rows.add(
            "organisations",
            {
                "id": organisation_id,
                "name": f"{spot.name.removesuffix('居委会').removesuffix('村委会')}{start}{ends[number % len(ends)]}",
                "credit_code": _credit_code(f"52{spot.code[:6]}{600_000_000 + number:09d}"),
                "kind": words.organisation_kinds[number % len(words.organisation_kinds)],
                "about": f"扎根{spot.name}，专注社区公益服务，由本地居民和专业社工共同发起。",
                "area_code": f"{spot.code[:6]}000000",
                "registered_at": founded,
                "submitted_at": founded + timedelta(days=1),
                "verified_at": None if waits else founded + timedelta(days=5),
                "version": 1,
            },
        )
        rows.add("organisation_fields", {"organisation_id": organisation_id, "tag_code": category})
        rows.add(
            "organisation_areas", {"organisation_id": organisation_id, "area_code": f"{spot.code[:6]}000000"}
        )
        for place, person in enumerate(seeds.some(3, len(volunteers))):
            rows.add(
                "role_grants",
                {
                    "id": seeds.id(),
                    "person_id": volunteers[person],
                    "role": "organisation_manager" if place == 0 else "organisation_member",
                    "organisation_id": organisation_id,
                    "granted_at": founded,
                },
            )
    return rows


def _credit_code(body: str) -> str:
    return body + check_character(body)


@dataclass(slots=True)
class Calendar:
    """Which days each person already helps: at most one shift a day, so the made-up past has no clashes either."""

    busy: set[tuple[UUID, date]] = field(default_factory=set)

    def takes(self, person_id: UUID, day: date) -> bool:
        if (person_id, day) in self.busy:
            return False
        self.busy.add((person_id, day))
        return True


@dataclass(frozen=True, slots=True)
class Owner:
    """A verified organisation and the spots of the district where it works."""

    id: UUID
    spots: list[Spot]


@dataclass(frozen=True, slots=True)
class World:
    """What needs are made from: where they can be, who can own them, who can come, and the moment that divides past from coming.

    ``owners`` are listed under each category that their field covers.
    """

    seeds: Seeds
    spots: list[Spot]
    owners: dict[str, list[Owner]]
    volunteers: list[UUID]
    now: datetime
    calendar: Calendar = field(default_factory=Calendar)


def make_needs(world: World, count: int) -> Iterator[WorkRows]:
    """Needs one by one with everything that hangs on them; a share is still waiting to be published, some are closed."""
    seeds, works = world.seeds, city_words().work
    for number in range(count):
        rows = WorkRows()
        turn, kind = divmod(number, len(works))
        work = works[kind]
        need = make_need(world, work, work.titles[turn % len(work.titles)])
        if number % 40 == 39:
            raise_instead(seeds, need, world.volunteers[seeds.below(len(world.volunteers))], world.now)
        rows.add("needs", need)
        _tag(rows, need["id"], work)
        if need["published_at"] is not None:
            _shifts(world, rows, need, work)
        yield rows


def make_need(world: World, work: Work, title: str) -> Row:
    """A published need for that work: of an organisation in its field and district, or of the community itself."""
    seeds, now = world.seeds, world.now
    able = world.owners.get(work.category, [])
    owner = able[seeds.below(len(able))] if able and seeds.chance(0.6) else None
    spots = owner.spots if owner else world.spots
    spot = spots[seeds.below(len(spots))]
    published = now - timedelta(days=seeds.between(1, 7 * WEEKS_BACK))
    return {
        "id": seeds.id(),
        "title": title,
        "description": work.description,
        "category_code": work.category,
        "area_code": spot.code,
        "organisation_id": owner.id if owner else None,
        "place": f"{spot.name.removesuffix('居委会').removesuffix('村委会')}{work.places[seeds.below(len(work.places))]}",
        "latitude": round(spot.latitude, 5),
        "longitude": round(spot.longitude, 5),
        "risks": work.risks,
        "is_risky": work.risky,
        "insurance": "组织方统一购买志愿者人身意外险，每人保额 30 万元" if work.risky else None,
        "minimum_age": work.minimum_age,
        "needs_approval": seeds.chance(0.15),
        "withdrawal_notice_minutes": 720 if seeds.chance(0.5) else 0,
        "raised_at": published - timedelta(days=1),
        "raised_by": None,
        "published_at": published,
        "closed_at": published + timedelta(days=90)
        if published < now - timedelta(days=150) and seeds.chance(0.3)
        else None,
        "version": 1,
    }


def put_at_home(need: Row, home: Spot, place: str, since: datetime) -> None:
    """Make of a need one of the demo's own neighbourhood, published then and open to everybody at once; no organisation carries it."""
    need.update(
        area_code=home.code,
        organisation_id=None,
        place=f"{home.name.removesuffix('居委会')}{place}",
        latitude=home.latitude,
        longitude=home.longitude,
        published_at=since,
        raised_at=since - timedelta(days=1),
        closed_at=None,
        needs_approval=False,
    )


def raise_instead(seeds: Seeds, need: Row, person_id: UUID, now: datetime) -> None:
    """Make of a published need one that a resident wishes for and nobody has read yet."""
    wishes = city_words().wish
    wish = wishes[seeds.below(len(wishes))]
    need.update(
        title=wish.title,
        category_code=wish.category,
        description=wish.description,
        organisation_id=None,
        risks=None,
        is_risky=False,
        insurance=None,
        minimum_age=0,
        raised_at=now - timedelta(hours=seeds.between(2, 200)),
        raised_by=person_id,
        published_at=None,
        closed_at=None,
    )


def _tag(rows: WorkRows, need_id: UUID, work: Work) -> None:
    for code in (*work.skills, work.audience):
        rows.add("need_tags", {"need_id": need_id, "tag_code": code})
    if work.qualification:
        rows.add("need_qualifications", {"need_id": need_id, "qualification_code": work.qualification})


def _shifts(world: World, rows: WorkRows, need: Row, work: Work) -> None:
    """A weekly rhythm: from publication, or sixty weeks ago, until five weeks ahead, some weeks left out."""
    seeds, now = world.seeds, world.now
    begin = max(local_day(need["published_at"]), local_day(now) - timedelta(weeks=WEEKS_BACK)) + timedelta(
        days=seeds.between(1, 7)
    )
    end = local_day(need["closed_at"] or now + timedelta(weeks=WEEKS_AHEAD))
    hour = work.hours[seeds.below(len(work.hours))]
    capacity = seeds.between(*work.places_count)
    every = 7 * seeds.between(1, 8)
    day = begin
    while day < end:
        starts = datetime(day.year, day.month, day.day, hour, tzinfo=SHANGHAI)
        _shift(world, rows, need, (starts, starts + timedelta(minutes=work.minutes)), capacity)
        day += timedelta(days=every)


def _shift(world: World, rows: WorkRows, need: Row, span: tuple[datetime, datetime], capacity: int) -> None:
    seeds, volunteers = world.seeds, world.volunteers
    starts, ends = span
    is_past = ends < world.now
    shift = make_shift(seeds, need, span, capacity)
    rows.add("shifts", shift)
    if seeds.chance(0.35) and not is_past:
        return
    wanted = seeds.between(1, capacity if is_past else capacity + 2)
    for index in seeds.some(wanted, len(volunteers)):
        if world.calendar.takes(volunteers[index], local_day(starts)):
            _sign_up(seeds, rows, need, shift, volunteers[index], is_past)


def make_shift(seeds: Seeds, need: Row, span: tuple[datetime, datetime], capacity: int) -> Row:
    """A shift with nobody in it yet."""
    return {
        "id": seeds.id(),
        "need_id": need["id"],
        "starts_at": span[0],
        "ends_at": span[1],
        "capacity": capacity,
        "places_taken": 0,
        "next_waiting_number": 1,
        "calendar_sequence": 0,
        "created_at": need["published_at"],
    }


def _sign_up(seeds: Seeds, rows: WorkRows, need: Row, shift: Row, person_id: UUID, is_past: bool) -> None:
    is_full = shift["places_taken"] == shift["capacity"]
    asked = shift["starts_at"] - timedelta(hours=seeds.between(20, 200))
    sign_up: Row = {
        "id": seeds.id(),
        "shift_id": shift["id"],
        "person_id": person_id,
        "created_at": asked,
        "confirmed_at": None if is_full else asked,
        "waiting_number": shift["next_waiting_number"] if is_full else None,
    }
    rows.add("sign_ups", sign_up)
    if is_full:
        shift["next_waiting_number"] += 1
        return
    shift["places_taken"] += 1
    if is_past and seeds.chance(0.93):
        _attend(seeds, rows, need, shift, sign_up)


def _attend(seeds: Seeds, rows: WorkRows, need: Row, shift: Row, sign_up: Row) -> None:
    late = seeds.between(11, 25) if seeds.chance(0.06) else 0
    came = shift["starts_at"] + timedelta(minutes=late or seeds.between(-12, 3))
    left = shift["ends_at"] + timedelta(minutes=seeds.between(-8, 12))
    by_hand = seeds.chance(0.08)
    minutes = int((min(left, shift["ends_at"]) - max(came, shift["starts_at"])).total_seconds()) // 60
    attendance: Row = {
        "id": seeds.id(),
        "sign_up_id": sign_up["id"],
        "shift_id": shift["id"],
        "person_id": sign_up["person_id"],
        "checked_in_at": came,
        "check_in_method": "qr",
        "checked_in_by": sign_up["person_id"],
        "late_minutes": late,
        "checked_out_at": left,
        "check_out_method": "by_hand" if by_hand else "qr",
        "checked_out_by": sign_up["person_id"],
        "check_out_reason": "手机没电，由组织者确认离开时间" if by_hand else None,
    }
    rows.add("attendances", attendance)
    rows.add(
        "ledger_entries",
        {
            "id": seeds.id(),
            "person_id": sign_up["person_id"],
            "need_id": need["id"],
            "shift_id": shift["id"],
            "minutes": minutes,
            "grade": "B" if by_hand else "A",
            "served_on": local_day(shift["starts_at"]),
            "local_year": local_year(shift["starts_at"]),
            "entered_at": left,
            "source": "attendance",
            "source_id": attendance["id"],
        },
    )
