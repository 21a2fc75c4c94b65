"""What the ranking shows in the demo: an invitation that waits, people to invite, and proposed weights that a second officer decides."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from marketplace.areas.codes import CITY
from marketplace.bootstrap import House
from marketplace.cli.city.accounts import ACCOUNTS, account_id
from marketplace.cli.city.people import Spot
from marketplace.cli.city.words import city_words
from marketplace.cli.city.work import WorkRows, World, make_need, make_shift, put_at_home
from marketplace.db.base import Base
from marketplace.identity import viewers
from marketplace.kernel.clock import local
from marketplace.recommendations import invitations, previews, weights
from marketplace.recommendations.drafts import InviteDraft, RankingKind, WeightsDraft

# Wednesday evenings and the weekend, as people who work have time.
_STRETCHES = ((2, 1080, 1290), (5, 540, 1080), (6, 540, 1080))
_PROPOSED = {
    "skill": 25,
    "availability": 15,
    "travel": 15,
    "language": 5,
    "interest": 5,
    "reliability": 10,
    "fairness": 22,
    "training": 3,
}
_TABLES = ("needs", "need_tags", "shifts", "consents", "availabilities", "role_grants")


async def suggest(house: House, world: World, home: Spot) -> None:
    """Two needs of the home community that look for people, one person invited to one of them, and a proposal of weights."""
    rows = WorkRows()
    volunteer, worker = account_id(ACCOUNTS[0]), account_id(ACCOUNTS[1])
    _makes_known(world, rows, volunteer)
    shift_ids = [_on_saturday(world, rows, home, kind) for kind in ("medical_company", "digital_help")]
    colleague = world.volunteers[2]
    rows.add("role_grants", _city_officer(world, colleague))
    async with house.database.unit_of_work() as session:
        for table in _TABLES:
            if rows.tables[table]:
                await session.execute(insert(Base.metadata.tables[table]), rows.tables[table])
    async with house.database.unit_of_work() as session:
        organiser = await viewers.of_person(session, worker)
        await invitations.invite(session, organiser, shift_ids[0], InviteDraft(person_ids=(volunteer,)))
        officer = await viewers.of_person(session, colleague)
        proposal = WeightsDraft(
            kind=RankingKind.VOLUNTEER,
            points=_PROPOSED,
            reason="近半年的服务集中在少数人身上，想让新志愿者有更多机会",
        )
        preview = previews.as_json(await previews.preview(session, officer, proposal))
        await weights.propose(session, officer, proposal, preview)


def _makes_known(world: World, rows: WorkRows, person_id: UUID) -> None:
    for weekday, begin, end in _STRETCHES:
        rows.add(
            "availabilities",
            {"person_id": person_id, "weekday": weekday, "from_minute": begin, "to_minute": end},
        )
    rows.add(
        "consents",
        {
            "id": world.seeds.id(),
            "person_id": person_id,
            "kind": "invitations",
            "version": "2026-11",
            "given": True,
            "at": world.now - timedelta(days=30),
        },
    )


def _on_saturday(world: World, rows: WorkRows, home: Spot, category: str) -> UUID:
    """A shift at two o'clock on the Saturday after next, with free places."""
    work = next(work for work in city_words().work if work.category == category)
    need = make_need(world, work, work.titles[-1])
    put_at_home(need, home, work.places[0], world.now - timedelta(days=2))
    rows.add("needs", need)
    for code in (*work.skills, work.audience):
        rows.add("need_tags", {"need_id": need["id"], "tag_code": code})
    today = local(world.now)
    saturday = today + timedelta(days=(5 - today.weekday()) % 7 + 7)
    starts = saturday.replace(hour=14, minute=0, second=0, microsecond=0)
    shift = make_shift(world.seeds, need, (starts, starts + timedelta(hours=2)), 5)
    rows.add("shifts", shift)
    shift_id = shift["id"]
    assert isinstance(shift_id, UUID)
    return shift_id


def _city_officer(world: World, person_id: UUID) -> dict[str, Any]:
    return {
        "id": world.seeds.id(),
        "person_id": person_id,
        "role": "district_officer",
        "area_code": CITY,
        "organisation_id": None,
        "granted_at": world.now - timedelta(days=100),
    }
