"""Contracts, deliveries, tickets, ratings, scorecards and property services, for tests: written straight into the tables.

The rooms have commands for all of it; these are for the tests of the rooms above, which need what lies below to be there.
"""

import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.catalogue import rules
from marketplace.db.insert import insert_once
from marketplace.db.session import Session
from marketplace.delivery import formula
from marketplace.delivery.deliveries.models import Delivery, DeliveryCommitment, DeliveryRecipient
from marketplace.delivery.properties.models import (
    Compound,
    CompoundOwner,
    FactSource,
    PropertyCommitment,
    PropertyContract,
    PropertyFact,
)
from marketplace.delivery.ratings.models import (
    DIMENSIONS,
    Rating,
    RatingPeriod,
    RatingTicket,
    RatingWords,
)
from marketplace.delivery.scorecards.models import Scorecard
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.clock import local_day
from marketplace.kernel.ids import new_id
from marketplace.procurement.contracts.models import Contract, Milestone
from tests import builders, buying, city

SERVICE = "elderly_care"


@dataclass(frozen=True, slots=True)
class Supplied:
    """A running contract: its id, who supplies with a manager, who buys, and its one milestone."""

    id: UUID
    tender_id: UUID
    milestone_id: UUID
    organisation_id: UUID
    manager: Viewer
    officer: Viewer


async def contract(session: Session, name: str = "暖阳助老服务社", **facts: Any) -> Supplied:
    """A signed and published contract of Jiangsu Road for a year of bathing help, begun a month ago, with one milestone."""
    organisation_id, manager = await buying.supplier(session, name)
    officer = await buying.officer(session)
    tender = await buying.tender(session)
    price = 18_000_000
    award_id = await buying.award(session, tender, organisation_id, price)
    today = local_day(session.now())
    defaults: dict[str, Any] = {
        "tender_id": tender.id,
        "lot_id": tender.lot_ids[0],
        "award_id": award_id,
        "buyer_id": tender.buyer_id,
        "organisation_id": organisation_id,
        "reference": f"C-{new_id().hex[-12:]}",
        "is_framework": False,
        "title": "社区助浴服务合同",
        "value_fen": price,
        "currency": "CNY",
        "starts_on": today - timedelta(days=30),
        "ends_on": today + timedelta(days=335),
        "drafted_at": session.now(),
        "drafted_by": officer.signed_in(),
        "sign_from": session.now(),
        "sign_due_at": session.now() + timedelta(days=30),
        "buyer_signed_at": session.now(),
        "signed_by_buyer": officer.signed_in(),
        "supplier_signed_at": session.now(),
        "signed_by_supplier": manager.signed_in(),
        "signed_at": session.now(),
        "published_at": session.now(),
    }
    row = Contract(id=new_id(), **{**defaults, **facts})
    session.add(row)
    await session.flush()
    step = Milestone(
        id=new_id(),
        contract_id=row.id,
        number=1,
        title="完成",
        deliverable="服务满三千人次",
        due_on=row.ends_on,
        value_fen=price,
    )
    session.add(step)
    await session.flush()
    return Supplied(row.id, tender.id, step.id, organisation_id, manager, officer)


async def delivery(
    session: Session, under: Supplied | None = None, *, done: bool = True, **facts: Any
) -> UUID:
    """A bathing visit of yesterday under a contract, done unless told otherwise. ``facts`` are columns: another origin needs
    ``contract_id=None``."""
    starts_at = facts.pop("starts_at", session.now() - timedelta(days=1))
    if under is None and not {"need_id", "property_contract_id", "contract_id"} & facts.keys():
        under = await contract(session)
    defaults: dict[str, Any] = {
        "contract_id": under.id if under else None,
        "milestone_id": None,
        "organisation_id": under.organisation_id if under else None,
        "service_type": SERVICE,
        "area_code": city.JIANGSU_COMMUNITY,
        "title": "上门助浴",
        "promised": "两名护理员上门，协助洗浴一次。",
        "place": "江苏路 480 弄",
        "receiver": "person",
        "people": 1,
        "served_by": "两名护理员",
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=1),
        "idempotency_key": new_id().hex,
        "planned_at": starts_at - timedelta(days=7),
        "planned_by": under.manager.signed_in() if under else None,
        "done_at": starts_at + timedelta(hours=1) if done else None,
        "done_by": under.manager.signed_in() if under and done else None,
        "minutes": 60 if done else None,
    }
    row = Delivery(id=new_id(), **{**defaults, **facts})
    session.add(row)
    await session.flush()
    return row.id


async def promise(
    session: Session, delivery_id: UUID, *, target: int = 60, actual: int | None = None
) -> UUID:
    """A measurable commitment of a delivery: at least an hour of help."""
    row = DeliveryCommitment(
        id=new_id(),
        delivery_id=delivery_id,
        number=1,
        text="服务时长",
        unit="分钟",
        direction="at_least",
        target=target,
        actual=actual,
    )
    session.add(row)
    await session.flush()
    return row.id


async def recipient(session: Session, delivery_id: UUID, person_id: UUID | None = None, **facts: Any) -> UUID:
    """Somebody who receives the delivery: a person with an account, or an unnamed one."""
    known = await session.scalars(
        select(DeliveryRecipient.number).where(DeliveryRecipient.delivery_id == delivery_id)
    )
    row = DeliveryRecipient(
        id=new_id(),
        delivery_id=delivery_id,
        number=max(known.all(), default=0) + 1,
        person_id=person_id,
        added_at=session.now(),
        **facts,
    )
    session.add(row)
    await session.flush()
    return row.id


async def ticket(session: Session, delivery_id: UUID, person_id: UUID | None = None, **facts: Any) -> UUID:
    """A valid ticket of a delivery for a new recipient."""
    row = await session.get_one(Delivery, delivery_id)
    issued_at = facts.pop("issued_at", session.now())
    made = RatingTicket(
        id=new_id(),
        **{
            "delivery_id": delivery_id,
            "recipient_id": await recipient(session, delivery_id, person_id),
            "person_id": person_id,
            "organisation_id": row.organisation_id,
            "service_type": row.service_type,
            "rater": person_id or new_id(),
            "code_fingerprint": secrets.token_bytes(32),
            "issued_at": issued_at,
            "expires_at": issued_at + timedelta(days=30),
            **facts,
        },
    )
    session.add(made)
    await session.flush()
    return made.id


async def period(session: Session, *, closed: bool = False, **facts: Any) -> UUID:
    """The calendar month of now, open; or the one before it, closed at its end."""
    today = local_day(session.now())
    first = facts.pop("starts_on", None) or (
        (today.replace(day=1) - timedelta(days=1)).replace(day=1) if closed else today.replace(day=1)
    )
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    found = await session.scalar(select(RatingPeriod.id).where(RatingPeriod.starts_on == first))
    if found is not None:
        return found
    known = await rules.all_in_force(session, "rating.")
    row = RatingPeriod(
        id=new_id(),
        **{
            "starts_on": first,
            "ends_on": last,
            "rules": {code: dict(rule.value) for code, rule in known.items()},
            "formula": formula.VERSION,
            "opened_at": session.now() - timedelta(days=40),
            "closed_at": session.now() if closed else None,
            **facts,
        },
    )
    # A worker beside the test may open the month of now in the same moment.
    if await insert_once(session, row):
        return row.id
    return (
        await session.execute(select(RatingPeriod.id).where(RatingPeriod.starts_on == first))
    ).scalar_one()


async def rating(
    session: Session, ticket_id: UUID, *, points: int = 5, period_id: UUID | None = None, **facts: Any
) -> UUID:
    """A rating with the same points in every dimension, in this month's open period unless told otherwise; the ticket is used."""
    used = await session.get_one(RatingTicket, ticket_id)
    row = await session.get_one(Delivery, used.delivery_id)
    words = facts.pop("text", None)
    used.used_at = session.now()
    made = Rating(
        id=new_id(),
        **{
            "ticket_id": ticket_id,
            "delivery_id": row.id,
            "period_id": period_id or await period(session),
            "organisation_id": row.organisation_id,
            "service_type": row.service_type,
            "area_code": row.area_code,
            "rater": used.rater,
            **dict.fromkeys(DIMENSIONS, points),
            "sixtieths": points * formula.SIXTIETHS,
            "should_continue": points >= 3,
            "idempotency_key": new_id().hex,
            "given_on": local_day(session.now()),
            "given_at": session.now(),
            **facts,
        },
    )
    session.add(made)
    await session.flush()
    if words is not None:
        session.add(RatingWords(rating_id=made.id, text=words))
        await session.flush()
    return made.id


async def rated(
    session: Session, under: Supplied, points: list[int], *, period_id: UUID | None = None, **facts: Any
) -> list[UUID]:
    """A done delivery and a rating of it for each of ``points``, by as many different people without an account."""
    made = []
    for one in points:
        ticket_id = await ticket(session, await delivery(session, under))
        made.append(await rating(session, ticket_id, points=one, period_id=period_id, **facts))
    return made


async def scorecard(
    session: Session, organisation_id: UUID, period_id: UUID | None = None, **facts: Any
) -> UUID:
    """A published scorecard: 4.60 (4.40 to 4.80) from 24 raters, where the city has 4.20."""
    row = Scorecard(
        id=new_id(),
        **{
            "organisation_id": organisation_id,
            "service_type": SERVICE,
            "period_id": period_id or await period(session, closed=True),
            "formula": formula.VERSION,
            "as_of": local_day(session.now()),
            "ratings": 24,
            "raters": 24,
            "tickets": 40,
            "held": 0,
            "hidden": 0,
            "score": 46_000,
            "low": 44_000,
            "high": 48_000,
            "prior": 42_000,
            "band": formula.Band.ABOVE,
            "inputs": {},
            "detail": {},
            "computed_at": session.now(),
            **facts,
        },
    )
    session.add(row)
    await session.flush()
    return row.id


async def compound(session: Session, name: str = "愚园新村", **facts: Any) -> UUID:
    """A compound of Jiangsu Road community with 400 households."""
    defaults: dict[str, Any] = {
        "area_code": city.JIANGSU_COMMUNITY,
        "name": name,
        "address": "愚园路 1015 弄",
        "households": 400,
        "buildings": 12,
        "built_year": 1988,
        "registered_at": session.now(),
    }
    row = Compound(id=new_id(), **{**defaults, **facts})
    session.add(row)
    await session.flush()
    return row.id


async def owner(
    session: Session, compound_id: UUID, name: str = "业主老吴", *, confirmed: bool = True
) -> Viewer:
    """Somebody who owns a home in the compound, confirmed unless told otherwise."""
    viewer = await builders.viewer(session, name)
    session.add(
        CompoundOwner(
            id=new_id(),
            compound_id=compound_id,
            person_id=viewer.signed_in(),
            claimed_at=session.now(),
            confirmed_at=session.now() if confirmed else None,
        )
    )
    await session.flush()
    return viewer


async def property_contract(
    session: Session, compound_id: UUID, *, agreed: bool = True, **facts: Any
) -> tuple[UUID, Viewer]:
    """A company's contract for the compound, in force for three years since last year; answers its id and the company's manager."""
    organisation_id = facts.pop("organisation_id", None) or await builders.organisation(
        session, "安居物业服务有限公司", kind="property_company"
    )
    manager = await builders.viewer(session, "物业经理老丁", Role.ORGANISATION_MANAGER, organisation_id)
    worker = await builders.viewer(session, "社工小赵", Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY)
    today = local_day(session.now())
    agreed_at = session.now() if agreed else None
    defaults: dict[str, Any] = {
        "compound_id": compound_id,
        "organisation_id": organisation_id,
        "fee_fen": 220,
        "starts_on": date(today.year - 1, 1, 1),
        "ends_on": date(today.year + 1, 12, 31),
        "drafted_at": session.now(),
        "drafted_by": worker.signed_in(),
        "owners_agreed_at": agreed_at,
        "agreed_for_owners_by": worker.signed_in() if agreed else None,
        "company_agreed_at": agreed_at,
        "agreed_by_company": manager.signed_in() if agreed else None,
    }
    row = PropertyContract(id=new_id(), **{**defaults, **facts})
    session.add(row)
    await session.flush()
    return row.id, manager


async def property_commitment(
    session: Session, property_contract_id: UUID, number: int = 1, **facts: Any
) -> UUID:
    """A promise of the company: stairs are swept at least seven times a week."""
    by = (await session.get_one(PropertyContract, property_contract_id)).drafted_by
    defaults: dict[str, Any] = {
        "property_contract_id": property_contract_id,
        "number": number,
        "origin": "agreed",
        "part": "cleaning",
        "text": "楼道清扫",
        "unit": "次",
        "direction": "at_least",
        "target": 7,
        "per": "week",
        "added_at": session.now(),
        "added_by": by,
    }
    row = PropertyCommitment(id=new_id(), **{**defaults, **facts})
    session.add(row)
    await session.flush()
    return row.id


async def fact(session: Session, commitment_id: UUID, value: int, keeper: Viewer, **facts: Any) -> UUID:
    """A measured value of last week, from an inspection whose keeper is ``keeper``."""
    commitment = await session.get_one(PropertyCommitment, commitment_id)
    contract = await session.get_one(PropertyContract, commitment.property_contract_id)
    source = FactSource(
        id=new_id(),
        compound_id=contract.compound_id,
        name=f"居委会巡查 {new_id().hex[-6:]}",
        kind="inspection",
        keeper_id=keeper.signed_in(),
        registered_at=session.now(),
        registered_by=keeper.signed_in(),
    )
    session.add(source)
    await session.flush()
    today = local_day(session.now())
    defaults: dict[str, Any] = {
        "commitment_id": commitment_id,
        "source_id": source.id,
        "from_on": today - timedelta(days=7),
        "until_on": today - timedelta(days=1),
        "value": value,
        "idempotency_key": new_id().hex,
        "posted_at": session.now(),
        "posted_by": keeper.signed_in(),
    }
    row = PropertyFact(id=new_id(), **{**defaults, **facts})
    session.add(row)
    await session.flush()
    return row.id
