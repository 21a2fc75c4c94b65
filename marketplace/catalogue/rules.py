"""The rule in force: the newest row of a code that has begun, with the article that a refusal cites; and how it changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, func, select
from sqlalchemy.exc import IntegrityError

from marketplace.catalogue.drafts import RuleDraft
from marketplace.catalogue.errors import RuleChangesInThePast, RulesAreFrozen, RuleWasChangedMeanwhile
from marketplace.catalogue.models import Rule, RuleFreeze
from marketplace.db.insert import upsert
from marketplace.db.rows import grouped
from marketplace.db.session import Session
from marketplace.kernel.errors import InputIsInvalid, NotFound

# Built once: every sign-up asks it, and building a statement anew costs as much as running it.
_IN_FORCE = (
    select(Rule)
    .where(Rule.code == bindparam("code"), Rule.in_force_from <= bindparam("now"))
    .order_by(Rule.in_force_from.desc())
    .limit(1)
)


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
    row = await session.scalar(_IN_FORCE, {"code": code, "now": session.now()})
    if row is None:
        raise LookupError(f"no rule {code} is in force")
    return _told(row)


async def all_in_force(session: Session, prefix: str) -> dict[str, RuleInForce]:
    """Every rule whose code begins with ``prefix``, as it stands now, by code: one statement for a whole set of rules."""
    rows = await session.scalars(
        select(Rule)
        .where(Rule.code.startswith(prefix, autoescape=True), Rule.in_force_from <= session.now())
        .order_by(Rule.in_force_from)
    )
    return {row.code: _told(row) for row in rows}


def _told(row: Rule) -> RuleInForce:
    return RuleInForce(row.code, row.value, row.article, row.day_type, row.title_zh, row.title_en)


async def history(session: Session) -> dict[str, Sequence[Rule]]:
    """Every row of every rule by code, the newest first: what holds, what held, and what will."""
    rows = await session.scalars(select(Rule).order_by(Rule.code, Rule.in_force_from.desc()))
    return dict(grouped((row.code, row) for row in rows))


async def history_with_freezes(session: Session) -> dict[str, tuple[datetime | None, Sequence[Rule]]]:
    """As ``history``, each with the moment before which the rule does not change, if something runs by it; one statement."""
    rows = await session.execute(
        select(Rule, RuleFreeze.until)
        .outerjoin(RuleFreeze, and_(_is_frozen(Rule.code), RuleFreeze.until > session.now()))
        .order_by(Rule.code, Rule.in_force_from.desc(), RuleFreeze.until.desc())
    )
    found: dict[str, tuple[datetime | None, list[Rule]]] = {}
    for rule, until in rows:
        _until, of_code = found.setdefault(rule.code, (until, []))
        if not of_code or of_code[-1] is not rule:
            of_code.append(rule)
    return dict(found)


async def freeze(session: Session, prefix: str, until: datetime) -> None:
    """Rules whose code begins with ``prefix`` do not change before ``until``; an earlier, longer promise stays."""
    frozen = upsert(session, RuleFreeze).values(prefix=prefix, until=until)
    await session.execute(
        frozen.on_conflict_do_update(
            index_elements=["prefix"],
            set_={"until": frozen.excluded.until},
            where=RuleFreeze.until < frozen.excluded.until,
        )
    )


def _is_frozen(code: Any) -> ColumnElement[bool]:
    """SQL: the freeze is of the rule ``code`` (a column or a value)."""
    return func.substr(code, 1, func.length(RuleFreeze.prefix)) == RuleFreeze.prefix


async def add(session: Session, by: UUID, draft: RuleDraft) -> Rule:
    """Write the newer row of a rule. Who may is asked in ``identity.governance``.

    Raises NotFound for an unknown code, InputIsInvalid when the value's shape differs, RuleChangesInThePast, RulesAreFrozen,
    RuleWasChangedMeanwhile.
    """
    newest = await session.scalar(
        select(Rule).where(Rule.code == draft.code).order_by(Rule.in_force_from.desc()).limit(1)
    )
    if newest is None:
        raise NotFound()
    if not _same_shape(newest.value, draft.value):
        raise InputIsInvalid.of("value", "rule_shape")
    begins = draft.in_force_from or session.now()
    if begins < session.now():
        raise RuleChangesInThePast()
    until = await session.scalar(select(func.max(RuleFreeze.until)).where(_is_frozen(draft.code)))
    if until is not None and begins < until:
        raise RulesAreFrozen(until=until, article=newest.article)
    row = Rule(
        code=draft.code,
        in_force_from=begins,
        value=draft.value,
        day_type=newest.day_type,
        article=draft.article,
        source=draft.source,
        title_zh=newest.title_zh,
        title_en=newest.title_en,
        changed_by=by,
    )
    try:
        async with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise RuleWasChangedMeanwhile() from None
    return row


def _same_shape(old: Any, new: Any) -> bool:
    """Whether code that reads the old value can read the new one: same keys, same kinds, whole numbers not below zero."""
    if isinstance(old, dict):
        return (
            isinstance(new, dict)
            and old.keys() == new.keys()
            and all(_same_shape(old[key], new[key]) for key in old)
        )
    if isinstance(old, list):
        return isinstance(new, list) and len(new) == len(old) and all(map(_same_shape, old, new))
    if type(old) is not type(new):
        return False
    return not isinstance(new, int) or 0 <= new < 2**31
