"""Look up tags: by kind, as a tree, by code, and by whatever word people use for one. The catalogue is public."""

import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select

from marketplace.catalogue.models import Tag, TagKind, TagSynonym
from marketplace.db.pages import rising
from marketplace.db.session import Session
from marketplace.kernel.locale import EN
from marketplace.kernel.pagination import Page, PageRequest, cut, encode_cursor


@dataclass(frozen=True, slots=True)
class Branch:
    """A tag with the narrower ones under it."""

    tag: Tag
    narrower: tuple[Tag, ...]


def name_of(tag: Tag, locale: str) -> str:
    """The tag's name in the reader's language."""
    return tag.name_en if locale == EN else tag.name_zh


def fold(text: str) -> str:
    """A word as synonyms are compared: half width, lower case, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


def in_use() -> ColumnElement[bool]:
    """SQL: approved, and not retired since."""
    return Tag.approved_at.is_not(None) & Tag.retired_at.is_(None)


def is_proposed() -> ColumnElement[bool]:
    """SQL: proposed by somebody, and decided by nobody yet."""
    return (
        Tag.proposed_at.is_not(None)
        & Tag.approved_at.is_(None)
        & Tag.refused_at.is_(None)
        & Tag.retired_at.is_(None)
    )


async def tags_of(session: Session, *kinds: TagKind) -> Sequence[Tag]:
    """All tags in use of these kinds; broader ones before narrower ones, else by code."""
    found = await session.scalars(
        select(Tag)
        .where(Tag.kind.in_([kind.value for kind in kinds]), in_use())
        .order_by(Tag.kind, func.coalesce(Tag.parent_code, Tag.code), Tag.parent_code.is_not(None), Tag.code)
    )
    return found.all()


async def tree(session: Session, kind: TagKind) -> list[Branch]:
    """The tags of one kind, each broad one with those under it."""
    tags = await tags_of(session, kind)
    codes = {tag.code for tag in tags}
    return [
        Branch(tag, tuple(below for below in tags if below.parent_code == tag.code))
        for tag in tags
        if tag.parent_code not in codes
    ]


async def by_codes(session: Session, codes: Collection[str]) -> dict[str, Tag]:
    """The tags with these codes, in use or not: what was tagged keeps its word."""
    return {tag.code: tag for tag in await session.scalars(select(Tag).where(Tag.code.in_(codes)))}


async def usable_codes(session: Session, codes: Collection[str], *kinds: TagKind) -> frozenset[str]:
    """Those of ``codes`` that are in use and of one of ``kinds``."""
    found = await session.scalars(
        select(Tag.code).where(Tag.code.in_(codes), Tag.kind.in_([kind.value for kind in kinds]), in_use())
    )
    return frozenset(found)


async def resolve(session: Session, text: str, *kinds: TagKind) -> Tag | None:
    """The tag in use that ``text`` names: by code, name in either language, or synonym, in this order."""
    folded = fold(text)
    if not folded or len(folded) > 120 or "\0" in folded:
        return None
    synonyms = select(TagSynonym.tag_code).where(func.lower(TagSynonym.text) == folded)
    matches: ColumnElement[bool] = or_(
        Tag.code == folded,
        func.lower(Tag.name_zh) == folded,
        func.lower(Tag.name_en) == folded,
        Tag.code.in_(synonyms),
    )
    kind = Tag.kind.in_([kind.value for kind in kinds or tuple(TagKind)])
    found = (await session.scalars(select(Tag).where(matches, kind, in_use()).order_by(Tag.code))).all()
    named = [tag for tag in found if folded in (tag.code, fold(tag.name_zh), fold(tag.name_en))]
    return next(iter([*named, *found]), None)


async def synonyms_of(session: Session, codes: Collection[str]) -> dict[str, list[str]]:
    """The other words for each of these tags."""
    found: dict[str, list[str]] = {code: [] for code in codes}
    rows = await session.execute(
        select(TagSynonym.tag_code, TagSynonym.text)
        .where(TagSynonym.tag_code.in_(codes))
        .order_by(TagSynonym.text)
    )
    for code, text in rows:
        found[code].append(text)
    return found


async def proposals(session: Session, request: PageRequest) -> Page[Tag]:
    """Proposed tags that nobody has decided yet, the oldest first. Their readers are moderators: see identity.governance."""
    waiting = select(Tag).where(is_proposed())
    rows = (await session.scalars(rising(waiting, request, Tag.code))).all()
    return cut(rows, request, lambda tag: encode_cursor(tag.code))
