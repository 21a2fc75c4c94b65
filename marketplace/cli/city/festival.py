"""A large need of the demo's neighbourhood: two days of a festival with minimums, a role and a pool; one plan is made and sent already."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select

from marketplace.bootstrap import House
from marketplace.cli.city.accounts import ACCOUNTS, account_id
from marketplace.cli.city.people import Spot
from marketplace.cli.city.words import city_words
from marketplace.cli.city.work import World, make_need, make_shift, put_at_home
from marketplace.db.session import Session
from marketplace.identity import viewers
from marketplace.identity.models import PersonQualification
from marketplace.kernel.clock import SHANGHAI, local, local_day
from marketplace.organisations.models import Organisation
from marketplace.staffing import runs, sending
from marketplace.staffing.drafts import RunDraft
from marketplace.staffing.models import NeedRole, PoolEntry, PoolShift, Proposal
from marketplace.volunteering import sign_ups
from marketplace.volunteering.models import Need, Shift, SignUp

# Each day's shifts: the hour, how long, places and minimum.
_SHIFTS: Final = ((8, 3, 8, 4), (9, 3, 6, 3), (11, 3, 8, 4), (13, 3, 6, 2), (15, 3, 8, 5))
_POOL: Final = 32
_FIRST_AIDERS: Final = 6
_SENT: Final = 2


async def hold_festival(house: House, world: World, home: Spot) -> None:
    """Write the need with its pool, then plan its first shifts, send the offers and let some people answer, as the house would."""
    async with house.database.unit_of_work() as session:
        organiser = await _organiser(session)
        need = _need(world, home, organiser[1])
        await session.execute(insert(Need), [need])
        shifts = _shifts(world, need)
        await session.execute(insert(Shift), shifts)
        people = list(dict.fromkeys([account_id(ACCOUNTS[0]), *world.volunteers]))[:_POOL]
        session.add(_role(world, need["id"], organiser[0]))
        session.add_all(_first_aiders(world, people))
        await _join(session, world, need["id"], people, shifts)
        await _sign_up(session, world, people, shifts)
    await _plan(house, world, organiser[0], need["id"], [shift["id"] for shift in shifts[:_SENT]])


async def _organiser(session: Session) -> tuple[UUID, UUID]:
    """The demo's manager, and the organisation that asks."""
    found = await session.scalar(select(Organisation.id).where(Organisation.name == "江苏路暖阳助老服务社"))
    assert found is not None
    return account_id(ACCOUNTS[2]), found


def _need(world: World, home: Spot, organisation_id: UUID) -> dict[str, Any]:
    work = next(work for work in city_words().work if work.category == "events")
    need = make_need(world, work, "江苏路社区邻里节")
    put_at_home(need, home, "社区广场", world.now - timedelta(days=6))
    need.update(
        description="两天的邻里节：入口引导、义诊服务、儿童游园和舞台后台。每个时段都要有人，至少有一位会急救。",
        organisation_id=organisation_id,
    )
    return need


def _shifts(world: World, need: dict[str, Any]) -> list[dict[str, Any]]:
    """Ten shifts on the Saturday and Sunday of the week after next."""
    today = local(world.now).date()
    saturday = today + timedelta(days=5 - today.weekday() + (14 if today.weekday() > 4 else 7))
    made = []
    for day in (saturday, saturday + timedelta(days=1)):
        for hour, lasts, places, minimum in _SHIFTS:
            begins = datetime(day.year, day.month, day.day, hour, tzinfo=SHANGHAI)
            shift = make_shift(world.seeds, need, (begins, begins + timedelta(hours=lasts)), places)
            made.append({**shift, "minimum_people": minimum})
    return made


def _role(world: World, need_id: UUID, organiser: UUID) -> NeedRole:
    return NeedRole(
        id=world.seeds.id(),
        need_id=need_id,
        name="急救员",
        qualification_code="first_aid",
        minimum_people=1,
        created_at=world.now - timedelta(days=5),
        created_by=organiser,
    )


def _first_aiders(world: World, people: list[UUID]) -> list[PersonQualification]:
    return [
        PersonQualification(
            id=world.seeds.id(),
            person_id=person_id,
            qualification_code="first_aid",
            issued_on=(world.now - timedelta(days=200)).date(),
            expires_on=(world.now + timedelta(days=530)).date(),
            stated_at=world.now - timedelta(days=190),
            verified_at=world.now - timedelta(days=180),
        )
        for person_id in people[1 : 1 + _FIRST_AIDERS]
    ]


async def _join(
    session: Session, world: World, need_id: UUID, people: list[UUID], shifts: list[dict[str, Any]]
) -> None:
    """Each for one to three shifts; most name those that they can take, a few leave it to their usual times."""
    for number, person_id in enumerate(people):
        entry = PoolEntry(
            id=world.seeds.id(),
            need_id=need_id,
            person_id=person_id,
            most_shifts=world.seeds.between(1, 3),
            joined_at=world.now - timedelta(hours=world.seeds.between(3, 120)),
        )
        session.add(entry)
        await session.flush()
        # The first shift is early: besides the demo's volunteer only those who leave it open can be found for it.
        later = [1 + at for at in world.seeds.some(world.seeds.between(2, 5), len(shifts) - 1)]
        named = [0] if number == 0 else later
        if number % 6 != 5:
            session.add_all(PoolShift(entry_id=entry.id, shift_id=shifts[at]["id"]) for at in named)


async def _sign_up(session: Session, world: World, people: list[UUID], shifts: list[dict[str, Any]]) -> None:
    """Some signed up by themselves for one shift, before there was a pool: two a shift where the row is even, none where it is odd."""
    others = [person_id for person_id in dict.fromkeys(world.volunteers) if person_id not in people]
    for at, shift in enumerate(shifts[2::2]):
        for person_id in others[2 * at : 2 * at + 2]:
            if not world.calendar.takes(person_id, local_day(shift["starts_at"])):
                continue
            asked = world.now - timedelta(days=4, hours=at)
            session.add(
                SignUp(
                    id=world.seeds.id(),
                    shift_id=shift["id"],
                    person_id=person_id,
                    created_at=asked,
                    confirmed_at=asked,
                )
            )
            row = await session.get_one(Shift, shift["id"])
            row.places_taken += 1


async def _plan(house: House, world: World, organiser: UUID, need_id: UUID, shift_ids: list[UUID]) -> None:
    """The first shifts planned and sent; every second person has accepted by now, but for the demo's volunteer, who is asked."""
    async with house.database.reading() as session:
        viewer = await viewers.of_person(session, organiser)
    draft = RunDraft(key=world.seeds.id(), shifts=tuple(shift_ids), offer_minutes=2880, seed=20_261_122)
    run_id = await runs.start(house.database, viewer, need_id, draft)
    async with house.database.unit_of_work() as session:
        await sending.send(session, viewer, run_id)
        sent = (
            await session.execute(
                select(Proposal.person_id, Proposal.sign_up_id)
                .where(Proposal.run_id == run_id, Proposal.sign_up_id.is_not(None))
                .order_by(Proposal.person_id, Proposal.shift_id)
            )
        ).all()
    for person_id, sign_up_id in sent[::2]:
        if person_id != account_id(ACCOUNTS[0]) and sign_up_id is not None:
            async with house.database.unit_of_work() as session:
                invited = await viewers.of_person(session, person_id)
                await sign_ups.accept_offer(session, invited, sign_up_id)
