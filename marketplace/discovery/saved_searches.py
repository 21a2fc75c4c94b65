"""Saved searches: kept, renamed, told in another way, paused and given up by the one person whose they are."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete as delete_from
from sqlalchemy import select, update

from marketplace.db.insert import upsert
from marketplace.db.session import Session
from marketplace.discovery import saved_wishes
from marketplace.discovery.saved_drafts import ChangeSearchDraft, SaveSearchDraft
from marketplace.discovery.saved_errors import SavedSearchesAreTooMany, SearchAsksForNothing
from marketplace.discovery.saved_events import SavedSearchBegan
from marketplace.discovery.saved_models import HowTold, SavedSearch, SavedSearchCount, SavedSearchMatch
from marketplace.discovery.saved_names import must_be_in_use, names_for, title_of
from marketplace.discovery.saved_policy import visible_to
from marketplace.identity.people import must_be_there
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import InputIsInvalid, NotFound
from marketplace.kernel.ids import new_id
from marketplace.outbox.publish import publish

MOST_A_PERSON = 20
LONGEST_TEXT = 200
_ONLY_ROW = 1
_CHANGED = "saved_searches_changed"


async def save(session: Session, viewer: Viewer, draft: SaveSearchDraft) -> UUID:
    """Keep a search and give its id; the same wishes saved twice are one search, which stays as it is.

    Raises SignInNeeded, InputIsInvalid for wishes that name nothing we know, SearchAsksForNothing, SavedSearchesAreTooMany.
    """
    person_id = viewer.signed_in()
    wishes = draft.wishes
    if len(wishes.text or "") > LONGEST_TEXT:
        raise InputIsInvalid.of("text", "string_too_long", max_length=LONGEST_TEXT)
    if not saved_wishes.asks_for_something(wishes):
        raise SearchAsksForNothing()
    names = await names_for(session, [wishes])
    must_be_in_use(wishes, names)
    await must_be_there(session, person_id)  # one's own savings wait for each other, so that the limit holds
    stored = saved_wishes.written(wishes)
    kept = await _kept(session, person_id)
    digest = saved_wishes.digest(stored)
    if digest in kept:
        return kept[digest]
    if len(kept) >= MOST_A_PERSON:
        raise SavedSearchesAreTooMany(most=MOST_A_PERSON)
    row = SavedSearch(
        id=new_id(),
        person_id=person_id,
        name=draft.name or title_of(viewer.locale, wishes, names),
        wishes=stored,
        digest=digest,
        how_told=draft.how_told,
        created_at=session.now(),
        changed_at=session.now(),
        watches_from=session.now(),
    )
    session.add(row)
    await session.flush()
    await _note_change(session, row.id)
    await publish(session, SavedSearchBegan(row.id))
    return row.id


async def change(session: Session, viewer: Viewer, search_id: UUID, draft: ChangeSearchDraft) -> None:
    """Give a search another name or another way to be told. Raises SignInNeeded, NotFound.

    What was matched while nothing was to be told is not told afterwards.
    """
    row = await _own(session, viewer, search_id)
    if draft.name is not None:
        row.name = draft.name
    if draft.how_told is not None and draft.how_told != row.how_told:
        if row.how_told == HowTold.OFF:
            await _pass_over(session, row.id)
        row.how_told = draft.how_told
    row.changed_at = session.now()
    await session.flush()


async def pause(session: Session, viewer: Viewer, search_id: UUID) -> None:
    """Let a search rest: nothing is matched meanwhile, and nothing that was matched is told. Raises SignInNeeded, NotFound."""
    row = await _own(session, viewer, search_id)
    if row.paused_at is None:
        row.paused_at = row.changed_at = session.now()
        await _pass_over(session, row.id)
        await _note_change(session, row.id)


async def resume(session: Session, viewer: Viewer, search_id: UUID) -> None:
    """Let a search go on, with what is published from now. Raises SignInNeeded, NotFound."""
    row = await _own(session, viewer, search_id)
    if row.paused_at is not None:
        row.paused_at = None
        row.watches_from = row.changed_at = session.now()
        await _note_change(session, row.id)
        await publish(session, SavedSearchBegan(row.id))


async def look(session: Session, viewer: Viewer, search_id: UUID) -> None:
    """Note that the owner looked at what a search finds: nothing found before is new any more. Raises SignInNeeded, NotFound."""
    row = await _own(session, viewer, search_id)
    row.looked_at = session.now()
    await session.flush()


async def delete(session: Session, viewer: Viewer, search_id: UUID) -> None:
    """Give a search up, with the memory of what it found. Raises SignInNeeded, NotFound."""
    row = await _own(session, viewer, search_id)
    await forget(session, [row.id])


async def forget(session: Session, search_ids: Sequence[UUID]) -> None:
    """Remove searches whose rows the caller has locked. Processes that hold them in memory notice when they match next."""
    await session.execute(
        delete_from(SavedSearchMatch).where(SavedSearchMatch.saved_search_id.in_(search_ids))
    )
    await session.execute(delete_from(SavedSearch).where(SavedSearch.id.in_(search_ids)))


async def renumber_of(session: Session, person_id: UUID) -> None:
    """Let every process read a person's searches anew: where they live, and with it what is near, may be another place."""
    for search_id in await session.scalars(select(SavedSearch.id).where(SavedSearch.person_id == person_id)):
        await _note_change(session, search_id)


async def _kept(session: Session, person_id: UUID) -> dict[bytes, UUID]:
    rows = await session.execute(
        select(SavedSearch.digest, SavedSearch.id).where(SavedSearch.person_id == person_id)
    )
    return {row.digest: row.id for row in rows}


async def _own(session: Session, viewer: Viewer, search_id: UUID) -> SavedSearch:
    """The search, locked: whoever matches it meanwhile has finished, or finds it as we leave it."""
    viewer.signed_in()
    row = await session.scalar(
        select(SavedSearch).where(SavedSearch.id == search_id, visible_to(viewer)).with_for_update()
    )
    if row is None:
        raise NotFound()
    return row


async def _pass_over(session: Session, search_id: UUID) -> None:
    await session.execute(
        update(SavedSearchMatch)
        .where(
            SavedSearchMatch.saved_search_id == search_id,
            SavedSearchMatch.told_at.is_(None),
            SavedSearchMatch.passed_over_at.is_(None),
        )
        .values(passed_over_at=session.now())
    )


async def _note_change(session: Session, search_id: UUID) -> None:
    """Number the change as the transaction's last act: the count's lock is held for no longer than the commit."""
    session.info.setdefault(_CHANGED, set()).add(search_id)
    session.finally_do(_number)


async def _number(session: Session) -> None:
    changed: set[UUID] = session.info.pop(_CHANGED, set())
    first = upsert(session, SavedSearchCount).values(id=_ONLY_ROW, last_number=1)
    number = await session.scalar(
        first.on_conflict_do_update(
            index_elements=[SavedSearchCount.id], set_={"last_number": SavedSearchCount.last_number + 1}
        ).returning(SavedSearchCount.last_number)
    )
    await session.execute(
        update(SavedSearch).where(SavedSearch.id.in_(changed)).values(change_number=number),
        execution_options={"synchronize_session": False},
    )
