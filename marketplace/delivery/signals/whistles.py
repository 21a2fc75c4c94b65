"""A whistle is answered with what was done about it. It is blown and ended by the watch alone (see watching)."""

from uuid import UUID

from sqlalchemy import select

from marketplace.db import audit
from marketplace.db.session import Session
from marketplace.delivery.signals import policy
from marketplace.delivery.signals.drafts import AnswerWhistleDraft
from marketplace.delivery.signals.errors import WhistleIsAnsweredAlready, WhistleIsOver
from marketplace.delivery.signals.events import WhistleAnswered
from marketplace.delivery.signals.models import Whistle
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.outbox.publish import publish


async def answer(session: Session, viewer: Viewer, whistle_id: UUID, draft: AnswerWhistleDraft) -> UUID:
    """Say what was done; answers the whistle's id.

    Raises SignInNeeded, NotFound, NotPermitted, AnswererBelongsToTheProvider, WhistleIsOver, WhistleIsAnsweredAlready.
    """
    viewer.signed_in()
    whistle = await session.scalar(
        select(Whistle)
        .where(Whistle.id == whistle_id, policy.visible_to(viewer))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if whistle is None:
        raise NotFound()
    person_id = policy.must_answer(viewer, whistle)
    if whistle.closed_at is not None:
        raise WhistleIsOver()
    if whistle.answered_at is not None:
        raise WhistleIsAnsweredAlready()
    whistle.answer, whistle.answered_at, whistle.answered_by = draft.answer, session.now(), person_id
    audit.record(session, person_id, "whistle.answered", ("whistle", whistle_id), kind=whistle.kind)
    await publish(session, WhistleAnswered(whistle_id))
    return whistle_id
