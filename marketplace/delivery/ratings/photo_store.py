"""Photos have a store of their own: put away before their rating is given, and dropped for good when their author is erased."""

from collections.abc import AsyncIterator, Sequence, Set
from contextlib import asynccontextmanager

from sqlalchemy import select, update
from sqlalchemy.orm import aliased

from marketplace.db.session import Database
from marketplace.delivery.ratings import photos
from marketplace.delivery.ratings.models import RatingPhoto
from marketplace.kernel.files import FileStore

_AT_ONCE = 500


@asynccontextmanager
async def kept(
    database: Database, store: FileStore, contents: Sequence[bytes]
) -> AsyncIterator[Sequence[tuple[str, int, str]]]:
    """Photos that are put away while their rating is given: type, size and key of each. Where no rating took them they are deleted.

    Raises as ``photos.checked``.
    """
    checked = photos.checked(contents)
    put = [(content_type, len(content), await store.put(content)) for content_type, content in checked]
    try:
        yield put
    finally:
        for key in await _of_no_rating(database, {key for _, _, key in put}):
            await store.delete(key)


async def _of_no_rating(database: Database, keys: Set[str]) -> Set[str]:
    if not keys:
        return keys
    async with database.reading() as session:
        taken = await session.scalars(select(RatingPhoto.file_key).where(RatingPhoto.file_key.in_(keys)))
        return keys - set(taken)


async def drop_removed(database: Database, store: FileStore) -> None:
    """Delete the bytes of photos that were removed, unless another rating shows the very same picture: a repeated errand."""
    other = aliased(RatingPhoto)
    shown = select(other.id).where(other.file_key == RatingPhoto.file_key, other.removed_at.is_(None))
    async with database.reading() as session:
        found = await session.scalars(
            select(RatingPhoto.file_key)
            .where(RatingPhoto.removed_at.is_not(None), RatingPhoto.file_key.is_not(None), ~shown.exists())
            .distinct()
            .limit(_AT_ONCE)
        )
        keys = [key for key in found if key is not None]
    # Bytes first: killed in between, the next round finds the rows again.
    for key in keys:
        await store.delete(key)
    async with database.unit_of_work() as session:
        await session.execute(
            update(RatingPhoto)
            .where(RatingPhoto.removed_at.is_not(None), RatingPhoto.file_key.in_(keys))
            .values(file_key=None)
            .execution_options(synchronize_session=False)
        )
