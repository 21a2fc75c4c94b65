"""Moderation of words, photos and replies: readers report, moderators hide with a public reason, authors appeal once, another moderator
decides. The number of a rating is never touched."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, update

from marketplace.catalogue import rules
from marketplace.db import audit
from marketplace.db.insert import insert_once
from marketplace.db.session import Session
from marketplace.delivery.ratings import public_policy, published
from marketplace.delivery.ratings.care_drafts import (
    AppealDecisionDraft,
    AppealDraft,
    HidingDraft,
    Part,
    ReportDraft,
)
from marketplace.delivery.ratings.errors import (
    AnotherModeratorDecides,
    AppealIsDecided,
    AppealIsTooLate,
    HidingIsAppealed,
    NothingIsAppealed,
    OnlyTheAuthorAppeals,
    PartIsHidden,
    PartIsNotThere,
    PartIsReported,
    PartWasRestored,
    ReportsAreSettled,
)
from marketplace.delivery.ratings.events import AppealDecided, HidingAppealed, WordsHidden
from marketplace.delivery.ratings.models import (
    Rating,
    RatingComplaint,
    RatingHiding,
    RatingPeriod,
    RatingTicket,
)
from marketplace.delivery.ratings.published import PublishedRating
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.clock import days_end, last_day
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import new_id
from marketplace.outbox.publish import publish

RULE: Final = "rating.moderation"
_HIDING: Final = "rating_hiding"


async def report(session: Session, viewer: Viewer, rating_id: UUID, draft: ReportDraft) -> UUID:
    """Tell the moderators what is wrong with a part of a public rating; answers the report's id.

    Raises SignInNeeded, NotFound, PartIsNotThere, PartIsReported.
    """
    person_id = viewer.signed_in()
    one = await published.rating(session, viewer, rating_id)
    _must_have(one, draft.what)
    row = RatingComplaint(
        id=new_id(),
        rating_id=rating_id,
        what=draft.what.value,
        text=draft.text,
        complained_at=session.now(),
        complained_by=person_id,
    )
    if not await insert_once(session, row):
        raise PartIsReported()
    return row.id


async def dismiss(session: Session, viewer: Viewer, rating_id: UUID, what: Part) -> None:
    """As a moderator: nothing is wrong with the part; all open reports about it are settled.

    Raises SignInNeeded, NotFound, NotPermitted, CaretakerIsConcerned, ReportsAreSettled.
    """
    person_id = await _moderator(session, viewer, rating_id)
    if not await _settled(session, person_id, rating_id, what.value):
        raise ReportsAreSettled()
    audit.record(session, person_id, "rating.reports_dismissed", ("rating", rating_id), what=what.value)


async def hide(session: Session, viewer: Viewer, rating_id: UUID, draft: HidingDraft) -> UUID:
    """As a moderator: hide a part; that and why stays public, and so does the number. Answers the hiding's id.

    Raises SignInNeeded, NotFound, NotPermitted, CaretakerIsConcerned, PartIsNotThere, PartIsHidden, PartWasRestored.
    """
    person_id = await _moderator(session, viewer, rating_id)
    one = await published.rating(session, viewer, rating_id)
    if one.hides(draft.what) is None:
        if any(part.what == draft.what for part in one.hidden):
            raise PartWasRestored()
        _must_have(one, draft.what)
    row = RatingHiding(
        id=new_id(),
        rating_id=rating_id,
        what=draft.what.value,
        reason=draft.reason.value,
        explanation=draft.explanation,
        hidden_at=session.now(),
        hidden_by=person_id,
    )
    if not await insert_once(session, row):
        raise PartIsHidden()
    await _settled(session, person_id, rating_id, draft.what.value)
    audit.record(
        session,
        person_id,
        "rating.hidden",
        (_HIDING, row.id),
        rating=rating_id,
        what=row.what,
        reason=row.reason,
    )
    await publish(session, WordsHidden(rating_id=rating_id, hiding_id=row.id))
    return row.id


async def appeal(session: Session, viewer: Viewer, hiding_id: UUID, draft: AppealDraft) -> UUID:
    """As the author of what was hidden: ask that another moderator looks; answers the rating's id.

    Raises SignInNeeded, NotFound, OnlyTheAuthorAppeals, AppealIsTooLate, HidingIsAppealed.
    """
    person_id = viewer.signed_in()
    hiding, rating, is_mine, terms = await _hiding(session, viewer, hiding_id)
    is_author = (
        public_policy.may_reply(viewer, rating.organisation_id) if hiding.what == Part.REPLY else is_mine
    )
    if not is_author:
        raise OnlyTheAuthorAppeals()
    until = days_end(hiding.hidden_at, terms[RULE]["appeal_within_days"])
    if session.now() >= until:
        raise AppealIsTooLate(last=last_day(until), article=(await rules.in_force(session, RULE)).article)
    appealed = await session.execute(
        update(RatingHiding)
        .where(RatingHiding.id == hiding_id, RatingHiding.appealed_at.is_(None))
        .values(appeal=draft.text, appealed_at=session.now(), appealed_by=person_id)
        .returning(RatingHiding.id)
        .execution_options(synchronize_session=False)
    )
    if appealed.scalar_one_or_none() is None:
        raise HidingIsAppealed()
    audit.record(session, person_id, "rating.hiding_appealed", (_HIDING, hiding_id))
    await publish(session, HidingAppealed(rating_id=rating.id, hiding_id=hiding_id))
    return rating.id


async def decide(session: Session, viewer: Viewer, hiding_id: UUID, draft: AppealDecisionDraft) -> UUID:
    """As another moderator than the one who hid it: restore it or leave it hidden, with the reason; answers the rating's id.

    Raises SignInNeeded, NotFound, NotPermitted, CaretakerIsConcerned, AnotherModeratorDecides, NothingIsAppealed, AppealIsDecided.
    """
    hiding, rating, is_mine, _ = await _hiding(session, viewer, hiding_id)
    person_id = public_policy.must_care(viewer, Role.MODERATOR, [(rating, is_mine)])
    if hiding.hidden_by == person_id:
        raise AnotherModeratorDecides()
    if hiding.appealed_at is None:
        raise NothingIsAppealed()
    decided = await session.execute(
        update(RatingHiding)
        .where(
            RatingHiding.id == hiding_id,
            RatingHiding.appealed_at.is_not(None),
            RatingHiding.appeal_decided_at.is_(None),
        )
        .values(
            appeal_decided_at=session.now(),
            appeal_decided_by=person_id,
            is_restored=draft.is_restored,
            appeal_reason=draft.reason,
        )
        .returning(RatingHiding.id)
        .execution_options(synchronize_session=False)
    )
    if decided.scalar_one_or_none() is None:
        raise AppealIsDecided()
    audit.record(
        session, person_id, "rating.appeal_decided", (_HIDING, hiding_id), is_restored=draft.is_restored
    )
    await publish(session, AppealDecided(rating_id=rating.id, hiding_id=hiding_id))
    return rating.id


def _must_have(one: PublishedRating, what: Part) -> None:
    """Raises PartIsNotThere."""
    if not one.has(what.value):
        raise PartIsNotThere()


async def _moderator(session: Session, viewer: Viewer, rating_id: UUID) -> UUID:
    """The moderator's id, for a rating that is public. Raises SignInNeeded, NotFound, NotPermitted, CaretakerIsConcerned."""
    viewer.signed_in()
    found = (
        await session.execute(
            _with_author(viewer).where(Rating.id == rating_id, public_policy.visible_to(viewer))
        )
    ).one_or_none()
    if found is None:
        raise NotFound()
    return public_policy.must_care(viewer, Role.MODERATOR, [(found.Rating, found.is_mine)])


async def _hiding(
    session: Session, viewer: Viewer, hiding_id: UUID
) -> tuple[RatingHiding, Rating, bool, dict[str, Any]]:
    """What was hidden, of which rating, whether the viewer gave it, and the terms of its period. Raises SignInNeeded, NotFound."""
    viewer.signed_in()
    found = (
        await session.execute(
            _with_author(viewer)
            .add_columns(RatingHiding, RatingPeriod.rules)
            .join(RatingHiding, RatingHiding.rating_id == Rating.id)
            .join(RatingPeriod, RatingPeriod.id == Rating.period_id)
            .where(RatingHiding.id == hiding_id, public_policy.visible_to(viewer))
        )
    ).one_or_none()
    if found is None:
        raise NotFound()
    return found.RatingHiding, found.Rating, bool(found.is_mine), found.rules


def _with_author(viewer: Viewer) -> Any:
    return select(Rating, public_policy.is_mine(viewer)).join(
        RatingTicket, RatingTicket.id == Rating.ticket_id
    )


async def _settled(session: Session, person_id: UUID, rating_id: UUID, what: str) -> bool:
    """Whether there were open reports about the part; they wait no more."""
    settled = await session.execute(
        update(RatingComplaint)
        .where(
            RatingComplaint.rating_id == rating_id,
            RatingComplaint.what == what,
            RatingComplaint.dismissed_at.is_(None),
        )
        .values(dismissed_at=session.now(), dismissed_by=person_id)
        .returning(RatingComplaint.id)
        .execution_options(synchronize_session=False)
    )
    return bool(settled.scalars().all())
