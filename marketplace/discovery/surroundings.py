"""What a document says beyond its own row: the names of its area and of all above it, and every word for its tags."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select

from marketplace.areas import queries as areas
from marketplace.areas.models import Area
from marketplace.catalogue.models import Tag, TagSynonym
from marketplace.db.session import Session
from marketplace.discovery.documents import Kind, Surroundings, TagWords, document_id
from marketplace.outbox.models import OutboxStream
from matching.index import Removal


def version() -> ColumnElement[int]:
    """How much news the row has made: it grows with every change that anybody publishes, and needs no column of its own."""
    return func.coalesce(OutboxStream.last_sequence, 0).label("version")


def gone(kind: Kind, row_id: UUID, version: int) -> Removal:
    """What the index is told of a row that is not findable."""
    return Removal(document_id(kind, row_id), version)


async def look_around(
    session: Session, rows: dict[UUID, tuple[int, str]], codes: dict[UUID, list[str]]
) -> dict[UUID, Surroundings]:
    """What documents say beyond their rows: ``rows`` are versions and areas, ``codes`` the tags of each. Two statements."""
    words = await _tag_words(session, {code for some in codes.values() for code in some})
    paths = await areas.paths(session, {area_code for _, area_code in rows.values()})
    nowhere: list[Area] = []
    return {
        row_id: Surroundings(
            version,
            paths.get(area_code, nowhere),
            [tag for code in sorted(codes.get(row_id, [])) for tag in words.get(code, [])],
        )
        for row_id, (version, area_code) in rows.items()
    }


async def _tag_words(session: Session, codes: Collection[str]) -> dict[str, list[TagWords]]:
    """For each code the tag itself and the one above it: who looks for care of older people means help with bathing too."""
    above = select(Tag.parent_code).where(Tag.code.in_(codes), Tag.parent_code.is_not(None))
    rows = await session.execute(
        select(Tag.code, Tag.parent_code, Tag.name_zh, Tag.name_en, TagSynonym.text)
        .outerjoin(TagSynonym, TagSynonym.tag_code == Tag.code)
        .where(or_(Tag.code.in_(codes), Tag.code.in_(above)))
        .order_by(Tag.code, TagSynonym.text)
    )
    words: dict[str, dict[str, None]] = {}
    parents: dict[str, str | None] = {}
    for code, parent, name_zh, name_en, synonym in rows:
        parents[code] = parent
        words.setdefault(code, {}).update(dict.fromkeys(filter(None, (name_zh, name_en, synonym))))
    tags = {code: TagWords(code, tuple(some)) for code, some in words.items()}
    return {
        code: [tags[one] for one in (code, parents[code]) if one is not None and one in tags] for code in tags
    }
