"""The rule in force: the newest row of a code that has begun, with the article that a refusal cites."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from marketplace.catalogue.models import Rule
from marketplace.db.session import Session


@dataclass(frozen=True, slots=True)
class RuleInForce:
    """One rule as it stands at this moment: its value, the article it comes from, and how days are counted."""

    code: str
    value: Mapping[str, Any]
    article: str
    day_type: str | None
    title_zh: str
    title_en: str


async def in_force(session: Session, code: str) -> RuleInForce:
    """The rule ``code`` now. Raises LookupError for a code that no shipped or added row carries: a fault of ours, not of the reader."""
    row = (
        await session.execute(
            select(Rule)
            .where(Rule.code == code, Rule.in_force_from <= session.now())
            .order_by(Rule.in_force_from.desc())
            .limit(1)
        )
    ).scalar_one_or_none()
    if row is None:
        raise LookupError(f"no rule {code} is in force")
    return RuleInForce(row.code, row.value, row.article, row.day_type, row.title_zh, row.title_en)
