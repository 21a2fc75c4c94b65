"""Qualification types and what they include: a physician is taken to hold what a nurse holds, and so on down the chain."""

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import select

from marketplace.catalogue.models import QualificationInclusion, QualificationType
from marketplace.db.session import Session


async def types(session: Session) -> list[QualificationType]:
    """Every qualification type, by code."""
    return list(await session.scalars(select(QualificationType).order_by(QualificationType.code)))


async def inclusions(session: Session) -> dict[str, set[str]]:
    """For every type that includes others: the codes that it includes directly."""
    found: dict[str, set[str]] = {}
    for code, included in await session.execute(
        select(QualificationInclusion.code, QualificationInclusion.includes_code)
    ):
        found.setdefault(code, set()).add(included)
    return found


def with_included(held: Iterable[str], inclusions: Mapping[str, Collection[str]]) -> frozenset[str]:
    """The codes ``held`` and all that they include, however long the chain; a circle of inclusions ends by itself."""
    known: set[str] = set()
    waiting = list(held)
    while waiting:
        code = waiting.pop()
        if code not in known:
            known.add(code)
            waiting.extend(inclusions.get(code, ()))
    return frozenset(known)


async def satisfies(session: Session, held: Collection[str], needed: Collection[str]) -> bool:
    """Whether whoever holds ``held`` is taken to hold everything ``needed``."""
    return set(needed) <= with_included(held, await inclusions(session))
