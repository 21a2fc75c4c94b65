"""Comments of the public on an edition or one of its items: made while it is consulted, answered by the buyer, hidden by moderators.

They are kept with the list. Nobody's name is shown beside one: a comment counts by what it says, or by the organisation that says it.
"""

from uuid import UUID

from sqlalchemy import select

from marketplace.db.insert import insert_once
from marketplace.db.session import Session
from marketplace.identity import people
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import InputIsInvalid, NotFound, NotPermitted
from marketplace.kernel.ids import new_id
from marketplace.organisations.policy import belongs
from marketplace.outbox.publish import publish
from marketplace.procurement import records
from marketplace.procurement.lists.drafts import AnswerDraft, CommentDraft, HideDraft
from marketplace.procurement.lists.errors import CommentIsHidden, CommentsAreClosed
from marketplace.procurement.lists.events import CommentAnswered
from marketplace.procurement.lists.holding import HeldEdition, held, held_by_officer
from marketplace.procurement.lists.models import ListComment, ListItemVersion
from marketplace.procurement.lists.policy import may_moderate
from marketplace.procurement.lists.states import EditionState
from marketplace.volunteering.errors import KeyWasUsedElsewhere


async def comment(session: Session, viewer: Viewer, edition_id: UUID, draft: CommentDraft) -> UUID:
    """Say something; gives the comment's id, for a repeated key the first one.

    Raises SignInNeeded, NotFound, CommentsAreClosed, InputIsInvalid, KeyWasUsedElsewhere.
    """
    person = await people.must_be_there(session, viewer.signed_in())
    answered = await _said_before(session, person.id, draft.idempotency_key)
    if answered is not None:
        return _same(answered, edition_id)
    it = await held(session, viewer, edition_id)
    if it.state is not EditionState.CONSULTATION:
        raise CommentsAreClosed()
    if draft.organisation_id is not None and not belongs(viewer, draft.organisation_id):
        raise InputIsInvalid.of("organisation_id", "unknown_choice", choice=str(draft.organisation_id))
    await _must_have(session, it, draft.item_id)
    row = ListComment(
        id=new_id(),
        edition_id=edition_id,
        person_id=person.id,
        created_at=session.now(),
        **draft.model_dump(),
    )
    if not await insert_once(session, row):
        raise KeyWasUsedElsewhere()
    await records.append(
        session, it.list.id, "comment.made", None, edition=edition_id, comment=row.id, item=draft.item_id
    )
    return row.id


async def answer(session: Session, viewer: Viewer, comment_id: UUID, draft: AnswerDraft) -> None:
    """Answer a comment, or answer it anew, until the edition is decided; the record keeps that there was another answer.

    Raises SignInNeeded, NotFound, NotPermitted, CommentIsHidden, CommentsAreClosed.
    """
    viewer.signed_in()
    row = await _row(session, comment_id)
    it, officer = await held_by_officer(session, viewer, row.edition_id)
    await session.refresh(row)
    if row.hidden_at is not None:
        raise CommentIsHidden()
    if it.state not in {EditionState.CONSULTATION, EditionState.CONSULTED}:
        raise CommentsAreClosed()
    row.answer, row.answered_at, row.answered_by = draft.answer, session.now(), officer
    await records.append(
        session,
        it.list.id,
        "comment.answered",
        officer,
        comment=comment_id,
        answer_hash=records.content_hash(draft.answer),
    )
    await publish(session, CommentAnswered(it.list.id, comment_id))


async def hide(session: Session, viewer: Viewer, comment_id: UUID, draft: HideDraft) -> None:
    """Take a comment out of sight, with a reason that stands in its place. Doing so twice changes nothing.

    Raises SignInNeeded, NotFound, NotPermitted.
    """
    moderator = viewer.signed_in()
    row = await _row(session, comment_id)
    it = await held(session, viewer, row.edition_id)
    if not may_moderate(viewer, it.buyer.area_code):
        raise NotPermitted()
    await session.refresh(row)
    if row.hidden_at is not None:
        return
    row.hidden_at, row.hidden_by, row.hidden_reason = session.now(), moderator, draft.reason
    await records.append(session, it.list.id, "comment.hidden", moderator, comment=comment_id)


async def _row(session: Session, comment_id: UUID) -> ListComment:
    row = await session.get(ListComment, comment_id)
    if row is None:
        raise NotFound()
    return row


async def _said_before(session: Session, person_id: UUID, key: str) -> ListComment | None:
    found: ListComment | None = await session.scalar(
        select(ListComment).where(ListComment.person_id == person_id, ListComment.idempotency_key == key)
    )
    return found


def _same(row: ListComment, edition_id: UUID) -> UUID:
    if row.edition_id != edition_id:
        raise KeyWasUsedElsewhere()
    return row.id


async def _must_have(session: Session, it: HeldEdition, item_id: UUID | None) -> None:
    if item_id is None:
        return
    found = await session.scalar(
        select(ListItemVersion.id).where(
            ListItemVersion.edition_id == it.edition.id, ListItemVersion.item_id == item_id
        )
    )
    if found is None:
        raise InputIsInvalid.of("item_id", "unknown_choice", choice=str(item_id))
