"""The watch: promises are judged every night, ratings and silence when a period closed; whistles follow the numbers.

A whistle stays one whistle while the numbers are bad: its facts are kept up to date, and it ends by itself when they are well, or the
contract is over. An answer holds for as many days as the rule looks back on; are the numbers still bad then, another one is blown.
A value at the edge does not whistle every other day: after one ended, quiet follows, unless the numbers grow plainly worse.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, select

from marketplace.catalogue import rules
from marketplace.db import audit
from marketplace.db.insert import insert_once
from marketplace.db.session import Session
from marketplace.delivery.scorecards.events import ScorecardChanged, ScorecardsComputed
from marketplace.delivery.signals import judging, measuring
from marketplace.delivery.signals.events import WhistleBlown
from marketplace.delivery.signals.judging import (
    AnswersRule,
    CommitmentsRule,
    Judgement,
    QuietRule,
    RatingsRule,
    WhistleKind,
)
from marketplace.delivery.signals.measuring import Closing, Subject, Whose
from marketplace.delivery.signals.models import Whistle
from marketplace.kernel.ids import new_id
from marketplace.outbox.publish import publish

Counted = TypeVar("Counted")


async def watch(session: Session) -> None:
    """Repeated task: judge what was promised, and end what is about contracts that are over. Repeated, it changes nothing."""
    watched = await measuring.under_way(session)
    rule = CommitmentsRule(**(await rules.in_force(session, "signal.commitments")).value)
    counted = await measuring.kept(session, rule)
    judged = _judged(counted, lambda one: judging.commitments_slip(one, rule))
    await _follow(session, WhistleKind.COMMITMENTS_SLIP, judged, watched, rule.days)
    for whistle in await _open_ones(session):
        if Subject(whistle.contract_id, whistle.property_contract_id) not in watched:
            _close(session, whistle)


async def closed(session: Session, event: ScorecardsComputed) -> None:
    """A period closed and its ratings are public: judge what was said, and whether anybody said anything."""
    at = await measuring.closing(session)
    if at is None:
        return
    watched = await measuring.under_way(session)
    await _watch_ratings(session, watched, at)
    await _watch_answers(session, watched, at)


async def changed(session: Session, event: ScorecardChanged) -> None:
    """An auditor's decision lets held ratings of one provider count, or keeps them out."""
    at = await measuring.closing(session)
    if at is not None:
        await _watch_ratings(session, await measuring.under_way(session), at, event.organisation_id)


async def _watch_ratings(
    session: Session, watched: Mapping[Subject, Whose], at: Closing, organisation_id: UUID | None = None
) -> None:
    rule = RatingsRule(**(await rules.in_force(session, "signal.ratings")).value)
    counted = await measuring.falls(session, at, rule, organisation_id)
    smallest = at.model.smallest_cell
    judged = _judged(
        counted, lambda one: judging.ratings_fall(one.earlier, one.newest, one.raters, smallest, rule)
    )
    await _follow(session, WhistleKind.RATINGS_FALL, judged, watched, rule.days, organisation_id)


async def _watch_answers(session: Session, watched: Mapping[Subject, Whose], at: Closing) -> None:
    rule = AnswersRule(**(await rules.in_force(session, "signal.answers")).value)
    counted = await measuring.answers(session, at, rule.days)
    judged = _judged(counted, lambda one: judging.nobody_answers(*one, rule))
    await _follow(session, WhistleKind.NOBODY_ANSWERS, judged, watched, rule.days)


def _judged(
    counted: Mapping[Subject, Counted], judge: Callable[[Counted], Judgement]
) -> dict[Subject, Judgement]:
    return {subject: judge(one) for subject, one in counted.items()}


async def _follow(
    session: Session,
    kind: WhistleKind,
    judged: Mapping[Subject, Judgement],
    watched: Mapping[Subject, Whose],
    days: int,
    organisation_id: UUID | None = None,
) -> None:
    """Let the whistles of a kind, of one provider where named, follow the judgements: end, tell the newest numbers, begin."""
    slipping = {subject: one.facts for subject, one in judged.items() if one.slips and subject in watched}
    rule = QuietRule(**(await rules.in_force(session, "signal.quiet")).value)
    before = await _ended_since(session, kind, session.now() - timedelta(rule.days))
    whose = () if organisation_id is None else (Whistle.organisation_id == organisation_id,)
    for whistle in await _open_ones(session, Whistle.kind == kind.value, *whose):
        subject = Subject(whistle.contract_id, whistle.property_contract_id)
        facts = slipping.get(subject)
        is_stale = whistle.answered_at is not None and whistle.answered_at <= session.now() - timedelta(days)
        if facts is None or is_stale:
            _close(session, whistle)
        else:
            slipping.pop(subject)
            if whistle.facts != facts:
                whistle.facts = facts
    # The index of open whistles must see those that ended before it sees the new ones.
    await session.flush()
    for subject, facts in slipping.items():
        if subject not in before or judging.grew_worse(kind, facts, before[subject], rule):
            await _blow(session, kind, subject, watched[subject], facts)


async def _open_ones(session: Session, *which: ColumnElement[bool]) -> Sequence[Whistle]:
    """Whistles that are not over, locked in one order, so that a nightly watch and an answer do not undo each other."""
    found = await session.scalars(
        select(Whistle)
        .where(Whistle.closed_at.is_(None), *which)
        .order_by(Whistle.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found.all()


async def _ended_since(session: Session, kind: WhistleKind, since: datetime) -> dict[Subject, dict[str, Any]]:
    """The last bad numbers of those that ended a short while ago."""
    rows = await session.execute(
        select(Whistle.contract_id, Whistle.property_contract_id, Whistle.facts)
        .where(Whistle.kind == kind.value, Whistle.closed_at > since)
        .order_by(Whistle.closed_at, Whistle.id)
    )
    return {Subject(contract_id, property_id): facts for contract_id, property_id, facts in rows}


def _close(session: Session, whistle: Whistle) -> None:
    whistle.closed_at = session.now()
    audit.record(session, None, "whistle.closed", ("whistle", whistle.id), kind=whistle.kind)


async def _blow(
    session: Session, kind: WhistleKind, subject: Subject, whose: Whose, facts: dict[str, Any]
) -> None:
    whistle = Whistle(
        id=new_id(),
        kind=kind.value,
        contract_id=subject.contract_id,
        property_contract_id=subject.property_contract_id,
        organisation_id=whose.organisation_id,
        area_code=whose.area_code,
        facts=facts,
        blown_at=session.now(),
    )
    if not await insert_once(session, whistle):
        return  # another watch was faster
    audit.record(session, None, "whistle.blown", ("whistle", whistle.id), kind=kind.value)
    await publish(session, WhistleBlown(whistle.id))
