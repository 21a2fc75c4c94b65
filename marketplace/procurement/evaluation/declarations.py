"""Declarations: before seeing any bid a member says how they are or were tied to every bidder; who is tied is replaced (实施条例 article 9)."""

from datetime import date
from typing import Any
from uuid import UUID

from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import local_day
from marketplace.kernel.errors import InputIsInvalid, NotFound
from marketplace.procurement import records
from marketplace.procurement.evaluation.case import Case, load_held
from marketplace.procurement.evaluation.drafts import ConflictDraft, DeclarationDraft
from marketplace.procurement.evaluation.errors import DeclarationIsMissing, DeclarationIsNotConfirmed
from marketplace.procurement.evaluation.models import PanelMember
from marketplace.procurement.evaluation.panels import replace
from marketplace.procurement.evaluation.pools import Tie, years_before


async def declare(session: Session, viewer: Viewer, tender_id: UUID, draft: DeclarationDraft) -> bool:
    """Declare, or declare anew when something comes to mind later; gives whether the member stays on the panel.

    Ties that ended before the rule's years are kept on record and harm nothing. Raises SignInNeeded, NotFound, InputIsInvalid,
    DeclarationIsNotConfirmed, and what ``case.held`` raises.
    """
    person_id = viewer.signed_in()
    case = await load_held(session, tender_id)
    member = seat_of(case, person_id)
    for number, one in enumerate(draft.conflicts):
        if one.organisation_id not in case.bidders:
            raise InputIsInvalid.of(
                f"conflicts.{number}.organisation_id", "unknown_choice", choice=str(one.organisation_id)
            )
        if one.until is not None and one.until > local_day(session.now()):
            raise InputIsInvalid.of(f"conflicts.{number}.until", "date_in_future")
    if not draft.confirmed:
        raise DeclarationIsNotConfirmed(article=case.rules.rule("recusal").article)
    member.declared_at = session.now()
    member.conflicts = [_plain(one) for one in draft.conflicts]
    back = case.rules.figure("recusal", "back_years")
    since = local_day(years_before(session.now(), back))
    is_tied = any(_counts(one, since) for one in draft.conflicts)
    # What somebody declares is personal: the record says only that they did, and whether they stay.
    await records.append(
        session, tender_id, "panel.declared", person_id, seat=member.seat, member_id=member.id, is_tied=is_tied
    )  # fmt: skip
    if is_tied:
        await replace(session, case, member, Tie.DECLARED, by=person_id)
    return not is_tied


def seat_of(case: Case, person_id: UUID) -> PanelMember:
    """The person's seat. Who sits on a panel is secret, so everybody else finds nothing: raises NotFound."""
    member = next((one for one in case.seats if one.person_id == person_id), None)
    if member is None:
        raise NotFound()
    return member


def declared_seat_of(case: Case, person_id: UUID) -> PanelMember:
    """The seat of a member who may see bids. Raises NotFound, DeclarationIsMissing."""
    member = seat_of(case, person_id)
    if member.declared_at is None:
        raise DeclarationIsMissing(article=case.rules.rule("recusal").article)
    return member


def _counts(one: ConflictDraft, since: date) -> bool:
    return one.until is None or one.until >= since


def _plain(one: ConflictDraft) -> dict[str, Any]:
    return one.model_dump(mode="json")
