"""What ships with the house: base tags with synonyms, qualification types, and rules. Loading twice changes nothing."""

import tomllib
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from sqlalchemy import select

from marketplace.catalogue.models import QualificationInclusion, QualificationType, Rule, Tag, TagSynonym
from marketplace.catalogue.rules import RuleInForce
from marketplace.db.session import Session
from marketplace.kernel.ids import new_id

BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
_RULES = ("rules.toml", "procurement_rules.toml", "delivery_rules.toml")


async def load(session: Session) -> None:
    """Add every shipped tag, qualification and rule that the database does not have yet."""
    await _load_tags(session, _read("tags.toml")["tag"])
    await _load_qualifications(session, _read("qualifications.toml")["qualification"])
    for name in _RULES:
        await _load_rules(session, _read(name)["rule"])


def rules(prefix: str) -> dict[str, RuleInForce]:
    """The shipped rules whose code begins with ``prefix``, for where there is no database to ask."""
    return {
        row["code"]: RuleInForce(
            row["code"], row["value"], row["article"], row.get("days"), row["zh"], row["en"]
        )
        for name in _RULES
        for row in _read(name)["rule"]
        if row["code"].startswith(prefix)
    }


def tag_words() -> set[str]:
    """The names and synonyms of the tags that ship with the house."""
    rows = _read("tags.toml")["tag"]
    return {word for row in rows for word in (row["zh"], row["en"], *row.get("synonyms", []))}


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((files("marketplace.catalogue") / "data" / name).read_text("utf-8"))


async def _load_tags(session: Session, rows: list[dict[str, Any]]) -> None:
    known = set(await session.scalars(select(Tag.code)))
    for row in rows:
        if row["code"] in known:
            continue
        session.add(
            Tag(
                code=row["code"],
                kind=row["kind"],
                name_zh=row["zh"],
                name_en=row["en"],
                parent_code=row.get("parent"),
                approved_at=BEGINNING,
            )
        )
        await session.flush()
        session.add_all(
            TagSynonym(id=new_id(), tag_code=row["code"], text=text) for text in row.get("synonyms", [])
        )
    await session.flush()


async def _load_qualifications(session: Session, rows: list[dict[str, Any]]) -> None:
    known = set(await session.scalars(select(QualificationType.code)))
    new = [row for row in rows if row["code"] not in known]
    session.add_all(QualificationType(code=row["code"], name_zh=row["zh"], name_en=row["en"]) for row in new)
    await session.flush()
    session.add_all(
        QualificationInclusion(code=row["code"], includes_code=included)
        for row in new
        for included in row.get("includes", [])
    )
    await session.flush()


async def _load_rules(session: Session, rows: list[dict[str, Any]]) -> None:
    known = set(await session.scalars(select(Rule.code)))
    session.add_all(
        Rule(
            id=new_id(),
            code=row["code"],
            in_force_from=BEGINNING,
            value=row["value"],
            day_type=row.get("days"),
            article=row["article"],
            source=row["source"],
            title_zh=row["zh"],
            title_en=row["en"],
        )
        for row in rows
        if row["code"] not in known
    )
    await session.flush()
