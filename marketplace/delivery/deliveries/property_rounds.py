"""Each quarter all owners of a compound are asked how its property company did: a done delivery for every contract, once a quarter.

Nobody plans a property company's quarter: it is over when it is over. So the round writes it down itself, and the tickets follow.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy import exists, insert, select

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


async def hold_round(session: Session) -> None:
    """Repeated task: for the quarter that ended last, a done delivery of every contract in force on its last day; safe to run again.

    Its owners are those who were confirmed by the end of the quarter and still are. A compound without any is asked when it has some.
    """
    first, last = last_quarter(local_day(session.now()))
    after = day_starts(last + timedelta(days=1))
    key = f"{first.year}Q{first.month // 3 + 1}"
    owner_there = exists().where(
        CompoundOwner.compound_id == PropertyContract.compound_id,
        policy.confirmed(),
        CompoundOwner.confirmed_at < after,
    )
    asked = exists().where(
        Delivery.property_contract_id == PropertyContract.id, Delivery.idempotency_key == _key(key)
    )
    rows = await session.execute(
        select(PropertyContract, Compound, Organisation.name)
        .join(Compound, Compound.id == PropertyContract.compound_id)
        .join(Organisation, Organisation.id == PropertyContract.organisation_id)
        .where(
            policy.agreed(),
            PropertyContract.starts_on <= last,
            PropertyContract.ends_on >= last,
            # Ended during the quarter: nobody looked after the compound any more when it was over.
            (PropertyContract.ended_at.is_(None)) | (PropertyContract.ended_at >= after),
            owner_there,
            ~asked,
        )
        .order_by(PropertyContract.id)
        .limit(_AT_ONCE)
    )
    for contract, compound, company in rows.all():
        people = (
            await session.scalars(
                select(CompoundOwner.person_id)
                .where(
                    CompoundOwner.compound_id == compound.id,
                    policy.confirmed(),
                    CompoundOwner.confirmed_at < after,
                )
                .order_by(CompoundOwner.id)
            )
        ).all()
        begins = max(first, contract.starts_on)
        row = Delivery(
            # The same contract and quarter make the same id, so that two workers cannot both write it.
            id=uuid5(contract.id, key),
            property_contract_id=contract.id,
            organisation_id=contract.organisation_id,
            service_type=PROPERTY_SERVICE,
            area_code=compound.area_code,
            title=f"{compound.name} {first.year}年第{first.month // 3 + 1}季度物业服务",
            promised="按物业服务合同清单提供的保洁、秩序维护、绿化、维修等服务。",
            place=compound.address,
            receiver=Receiver.BUILDING.value,
            people=len(people),
            served_by=company,
            starts_at=day_starts(begins),
            ends_at=after,
            idempotency_key=_key(key),
            planned_at=session.now(),
        )
        if await insert_once(session, row):
            await _put_recipients(session, row.id, people)
            await finish(session, row, None)


def last_quarter(today: date) -> tuple[date, date]:
    """The first and the last day of the quarter that ended before ``today``."""
    this = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    last = this - timedelta(days=1)
    return date(last.year, last.month - 2, 1), last


def _key(quarter: str) -> str:
    return f"property-round:{quarter}"


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
