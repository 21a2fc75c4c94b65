"""Discovery's share of a person's data: what they search for, exported and forgotten."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.db.session import Session
from marketplace.discovery.saved_models import SavedSearch
from marketplace.discovery.saved_searches import forget
from marketplace.identity.events import PersonErased


async def collect(session: Session, person_id: UUID) -> dict[str, Any]:
    """Plain JSON values for the person's own export."""
    searches = await session.scalars(
        select(SavedSearch).where(SavedSearch.person_id == person_id).order_by(SavedSearch.created_at)
    )
    return {
        "saved_searches": [
            {
                "name": search.name,
                "wishes": search.wishes,
                "how_told": search.how_told,
                "saved_at": search.created_at.isoformat(),
                "paused_at": search.paused_at.isoformat() if search.paused_at else None,
            }
            for search in searches
        ]
    }


async def erase(session: Session, person_id: UUID) -> None:
    """Nothing that the person searched for is kept, nor what was found for them."""
    theirs = await session.scalars(
        select(SavedSearch.id)
        .where(SavedSearch.person_id == person_id)
        .order_by(SavedSearch.id)
        .with_for_update()
    )
    await forget(session, theirs.all())


async def erase_late(session: Session, event: PersonErased) -> None:
    """Consumer: what was saved in the very moment of the erasure goes as well."""
    await erase(session, event.person_id)
