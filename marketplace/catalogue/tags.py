"""Tags are proposed by people and decided by moderators. Who may do which is asked in ``identity.governance``, one floor up."""

import re
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from marketplace.catalogue import queries
from marketplace.catalogue.drafts import TagDraft
from marketplace.catalogue.errors import TagExistsAlready, TagIsDecided, TooManyProposals
from marketplace.catalogue.models import Tag, TagSynonym
from marketplace.db.session import Session
from marketplace.kernel.errors import InputIsInvalid, NotFound
from marketplace.kernel.ids import new_id

MOST_WAITING = 10


async def propose(session: Session, by: UUID, draft: TagDraft) -> str:
    """Add a tag that waits for a decision; answers its code. Raises TagExistsAlready, TooManyProposals, InputIsInvalid."""
    await _refuse_too_many(session, by)
    await _check_parent(session, draft)
    for name in (draft.name_zh, draft.name_en):
        existing = await queries.resolve(session, name, draft.kind)
        if existing is not None:
            raise TagExistsAlready(name=name, existing=existing.name_zh)
    code = await _new_code(session, draft)
    try:
        async with session.begin_nested():
            session.add(
                Tag(
                    code=code,
                    kind=draft.kind.value,
                    name_zh=draft.name_zh,
                    name_en=draft.name_en,
                    parent_code=draft.parent_code,
                    proposed_by=by,
                    proposed_at=session.now(),
                )
            )
    except IntegrityError:
        raise TagExistsAlready(name=draft.name_zh, existing=draft.name_zh) from None
    words = {queries.fold(word) for word in draft.synonyms}
    session.add_all(TagSynonym(tag_code=code, text=word) for word in sorted(words))
    await session.flush()
    return code


async def approve(session: Session, code: str) -> None:
    """Take a proposed tag into use. Raises NotFound, TagIsDecided."""
    await _decide(session, code, "approved_at")


async def refuse(session: Session, code: str) -> None:
    """Turn a proposed tag down. Raises NotFound, TagIsDecided."""
    await _decide(session, code, "refused_at")


async def retire(session: Session, code: str) -> None:
    """Take a tag out of use; what carries it keeps it. Raises NotFound, TagIsDecided when it is not in use."""
    changed = await session.execute(
        update(Tag)
        .where(Tag.code == code, queries.in_use())
        .values(retired_at=session.now())
        .returning(Tag.code)
    )
    await _expect_one(session, code, changed.scalar_one_or_none())


async def _decide(session: Session, code: str, moment: str) -> None:
    changed = await session.execute(
        update(Tag)
        .where(
            Tag.code == code,
            Tag.approved_at.is_(None),
            Tag.refused_at.is_(None),
            Tag.retired_at.is_(None),
        )
        .values({moment: session.now()})
        .returning(Tag.code)
    )
    await _expect_one(session, code, changed.scalar_one_or_none())


async def _expect_one(session: Session, code: str, changed: str | None) -> None:
    if changed is not None:
        return
    if await session.scalar(select(Tag.code).where(Tag.code == code)) is None:
        raise NotFound()
    raise TagIsDecided()


async def _refuse_too_many(session: Session, by: UUID) -> None:
    waiting = await session.scalar(
        select(func.count())
        .select_from(Tag)
        .where(Tag.proposed_by == by, Tag.approved_at.is_(None), Tag.refused_at.is_(None))
    )
    if (waiting or 0) >= MOST_WAITING:
        raise TooManyProposals(most=MOST_WAITING)


async def _check_parent(session: Session, draft: TagDraft) -> None:
    if draft.parent_code is None:
        return
    parent = (await queries.by_codes(session, [draft.parent_code])).get(draft.parent_code)
    is_broad = parent is not None and parent.kind == draft.kind and parent.parent_code is None
    if not is_broad:
        raise InputIsInvalid.of("parent_code", "unknown_choice", choice=draft.parent_code)


async def _new_code(session: Session, draft: TagDraft) -> str:
    slug = re.sub(r"[^a-z0-9]+", "_", draft.name_en.lower()).strip("_")[:50] or draft.kind.value
    taken = await session.scalar(select(Tag.code).where(Tag.code == slug))
    return slug if taken is None else f"{slug}_{new_id().hex[-8:]}"
