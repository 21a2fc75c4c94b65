"""The provider's public word beside a rating: one reply and one update, within the rule's days. The rating stays as it is."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select

from marketplace.catalogue import rules
from marketplace.db import audit
from marketplace.db.insert import insert_once
from marketplace.db.session import Session
from marketplace.delivery.ratings import public_policy, published
from marketplace.delivery.ratings.care_drafts import ReplyDraft
from marketplace.delivery.ratings.errors import (
    RatingIsNotAnswered,
    ReplyIsGiven,
    ReplyIsHidden,
    ReplyIsTooLate,
)
from marketplace.delivery.ratings.events import RatingAnswered
from marketplace.delivery.ratings.models import RatingReply
from marketplace.delivery.ratings.published import PublishedRating
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import last_day
from marketplace.kernel.errors import NotFound, NotPermitted
from marketplace.kernel.ids import new_id
from marketplace.outbox.publish import publish

_REPLY, _UPDATE = 1, 2
RULE: Final = "rating.reply"


async def reply(session: Session, viewer: Viewer, rating_id: UUID, draft: ReplyDraft) -> UUID:
    """Reply as the provider's manager; answers the reply's id. The same words twice are one reply.

    Raises SignInNeeded, NotFound, NotPermitted, ReplyIsTooLate, ReplyIsGiven.
    """
    one = await _answered(session, viewer, rating_id)
    return await _write(session, viewer, one, _REPLY, draft, one.reply_until)


async def update(session: Session, viewer: Viewer, rating_id: UUID, draft: ReplyDraft) -> UUID:
    """Add the one update to the reply; answers its id. The same words twice are one update.

    Raises SignInNeeded, NotFound, NotPermitted, RatingIsNotAnswered, ReplyIsHidden, ReplyIsTooLate, ReplyIsGiven.
    """
    one = await _answered(session, viewer, rating_id)
    if one.hides(published.REPLY) is not None:
        raise ReplyIsHidden()
    if one.reply is None:
        raise RatingIsNotAnswered()
    return await _write(session, viewer, one, _UPDATE, draft, one.update_until)


async def _answered(session: Session, viewer: Viewer, rating_id: UUID) -> PublishedRating:
    viewer.signed_in()
    one = await published.rating(session, viewer, rating_id)
    if one.is_held:
        raise NotFound()
    if not public_policy.may_reply(viewer, one.organisation_id):
        raise NotPermitted()
    return one


async def _write(
    session: Session, viewer: Viewer, one: PublishedRating, number: int, draft: ReplyDraft, until: datetime
) -> UUID:
    person_id = viewer.signed_in()
    if session.now() >= until:
        raise ReplyIsTooLate(last=last_day(until), article=(await rules.in_force(session, RULE)).article)
    row = RatingReply(
        id=new_id(),
        rating_id=one.id,
        number=number,
        text=draft.text,
        written_at=session.now(),
        written_by=person_id,
    )
    if not await insert_once(session, row):
        return await _same(session, one.id, number, draft.text)
    audit.record(session, person_id, "rating.answered", ("rating", one.id), number=number)
    await publish(session, RatingAnswered(rating_id=one.id, reply_id=row.id))
    return row.id


async def _same(session: Session, rating_id: UUID, number: int, text: str) -> UUID:
    """The reply that is there when it says the same: a button pressed twice. Raises ReplyIsGiven."""
    found: UUID | None = await session.scalar(
        select(RatingReply.id).where(
            RatingReply.rating_id == rating_id, RatingReply.number == number, RatingReply.text == text
        )
    )
    if found is None:
        raise ReplyIsGiven()
    return found
