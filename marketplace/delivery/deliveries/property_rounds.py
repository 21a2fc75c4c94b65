"""Each quarter all owners of a compound are asked how its property company did: a done delivery for every contract, once a quarter.

Nobody plans a property company's quarter: it is over when it is over. So the round writes it down itself, and the tickets follow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import Select, exists, insert, select

from marketplace.db.insert import insert_once
from marketplace.db.session import Session
from marketplace.delivery.deliveries.deliveries import finish
from marketplace.delivery.deliveries.drafts import Receiver
from marketplace.delivery.deliveries.models import Delivery, DeliveryRecipient
from marketplace.delivery.deliveries.origins import PROPERTY_SERVICE
from marketplace.delivery.properties import policy
from marketplace.delivery.properties.models import Compound, CompoundOwner, PropertyContract
from marketplace.kernel.clock import day_starts, local_day
from marketplace.kernel.ids import new_id
from marketplace.organisations.models import Organisation

_AT_ONCE: Final = 50
_ROWS_AT_ONCE: Final = 500
_LONGEST_NAME: Final = 100
"""Of a compound, so that the quarter fits into the title behind it."""


@dataclass(frozen=True, slots=True)
class Quarter:
    """Three months that are over, from their first day to their last."""

    first: date
    last: date

    @property
    def over_at(self) -> datetime:
        return day_starts(self.last + timedelta(days=1))

    @property
    def number(self) -> int:
        return self.first.month // 3 + 1

    @property
    def name(self) -> str:
        return f"{self.first.year}Q{self.number}"

    @property
    def key(self) -> str:
        return f"property-round:{self.name}"


async def hold_round(session: Session) -> None:
    """Repeated task: for the quarter that ended last, a done delivery of every contract in force on its last day; safe to run again.

    Its owners are those who were confirmed by the end of the quarter and still are. A compound without any is asked when it has some.
    """
    quarter = last_quarter(local_day(session.now()))
    asked = exists().where(
        Delivery.property_contract_id == PropertyContract.id, Delivery.idempotency_key == quarter.key
    )
    rows = await session.execute(
        select(PropertyContract, Compound, Organisation.name)
        .join(Compound, Compound.id == PropertyContract.compound_id)
        .join(Organisation, Organisation.id == PropertyContract.organisation_id)
        .where(
            policy.agreed(),
            PropertyContract.starts_on <= quarter.last,
            PropertyContract.ends_on >= quarter.last,
            # Ended during the quarter: nobody looked after the compound any more when it was over.
            (PropertyContract.ended_at.is_(None)) | (PropertyContract.ended_at >= quarter.over_at),
            _owners(PropertyContract.compound_id, quarter).exists(),
            ~asked,
        )
        .order_by(PropertyContract.id)
        .limit(_AT_ONCE)
    )
    for contract, compound, company in rows.all():
        owners = _owners(compound.id, quarter).order_by(CompoundOwner.id)
        people = (await session.scalars(owners)).all()
        row = _delivery(session, quarter, contract, compound, company, len(people))
        if await insert_once(session, row):
            await _put_recipients(session, row.id, people)
            await finish(session, row, None)


def last_quarter(today: date) -> Quarter:
    """The quarter that ended before ``today``."""
    this = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    last = this - timedelta(days=1)
    return Quarter(date(last.year, last.month - 2, 1), last)


def _owners(compound_id: Any, quarter: Quarter) -> Select[UUID]:
    """SQL: those who own a home in the compound (a column or an id), confirmed by the end of the quarter."""
    return select(CompoundOwner.person_id).where(
        CompoundOwner.compound_id == compound_id,
        policy.confirmed(),
        CompoundOwner.confirmed_at < quarter.over_at,
    )


def _delivery(
    session: Session,
    quarter: Quarter,
    contract: PropertyContract,
    compound: Compound,
    company: str,
    people: int,
) -> Delivery:
    return Delivery(
        # The same contract and quarter make the same id, so that two workers cannot both write it.
        id=uuid5(contract.id, quarter.name),
        property_contract_id=contract.id,
        organisation_id=contract.organisation_id,
        service_type=PROPERTY_SERVICE,
        area_code=compound.area_code,
        title=f"{compound.name[:_LONGEST_NAME]} {quarter.first.year}年第{quarter.number}季度物业服务",
        promised="按物业服务合同清单提供的保洁、秩序维护、绿化、维修等服务。",
        place=compound.address,
        receiver=Receiver.BUILDING.value,
        people=people,
        served_by=company,
        starts_at=day_starts(max(quarter.first, contract.starts_on)),
        ends_at=quarter.over_at,
        idempotency_key=quarter.key,
        planned_at=session.now(),
    )


async def _put_recipients(session: Session, delivery_id: UUID, people: Sequence[UUID]) -> None:
    rows = [
        {
            "id": new_id(),
            "delivery_id": delivery_id,
            "number": number,
            "person_id": person_id,
            "added_at": session.now(),
        }
        for number, person_id in enumerate(people, 1)
    ]
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        await session.execute(insert(DeliveryRecipient), rows[start : start + _ROWS_AT_ONCE])
