"""From the words that people choose or type to the codes of the catalogue and the areas; an unknown one is a field's fault."""

from collections.abc import Iterable, Mapping

from sqlalchemy import select

from marketplace.areas import queries as areas
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.models import QualificationType, TagKind
from marketplace.db.session import Session
from marketplace.kernel.errors import FieldProblem, InputIsInvalid

NEED_TAG_KINDS = (TagKind.SKILL, TagKind.AUDIENCE, TagKind.LANGUAGE, TagKind.TOPIC)


async def category(session: Session, word: str) -> str:
    """The category that ``word`` names by code, name or synonym. Raises InputIsInvalid."""
    return (await _tags(session, "category", [word], TagKind.CATEGORY))[0]


async def tags(session: Session, words: Iterable[str]) -> list[str]:
    """The codes of the skills, audiences, languages and topics that ``words`` name, each once. Raises InputIsInvalid."""
    return await _tags(session, "tags", list(words), *NEED_TAG_KINDS)


async def qualifications(session: Session, codes: Iterable[str]) -> list[str]:
    """``codes`` without repeats, all of them known qualification types. Raises InputIsInvalid."""
    wanted = list(dict.fromkeys(codes))
    if not wanted:
        return []
    known = set(
        await session.scalars(select(QualificationType.code).where(QualificationType.code.in_(wanted)))
    )
    _refuse_unknown("qualifications", {code: code in known for code in wanted})
    return wanted


async def area(session: Session, code: str) -> str:
    """``code``, when it is an area that the newest edition still lists. Raises InputIsInvalid."""
    _refuse_unknown("area_code", {code: await areas.current(session, code) is not None})
    return code


async def _tags(session: Session, field: str, words: list[str], *kinds: TagKind) -> list[str]:
    if not words:
        return []
    # Pages send codes, all known by one statement; only words that people typed are looked up one by one.
    usable = await catalogue.usable_codes(session, words, *kinds)
    codes: dict[str, str | None] = {word: word if word in usable else None for word in words}
    for word in [word for word, code in codes.items() if code is None]:
        tag = await catalogue.resolve(session, word, *kinds)
        codes[word] = tag.code if tag else None
    _refuse_unknown(field, {word: code is not None for word, code in codes.items()})
    return list(dict.fromkeys(code for code in codes.values() if code is not None))


def _refuse_unknown(field: str, is_known: Mapping[str, bool]) -> None:
    problems = [
        FieldProblem(field, "unknown_choice", {"choice": word})
        for word, known in is_known.items()
        if not known
    ]
    if problems:
        raise InputIsInvalid(problems)
