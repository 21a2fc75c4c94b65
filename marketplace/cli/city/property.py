"""Three compounds of the made-up neighbourhood with their property company: promises, measured facts, demands, and a talk before renewal.

By the real commands of the community worker, the company's manager and the owners; only the company itself is written straight.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.cli.city.accounts import (
    ACCOUNTS,
    CHANGNING,
    OLDER_RESIDENT,
    PROPERTY_MANAGER,
    account_id,
)
from marketplace.cli.city.buying_cast import viewer
from marketplace.cli.city.buying_story import morning
from marketplace.cli.city.delivering_words import CompoundWords, delivering_words
from marketplace.cli.city.people import Spot
from marketplace.db.session import Session
from marketplace.delivery.properties import (
    commitments,
    compounds,
    contracts,
    demands,
    facts,
    owners,
    renewal,
    sources,
)
from marketplace.delivery.properties.drafts import (
    ClaimDecisionDraft,
    ClaimDraft,
    CompoundDraft,
    DemandDraft,
    FactDraft,
    LineDraft,
    MessageDraft,
    PropertyContractDraft,
    SourceDraft,
)
from marketplace.delivery.properties.models import PropertyCommitment
from marketplace.delivery.properties.performance import Direction, Per
from marketplace.delivery.properties.standards import Part, Unit
from marketplace.delivery.properties.states import SourceKind
from marketplace.identity.models import RoleGrant
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.clock import FixedClock, local_day
from marketplace.kernel.ids import new_id
from marketplace.organisations.models import Organisation
from marketplace.outbox.here import deliver_all

_STANDARDS: Final = (
    "stairs_swept",
    "patrols_walked",
    "urgent_repair_arrival",
    "lights_checked",
    "lift_stops",
    "complaint_answered",
)
_MEASURED: Final = {
    "stairs_swept": (SourceKind.INSPECTION, (1, 1, 1, 0)),
    "patrols_walked": (SourceKind.INSPECTION, (6, 7, 6, 6)),
    "urgent_repair_arrival": (SourceKind.INSPECTION, (25, 20, 70, 28)),
    "lift_stops": (SourceKind.SENSOR, (0, 1, 3, 0)),
}
"""Which lines are measured, by whom, and what came of it; begun somewhere else for every compound."""
_WEEKS: Final = 16
_HOMES = ("6 号 302 室", "11 号 501 室")


@dataclass(frozen=True, slots=True)
class _People:
    worker: Viewer
    manager: Viewer
    owners: Sequence[tuple[Viewer, Viewer]]


async def look_after(
    house: House, clock: FixedClock, now: datetime, spot: Spot, neighbours: Sequence[Viewer]
) -> None:
    """Register the compounds and let the company look after them, from a year ago until now. Demo people live in the first."""
    words, today = delivering_words(), local_day(now)
    await _at(house, clock, morning(today) - timedelta(days=300))
    async with house.database.unit_of_work() as session:
        company = await _company(session)
    async with house.database.unit_of_work() as session:
        people = _People(
            worker=await viewer(session, ACCOUNTS[1]),
            manager=await viewer(session, PROPERTY_MANAGER),
            owners=[
                (await viewer(session, OLDER_RESIDENT), await viewer(session, ACCOUNTS[0])),
                *zip(neighbours[::2], neighbours[1::2], strict=False),
            ],
        )
    made = []
    for place, compound in enumerate(words.compound):
        made.append(await _looked_after(house, people, company, compound, spot, today, place))
        await _measured(house, clock, people.worker, made[-1], today, place)
    await _at(house, clock, now)
    await _talk(house, people, made[0][1])


async def _at(house: House, clock: FixedClock, moment: datetime) -> None:
    await deliver_all(house.database, house.registry)
    clock.set(moment)


async def _company(session: Session) -> UUID:
    words, at = delivering_words().property, session.now()
    row = Organisation(
        id=new_id(), name=words.company, kind="property_company", about=words.about, area_code=CHANGNING,
        registered_at=at, submitted_at=at, verified_at=at,
    )  # fmt: skip
    session.add(row)
    await session.flush()
    manager = RoleGrant(
        id=new_id(), person_id=account_id(PROPERTY_MANAGER), role=Role.ORGANISATION_MANAGER.value,
        organisation_id=row.id, granted_at=at,
    )  # fmt: skip
    session.add(manager)
    await session.flush()
    return row.id


async def _looked_after(
    house: House,
    people: _People,
    company: UUID,
    words: CompoundWords,
    spot: Spot,
    today: date,
    place: int,
) -> tuple[UUID, UUID]:
    """The compound and its contract, agreed by both sides; two people who own homes there, and what they ask for."""
    told = words.model_dump(exclude={"ends_in"})
    first, second = people.owners[place]
    async with house.database.unit_of_work() as session:
        compound_id = await compounds.register(
            session, people.worker, CompoundDraft(area_code=spot.code, **told)
        )
        for owner, home in zip((first, second), _HOMES, strict=True):
            claim = await owners.claim(session, owner, house.vault, compound_id, ClaimDraft(home=home))
            await owners.decide(session, people.worker, claim, ClaimDecisionDraft(is_confirmed=True))
        said = delivering_words().property
        asked = DemandDraft(part=Part.SECURITY, text=said.demand, idempotency_key="demo")
        demand_id = await demands.raise_demand(session, first, compound_id, asked)
        await demands.support(session, second, demand_id)
        contract_id = await contracts.draft(
            session,
            people.worker,
            compound_id,
            PropertyContractDraft(
                organisation_id=company,
                fee_fen=185,
                starts_on=today - timedelta(days=295),
                ends_on=today + timedelta(days=words.ends_in),
                standards=_STANDARDS,
            ),
        )
        line = LineDraft(
            part=Part.SECURITY, text=said.promise, unit=Unit.DAYS, direction=Direction.AT_MOST, target=3, per=Per.CASE,
            demand_id=demand_id,
        )  # fmt: skip
        await commitments.add(session, people.worker, contract_id, line)
        await contracts.agree_for_owners(session, people.worker, contract_id)
        await contracts.agree_for_company(session, people.manager, contract_id)
    return compound_id, contract_id


async def _measured(
    house: House, clock: FixedClock, worker: Viewer, made: tuple[UUID, UUID], today: date, place: int
) -> None:
    """Facts of the last months, week by week, by inspection and by a sensor."""
    compound_id, contract_id = made
    began = clock.now()
    await _at(house, clock, morning(today))
    said = delivering_words().property
    async with house.database.unit_of_work() as session:
        keepers = {
            kind: await sources.register(
                session, worker, house.vault, compound_id, SourceDraft(name=name, kind=kind)
            )
            for kind, name in ((SourceKind.INSPECTION, said.inspection), (SourceKind.SENSOR, said.sensor))
        }
        lines = await _lines(session, contract_id)
        for line in lines:
            if line.standard_code not in _MEASURED:
                continue
            kind, values = _MEASURED[line.standard_code]
            for week in range(1, _WEEKS + 1):
                from_on = today - timedelta(days=7 * week)
                value = values[(week + place) % len(values)]
                draft = FactDraft(
                    commitment_id=line.id,
                    source_id=keepers[kind],
                    from_on=from_on,
                    until_on=from_on if line.per in (Per.CASE, Per.DAY) else from_on + timedelta(days=6),
                    value=value,
                    idempotency_key=f"{line.number}-{week}",
                )
                await facts.post(session, worker, draft)
    await _at(house, clock, began)


async def _lines(session: Session, contract_id: UUID) -> Sequence[PropertyCommitment]:
    rows = await session.scalars(
        select(PropertyCommitment)
        .where(PropertyCommitment.property_contract_id == contract_id)
        .order_by(PropertyCommitment.number)
    )
    return rows.all()


async def _talk(house: House, people: _People, contract_id: UUID) -> None:
    """Before the first contract is renewed, each side has spoken once."""
    said = delivering_words().property
    async with house.database.unit_of_work() as session:
        for speaker, text in (
            (people.owners[0][0], said.owner_says),
            (people.manager, said.company_says),
            (people.worker, said.community_says),
        ):
            await renewal.write(
                session, speaker, contract_id, MessageDraft(text=text, idempotency_key="demo")
            )
