"""What was delivered, rated and worked out in the house with everything in it, and what is looked after: the member's own first."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.db.session import Session
from marketplace.delivery.deliveries.models import DeliveryEvidence
from marketplace.delivery.properties.models import (
    CompoundOwner,
    FactSource,
    PropertyDemand,
    PropertyDemandSupport,
    RenewalMessage,
)
from marketplace.delivery.ratings import codes
from marketplace.delivery.ratings.models import (
    RatingComplaint,
    RatingHiding,
    RatingHold,
    RatingPhoto,
    RatingReply,
    RatingTicket,
)
from marketplace.delivery.scorecards import computing, counting
from marketplace.delivery.signals.models import ServiceWish, Whistle, WishDraft
from marketplace.identity import viewers
from marketplace.identity.viewer import Role
from marketplace.kernel.clock import local_day
from marketplace.kernel.ids import new_id
from marketplace.procurement.contracts.models import Contract
from marketplace.volunteering.models import Need
from tests import builders, city, delivering
from tests.delivering import Supplied

SLIP: Final = UUID("01a20000-0000-7000-8000-00000000511e")
"""The ticket of a slip that nobody has used."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Cast:
    member: UUID
    neighbour: UUID
    colleague: UUID
    organisations: tuple[UUID, UUID]


def slip_code(house: House) -> str:
    """What stands on the slip of paper."""
    return codes.grouped(codes.code_of(house.vault, SLIP))


async def build(
    session: Session,
    house: House,
    people: tuple[UUID, UUID, UUID],
    organisations: tuple[UUID, UUID],
) -> None:
    """``people`` are the member, a neighbour and a colleague; ``organisations`` the member's own and the colleague's."""
    cast = _Cast(*people, organisations)
    await builders.grant(session, cast.member, Role.AUDITOR, city.CITY)
    contracts = [
        await session.scalar(select(Contract).where(Contract.organisation_id == one)) for one in organisations
    ]
    for person_id, contract in zip((cast.member, cast.colleague), contracts, strict=True):
        assert contract is not None
        await _delivered(session, house, cast, contract, person_id)
    await computing.compute_period(session, await delivering.period(session, closed=True))
    await counting.count_all(session)
    await _of_a_need(session, cast)
    for person_id in (cast.member, cast.neighbour):
        await _wished(session, person_id)
    await _looked_after(session, cast)


async def _delivered(session: Session, house: House, cast: _Cast, contract: Contract, by: UUID) -> None:
    """One is coming, one was done yesterday and waits, others were rated last month, in every state a rating may have."""
    now, whose = session.now(), {"contract_id": contract.id, "organisation_id": contract.organisation_id}
    whose["planned_by"] = by
    await delivering.delivery(session, done=False, starts_at=now + 2 * _DAY, **whose)
    done = await delivering.delivery(session, done_by=by, **whose)
    await delivering.promise(session, done, actual=60)
    for person_id in (cast.neighbour, None) if by == cast.member else (cast.member, None):
        await delivering.ticket(session, done, person_id)
    slip = await _slip(session, house, done)
    evidence = {"delivery_id": done, "added_at": now, "added_by": by}
    session.add_all(
        [
            DeliveryEvidence(id=new_id(), kind="remark", text="老人很高兴", **evidence),
            DeliveryEvidence(
                id=new_id(), kind="photo", file_name="浴室.png", content_type="image/png", size=7, file_key="0" * 64, **evidence
            ),
        ]
    )  # fmt: skip
    assert slip is None or slip == SLIP
    closed = await delivering.period(session, closed=True)
    for points in (5, 2, 4):
        before = await delivering.delivery(session, starts_at=now - 40 * _DAY, done_by=by, **whose)
        rater = {5: cast.neighbour, 2: cast.colleague if by == cast.member else cast.member, 4: None}[points]
        used = await delivering.ticket(session, before, rater, issued_at=now - 39 * _DAY)
        rating_id = await delivering.rating(
            session, used, points=points, period_id=closed, text="谢谢，来得准时"
        )
        await _cared_for(session, cast, rating_id, by, points)
    hand = await viewers.of_person(session, by)
    under = Supplied(contract.id, contract.tender_id, contract.id, contract.organisation_id, hand, hand)
    last_month = {"given_on": local_day(now) - 30 * _DAY, "given_at": now - 30 * _DAY}
    await delivering.rated(session, under, [5, 4, 5, 4, 3, 5, 4, 5, 4, 5, 2], period_id=closed, **last_month)
    session.add(
        Whistle(
            id=new_id(), kind="commitments_slip", contract_id=contract.id, organisation_id=contract.organisation_id,
            area_code=city.JIANGSU_ROAD, blown_at=now,
            facts={
                "deliveries": 4, "kept": 4, "broken": 0, "untold": 0, "overdue": 3, "is_overdue": True, "is_broken": False,
                "kept_percent": 70, "overdue_deliveries": 3, "days": 60,
            },
        )
    )  # fmt: skip
    await session.flush()


async def _slip(session: Session, house: House, delivery_id: UUID) -> UUID | None:
    """A ticket of nobody's with a code that a test can type; there is one."""
    if await session.get(RatingTicket, SLIP) is not None:
        return None
    spare = await session.get_one(RatingTicket, await delivering.ticket(session, delivery_id))
    spare.id = spare.rater = SLIP
    spare.code_fingerprint = codes.fingerprint_of(house.vault, codes.code_of(house.vault, SLIP))
    await session.flush()
    return SLIP


async def _cared_for(session: Session, cast: _Cast, rating_id: UUID, by: UUID, points: int) -> None:
    """The good one is answered and has a picture, the poor one's words are hidden and reported, the third is held."""
    now = session.now()
    if points == 5:
        session.add_all(
            [
                RatingReply(
                    id=new_id(), rating_id=rating_id, number=1, text="谢谢您", written_at=now, written_by=by
                ),
                RatingPhoto(
                    id=new_id(), rating_id=rating_id, content_type="image/png", size=7, file_key="0" * 64
                ),
            ]
        )
    elif points == 2:
        session.add_all(
            [
                RatingHiding(
                    id=new_id(), rating_id=rating_id, what="words", reason="personal_data", explanation="有姓名",
                    hidden_at=now, hidden_by=cast.colleague if by == cast.member else cast.neighbour,
                    appeal="请恢复", appealed_at=now, appealed_by=cast.colleague if by == cast.member else cast.member,
                ),
                RatingComplaint(
                    id=new_id(), rating_id=rating_id, what="words", text="有电话号码", complained_at=now,
                    complained_by=cast.neighbour,
                ),
            ]
        )  # fmt: skip
    else:
        evidence = {
            "ratings": 24, "raters": 24, "usual_a_day": 2.0, "side": "high", "from_one_place": 0, "deliveries": 24,
            "first": now.isoformat(), "last": now.isoformat(),
        }  # fmt: skip
        session.add(
            RatingHold(id=new_id(), rating_id=rating_id, cause="burst", evidence=evidence, held_at=now)
        )
    await session.flush()


async def _of_a_need(session: Session, cast: _Cast) -> None:
    need_id = await session.scalar(
        select(Need.id).where(Need.raised_by == cast.member, Need.published_at.is_not(None))
    )
    await delivering.delivery(
        session, need_id=need_id, planned_by=cast.member, done=False, starts_at=session.now() + _DAY
    )


async def _wished(session: Session, person_id: UUID) -> None:
    """An open wish, and one that became a need."""
    now, whose = (
        session.now(),
        {"person_id": person_id, "area_code": city.JIANGSU_COMMUNITY, "wished_at": session.now()},
    )
    need_id = await builders.need(session, "上门助浴", published=False)
    draft = WishDraft(
        id=new_id(), service_type="meal_help", area_code=city.JIANGSU_COMMUNITY, people=5, need_id=need_id,
        idempotency_key=need_id.hex, made_at=now, made_by=person_id,
    )  # fmt: skip
    session.add(draft)
    await session.flush()
    session.add_all(
        [
            ServiceWish(id=new_id(), service_type=delivering.SERVICE, text="想要助浴", **whose),
            ServiceWish(id=new_id(), service_type="meal_help", taken_up_at=now, draft_id=draft.id, **whose),
        ]
    )
    await session.flush()


async def _looked_after(session: Session, cast: _Cast) -> None:
    """Two compounds, each with owners, a contract in force and one in draft, facts, a demand and a talk that is open."""
    now, today = session.now(), local_day(session.now())
    keeper = await viewers.of_person(session, cast.member)
    for name in ("愚园新村", "江苏花苑"):
        compound_id = await delivering.compound(session, name)
        agreed, _ = await delivering.property_contract(
            session, compound_id, ends_on=today + 60 * _DAY, drafted_by=cast.colleague
        )
        await delivering.property_contract(session, compound_id, agreed=False)
        commitment = await delivering.property_commitment(session, agreed)
        for person_id, confirmed_at in ((cast.member, now), (cast.neighbour, now), (cast.colleague, None)):
            session.add(
                CompoundOwner(
                    id=new_id(), compound_id=compound_id, person_id=person_id, claimed_at=now, confirmed_at=confirmed_at
                )
            )  # fmt: skip
        await delivering.fact(session, commitment, 6, keeper)
        session.add(
            FactSource(
                id=new_id(), compound_id=compound_id, name="电梯监测", kind="sensor", keeper_id=cast.member, registered_at=now,
                registered_by=cast.colleague,
            )
        )  # fmt: skip
        demand = PropertyDemand(
            id=new_id(), compound_id=compound_id, part="security", text="门禁坏了", raised_at=now, raised_by=cast.neighbour,
            idempotency_key=compound_id.hex,
        )  # fmt: skip
        session.add(demand)
        await session.flush()
        session.add(PropertyDemandSupport(demand_id=demand.id, person_id=cast.member, supported_at=now))
        said: dict[str, Any] = {"property_contract_id": agreed, "written_at": now}
        session.add_all(
            RenewalMessage(
                id=new_id(),
                side=side,
                text="请公布维修记录",
                written_by=person_id,
                idempotency_key=agreed.hex,
                **said,
            )
            for side, person_id in (("owner", cast.member), ("community", cast.colleague))
        )
        await session.flush()
