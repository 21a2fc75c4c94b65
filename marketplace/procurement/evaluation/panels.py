"""Panels: promised when the tender is published, drawn once the bids are open, seats refilled from the same draw (docs/adr/0027)."""

from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select, update

from marketplace.db.insert import upsert
from marketplace.db.session import Session
from marketplace.identity import people, sign_in
from marketplace.identity.models import Person
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import InputIsInvalid, NotFound
from marketplace.kernel.ids import new_id
from marketplace.kernel.vault import Vault
from marketplace.outbox.publish import publish
from marketplace.procurement import policy, records
from marketplace.procurement.bids.models import Opening
from marketplace.procurement.evaluation import draws, pools
from marketplace.procurement.evaluation.case import Case, load_held
from marketplace.procurement.evaluation.drafts import PanelDraft, RecusalDraft, RepresentativeDraft
from marketplace.procurement.evaluation.errors import (
    MemberIsTied,
    PanelIsDrawn,
    PanelIsNotDrawn,
    SeatIsTaken,
    TooFewExperts,
    TooManyRepresentatives,
)
from marketplace.procurement.evaluation.events import PanelDrawn, PanelMemberReplaced, PanelReminded
from marketplace.procurement.evaluation.models import Expert, Panel, PanelMember, PanelPromise, ScoreSheet
from marketplace.procurement.evaluation.pools import Tie

PURPOSE: Final = "panel"
"""What the vault seals the secret of a draw for."""

EXPERT: Final = "expert"
BUYER: Final = "buyer"


async def promise(session: Session, tender_id: UUID, vault: Vault) -> PanelPromise:
    """Promise the draw of a tender's panel, once: whoever comes later finds the promise that is there."""
    secret = draws.new_secret()
    made = upsert(session, PanelPromise).on_conflict_do_nothing().returning(PanelPromise.tender_id)
    is_new = await session.scalar(
        made,
        {
            "tender_id": tender_id,
            "promised_at": session.now(),
            "commitment": draws.commitment(secret),
            "sealed_secret": vault.encrypt(secret, PURPOSE),
        },
    )
    row = await session.get_one(PanelPromise, tender_id)
    if is_new is not None:
        await records.append(session, tender_id, "panel.promised", None, commitment=row.commitment)
    return row


def seats_for(case: Case) -> tuple[int, int]:
    """How many people the panel has, and how many of them are experts at least, by the rule and the file."""
    rule = case.rules.rule("panel").value
    is_large = case.file.ceiling_fen >= rule["large_from_yuan"] * 100
    size = max(rule["people_when_large"] if is_large else rule["people"], case.file.panel_size or 0)
    size += 1 - size % 2
    return size, -(-size * rule["experts_of_three"] // 3)


async def draw(session: Session, viewer: Viewer, tender_id: UUID, draft: PanelDraft, vault: Vault) -> None:
    """Draw the panel, beside the representatives whom the buyer sends.

    Raises SignInNeeded, NotPermitted, PanelIsDrawn, TooManyRepresentatives, InputIsInvalid, MemberIsTied, TooFewExperts, and what
    ``case.held`` raises.
    """
    case = await load_held(session, tender_id)
    officer = policy.must_buy(viewer, case.tender.area_code, is_public=True)
    if case.panel is not None:
        raise PanelIsDrawn()
    size, least_experts = seats_for(case)
    article = case.rules.rule("panel").article
    sent = [
        await _found(session, vault, phone, f"representatives.{n}")
        for n, phone in enumerate(draft.representatives)
    ]
    if len(sent) > size - least_experts:
        raise TooManyRepresentatives(most=size - least_experts, article=article)
    await _must_be_free(session, case, sent)
    pool = await pools.pool(session, case, sent)
    wanted = size - len(sent)
    if len(pool.experts) < wanted:
        raise TooFewExperts(wanted=wanted, found=len(pool.experts), article=article)
    kept = await promise(session, tender_id, vault)
    opening = await session.get_one(Opening, tender_id)
    drawn = draws.draw(
        vault.decrypt(kept.sealed_secret, PURPOSE), opening.record_hash, [str(one.id) for one in pool.experts]
    )
    panel = Panel(
        tender_id=tender_id,
        drawn_at=session.now(),
        drawn_by=officer,
        size=size,
        experts=wanted,
        promised_at=kept.promised_at,
        commitment=kept.commitment,
        secret=drawn.secret,
        opening_hash=drawn.opening_hash,
        pool=list(drawn.pool),
        pool_hash=drawn.pool_hash,
        seed=drawn.seed,
        order=list(drawn.order),
        excluded=[[str(expert_id), tie.value] for expert_id, tie in pool.excluded],
    )
    session.add(panel)
    by_id = {str(one.id): one for one in pool.experts}
    for seat, expert_id in enumerate(drawn.order[:wanted], start=1):
        _sit_down(session, tender_id, seat, by_id[expert_id])
    for seat, person_id in enumerate(sent, start=wanted + 1):
        _send(session, tender_id, seat, person_id)
    await session.flush()
    await records.append(
        session, tender_id, "panel.drawn", officer,
        size=size, experts=wanted, pool=len(drawn.pool), pool_hash=drawn.pool_hash, opening_hash=drawn.opening_hash,
    )  # fmt: skip
    await publish(session, PanelDrawn(tender_id))


async def recuse(
    session: Session, viewer: Viewer, tender_id: UUID, member_id: UUID, draft: RecusalDraft
) -> None:
    """Take somebody off the panel: found to be tied, ill, or silent. Officers of the area and its supervisors may.

    Raises SignInNeeded, NotFound, NotPermitted, and what ``case.held`` raises.
    """
    case = await load_held(session, tender_id)
    person_id = viewer.signed_in()
    if not (
        policy.may_buy(viewer, case.tender.area_code) or policy.may_supervise(viewer, case.tender.area_code)
    ):
        raise NotFound()
    member = next((one for one in case.seats if one.id == member_id), None)
    if member is None:
        raise NotFound()
    await replace(session, case, member, Tie.RECUSED, by=person_id, reason=draft.reason)


async def name_representative(
    session: Session, viewer: Viewer, tender_id: UUID, draft: RepresentativeDraft, vault: Vault
) -> None:
    """Send somebody else for a seat of the buyer that fell vacant.

    Raises SignInNeeded, NotPermitted, PanelIsNotDrawn, SeatIsTaken, InputIsInvalid, MemberIsTied, and what ``case.held`` raises.
    """
    case = await load_held(session, tender_id)
    officer = policy.must_buy(viewer, case.tender.area_code, is_public=True)
    if case.panel is None:
        raise PanelIsNotDrawn()
    vacant = [seat for seat in case.vacant if seat > case.panel.experts]
    if not vacant:
        raise SeatIsTaken()
    person_id = await _found(session, vault, draft.phone, "phone")
    await _must_be_free(session, case, [person_id])
    in_the_draw = select(Expert.id).where(
        Expert.person_id == person_id, Expert.id.in_([UUID(one) for one in case.panel.order])
    )
    if await session.scalar(in_the_draw) is not None:
        raise MemberIsTied(article=case.rules.rule("recusal").article)
    replaced = [one for one in case.members if one.seat == vacant[0]]
    row = _send(session, tender_id, vacant[0], person_id, replaced[-1].id if replaced else None)
    await session.flush()
    await records.append(session, tender_id, "panel.joined", officer, seat=row.seat, member_id=row.id)
    await publish(session, PanelMemberReplaced(tender_id, row.id))


async def remind(session: Session, viewer: Viewer, tender_id: UUID) -> None:
    """Remind members of what is missing. Raises SignInNeeded, NotPermitted, PanelIsNotDrawn, and what ``case.held`` raises."""
    case = await load_held(session, tender_id)
    officer = policy.must_buy(viewer, case.tender.area_code, is_public=True)
    if case.panel is None:
        raise PanelIsNotDrawn()
    await records.append(session, tender_id, "panel.reminded", officer)
    await publish(session, PanelReminded(tender_id))


async def replace(
    session: Session, case: Case, member: PanelMember, tie: Tie, *, by: UUID, reason: str | None = None
) -> None:
    """End a member's seat, void what they scored, and seat the next of the draw who may sit; a seat of the buyer stays vacant."""
    member.replaced_at = session.now()
    member.replaced_for, member.replacement_reason = tie.value, reason
    voided = await session.scalars(
        update(ScoreSheet)
        .where(ScoreSheet.member_id == member.id, ScoreSheet.voided_at.is_(None))
        .values(voided_at=session.now())
        .returning(ScoreSheet.id)
    )
    void_sheets = len(voided.all())
    await session.flush()
    await records.append(
        session, case.tender.id, "panel.replaced", by,
        seat=member.seat, member_id=member.id, cause=tie.value, void_sheets=void_sheets,
    )  # fmt: skip
    await publish(session, PanelMemberReplaced(case.tender.id, member.id))
    if member.kind == EXPERT:
        await _seat_next(session, case, member)


async def _seat_next(session: Session, case: Case, member: PanelMember) -> None:
    assert case.panel is not None
    drawn = {one.expert_id for one in case.members}
    waiting = [UUID(one) for one in case.panel.order if UUID(one) not in drawn]
    experts = {one.id: one for one in await session.scalars(select(Expert).where(Expert.id.in_(waiting)))}
    gone = await _gone(session, [one.person_id for one in experts.values()])
    tied = await pools.ties(session, case, experts.values())
    replaced = member
    for expert_id in waiting:
        expert = experts[expert_id]
        why_not = tied.get(expert_id)
        if expert.ended_at is not None or expert.person_id in gone:
            why_not = Tie.ENDED
        row = _sit_down(session, case.tender.id, member.seat, expert, replaced.id, why_not)
        await session.flush()
        await records.append(
            session, case.tender.id, "panel.joined", None,
            seat=row.seat, member_id=row.id, expert_id=expert_id, cause=row.replaced_for,
        )  # fmt: skip
        if why_not is None:
            await publish(session, PanelMemberReplaced(case.tender.id, row.id))
            return
        replaced = row


def _sit_down(
    session: Session,
    tender_id: UUID,
    seat: int,
    expert: Expert,
    replaces_id: UUID | None = None,
    why_not: Tie | None = None,
) -> PanelMember:
    row = PanelMember(
        id=new_id(),
        tender_id=tender_id,
        person_id=expert.person_id,
        expert_id=expert.id,
        kind=EXPERT,
        seat=seat,
        joined_at=session.now(),
        replaces_id=replaces_id,
        replaced_at=None if why_not is None else session.now(),
        replaced_for=None if why_not is None else why_not.value,
    )
    session.add(row)
    return row


def _send(
    session: Session, tender_id: UUID, seat: int, person_id: UUID, replaces_id: UUID | None = None
) -> PanelMember:
    row = PanelMember(
        id=new_id(),
        tender_id=tender_id,
        person_id=person_id,
        kind=BUYER,
        seat=seat,
        joined_at=session.now(),
        replaces_id=replaces_id,
    )
    session.add(row)
    return row


async def _found(session: Session, vault: Vault, phone: str, field: str) -> UUID:
    person_id = await sign_in.find(session, vault, phone)
    if person_id is None:
        raise InputIsInvalid.of(field, "nobody_has_this_phone")
    await people.must_be_there(session, person_id)
    return person_id


async def _must_be_free(session: Session, case: Case, sent: Sequence[UUID]) -> None:
    """Whom the buyer sends may buy for it, but neither opens bids nor belongs to a bidder, and sits once."""
    tied = await pools.tied_people(session, case, sent)
    if (
        len(set(sent)) != len(sent)
        or any(tie is not Tie.BUYS for tie in tied.values())
        or {one.person_id for one in case.members} & set(sent)
    ):
        raise MemberIsTied(article=case.rules.rule("recusal").article)


async def _gone(session: Session, person_ids: Collection[UUID]) -> set[UUID]:
    rows = await session.scalars(
        select(Person.id).where(Person.id.in_(person_ids), Person.erased_at.is_not(None))
    )
    return set(rows)
