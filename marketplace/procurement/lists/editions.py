"""An edition's way: put before the public, final with an answer to what it said, or withdrawn."""

from datetime import date, timedelta
from uuid import UUID

from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import day_starts, local_day
from marketplace.outbox.publish import publish
from marketplace.procurement import profiles, records, working_days
from marketplace.procurement.lists.content import document, hash_of
from marketplace.procurement.lists.drafts import ConsultationDraft, FinaliseDraft, WithdrawDraft
from marketplace.procurement.lists.errors import (
    ConsultationHasNotEnded,
    ConsultationIsTooShort,
    EditionHasNoItems,
    EditionIsDecided,
    EditionIsNoDraft,
)
from marketplace.procurement.lists.events import ConsultationOpened, EditionFinalised, EditionWithdrawn
from marketplace.procurement.lists.holding import contents, held_by_officer
from marketplace.procurement.lists.states import UNDER_WAY, EditionState
from marketplace.procurement.records import content_hash

_DAY = timedelta(days=1)


async def earliest_end(session: Session) -> tuple[date, str, int]:
    """The first day on which a consultation that opens now may end, the article that says so, and its days."""
    rule = await profiles.rule(session, "list_consultation")
    days: int = rule.value["least_days"]
    calendar = await working_days.calendar(session)
    return calendar.later(local_day(session.now()), days, rule.day_type), rule.article, days


async def open_consultation(
    session: Session, viewer: Viewer, edition_id: UUID, draft: ConsultationDraft
) -> None:
    """Put a draft before the public until the end of a day. What it says now is kept, whatever becomes of it.

    Raises SignInNeeded, NotFound, NotPermitted, EditionIsNoDraft, EditionHasNoItems, ConsultationIsTooShort.
    """
    it, officer = await held_by_officer(session, viewer, edition_id)
    if it.state is not EditionState.DRAFT:
        raise EditionIsNoDraft()
    items = await contents(session, edition_id)
    if not items:
        raise EditionHasNoItems()
    earliest, article, days = await earliest_end(session)
    if draft.ends_on < earliest:
        raise ConsultationIsTooShort(least_days=days, earliest=earliest, article=article)
    shown = document(it.list, it.edition, items)
    it.edition.consultation_opened_at = session.now()
    it.edition.consultation_ends_at = day_starts(draft.ends_on + _DAY)
    it.edition.consulted = shown
    await records.append(
        session,
        it.list.id,
        "edition.consultation_opened",
        officer,
        edition=edition_id,
        ends_at=it.edition.consultation_ends_at,
        content_hash=content_hash(shown),
    )
    await publish(session, ConsultationOpened(it.list.id, edition_id))


async def finalise(session: Session, viewer: Viewer, edition_id: UUID, draft: FinaliseDraft) -> None:
    """Bring the edition into force, with the answer that says how the public's comments were taken up. It never changes again.

    Raises SignInNeeded, NotFound, NotPermitted, EditionIsDecided, ConsultationHasNotEnded, EditionHasNoItems.
    """
    it, officer = await held_by_officer(session, viewer, edition_id)
    if it.state not in UNDER_WAY:
        raise EditionIsDecided()
    if it.state is not EditionState.CONSULTED:
        rule = await profiles.rule(session, "list_consultation")
        raise ConsultationHasNotEnded(article=rule.article)
    items = await contents(session, edition_id)
    if not items:
        raise EditionHasNoItems()
    it.edition.finalised_at = session.now()
    it.edition.finalised_by = officer
    it.edition.consultation_answer = draft.answer
    it.edition.content_hash = hash_of(it.list, it.edition, items)
    await records.append(
        session,
        it.list.id,
        "edition.finalised",
        officer,
        edition=edition_id,
        number=it.edition.number,
        content_hash=it.edition.content_hash,
        answer_hash=content_hash(draft.answer),
    )
    await publish(session, EditionFinalised(it.list.id, edition_id))


async def withdraw(session: Session, viewer: Viewer, edition_id: UUID, draft: WithdrawDraft) -> None:
    """End an edition that is not final; what the public saw of it stays. Raises SignInNeeded, NotFound, NotPermitted, EditionIsDecided."""
    it, officer = await held_by_officer(session, viewer, edition_id)
    if it.state not in UNDER_WAY:
        raise EditionIsDecided()
    it.edition.withdrawn_at = session.now()
    it.edition.withdrawal_reason = draft.reason
    await records.append(session, it.list.id, "edition.withdrawn", officer, edition=edition_id)
    await publish(session, EditionWithdrawn(it.list.id, edition_id))
