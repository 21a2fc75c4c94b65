"""From the words that people choose or type to the codes of the catalogue and the areas; an unknown one is a field's fault."""

import unicodedata
from collections.abc import Collection, Iterable

from sqlalchemy import func, select

from marketplace.areas.models import Area
from marketplace.catalogue.models import QualificationType, Tag, TagKind, TagSynonym
from marketplace.db.session import Session
from marketplace.kernel.errors import FieldProblem, InputIsInvalid

NEED_TAG_KINDS = (TagKind.SKILL, TagKind.AUDIENCE, TagKind.LANGUAGE, TagKind.TOPIC)


async def category(session: Session, word: str) -> str:
    """The category that ``word`` names by code, name or synonym. Raises InputIsInvalid."""
    return (await _tags(session, "category", [word], [TagKind.CATEGORY]))[0]


async def tags(session: Session, words: Iterable[str]) -> list[str]:
    """The codes of the skills, audiences, languages and topics that ``words`` name, each once. Raises InputIsInvalid."""
    return await _tags(session, "tags", list(words), NEED_TAG_KINDS)


async def qualifications(session: Session, codes: Iterable[str]) -> list[str]:
    """``codes`` without repeats, all of them known qualification types. Raises InputIsInvalid."""
    wanted = list(dict.fromkeys(codes))
    known = set(
        await session.scalars(select(QualificationType.code).where(QualificationType.code.in_(wanted)))
    )
    _refuse_unknown("qualifications", {code: code in known for code in wanted})
    return wanted


async def area(session: Session, code: str) -> str:
    """``code``, when it is an area that is not retired. Raises InputIsInvalid."""
    known = await session.scalar(select(Area.code).where(Area.code == code, Area.retired_in.is_(None)))
    _refuse_unknown("area_code", {code: known is not None})
    return code


async def _tags(session: Session, field: str, words: list[str], kinds: Collection[TagKind]) -> list[str]:
    if not words:
        return []
    folded = {word: _folded(word) for word in words}
    sought = {*words, *folded.values()}
    rows = await session.execute(
        select(Tag.code, Tag.name_zh, Tag.name_en, TagSynonym.text)
        .outerjoin(TagSynonym, (TagSynonym.tag_code == Tag.code) & TagSynonym.text.in_(sought))
        .where(
            Tag.kind.in_([kind.value for kind in kinds]),
            Tag.approved_at.is_not(None),
            Tag.retired_at.is_(None),
            Tag.code.in_(sought)
            | Tag.name_zh.in_(sought)
            | func.lower(Tag.name_en).in_(folded.values())
            | TagSynonym.text.is_not(None),
        )
    )
    code_of: dict[str, str] = {}
    for code, *names in rows:
        code_of.update({_folded(name): code for name in names if name})
        code_of[code] = code
    _refuse_unknown(field, {word: _code(code_of, word, folded[word]) is not None for word in words})
    return list(dict.fromkeys(code_of.get(word) or code_of[folded[word]] for word in words))


def _code(code_of: dict[str, str], word: str, folded: str) -> str | None:
    return code_of.get(word) or code_of.get(folded)


def _folded(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold().strip()


def _refuse_unknown(field: str, is_known: dict[str, bool]) -> None:
    problems = [
        FieldProblem(field, "unknown_choice", {"choice": word})
        for word, known in is_known.items()
        if not known
    ]
    if problems:
        raise InputIsInvalid(problems)
