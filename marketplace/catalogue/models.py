"""Tables of the catalogue: tags and their synonyms, qualification types and what they include, rules with their articles."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.db.base import Base, Identified, ShortCode


class TagKind(StrEnum):
    """What a tag says: the kind of service, a skill, who is served, a language, or a topic of the day."""

    CATEGORY = "category"
    SKILL = "skill"
    AUDIENCE = "audience"
    LANGUAGE = "language"
    TOPIC = "topic"


class Tag(Base):
    """One governed word. Base tags ship with the house; dynamic tags are proposed by people and count once approved."""

    __tablename__ = "tags"
    __table_args__ = (
        Index(None, "kind"),
        Index(
            "uq_tags_live_name",
            "kind",
            "name_zh",
            unique=True,
            postgresql_where=text("refused_at IS NULL AND retired_at IS NULL"),
            sqlite_where=text("refused_at IS NULL AND retired_at IS NULL"),
        ),
    )

    code: Mapped[str] = mapped_column(ShortCode, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    name_zh: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(120))
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("tags.code"))
    proposed_by: Mapped[UUID | None]
    proposed_at: Mapped[datetime | None]
    approved_at: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]


class TagSynonym(Identified, Base):
    """Another word for a tag, folded for comparison; people may type it, search understands it."""

    __tablename__ = "tag_synonyms"
    __table_args__ = (UniqueConstraint("tag_code", "text"), Index(None, "text"))

    tag_code: Mapped[str] = mapped_column(ForeignKey("tags.code"))
    text: Mapped[str] = mapped_column(String(120))


class QualificationType(Base):
    """Something that must be earned and can expire: first aid, a nursing licence, a teacher's certificate."""

    __tablename__ = "qualification_types"

    code: Mapped[str] = mapped_column(ShortCode, primary_key=True)
    name_zh: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(120))


class QualificationInclusion(Base):
    """Whoever holds ``code`` is taken to hold ``includes_code`` too; chains are followed."""

    __tablename__ = "qualification_inclusions"

    code: Mapped[str] = mapped_column(ForeignKey("qualification_types.code"), primary_key=True)
    includes_code: Mapped[str] = mapped_column(ForeignKey("qualification_types.code"), primary_key=True)


class Rule(Identified, Base):
    """The law, or our own rule, as data: a value with its article. The newest row of a code that has begun is in force."""

    __tablename__ = "rules"
    __table_args__ = (UniqueConstraint("code", "in_force_from"),)

    code: Mapped[str] = mapped_column(ShortCode)
    in_force_from: Mapped[datetime]
    value: Mapped[dict[str, Any]]
    day_type: Mapped[str | None] = mapped_column(String(16))
    article: Mapped[str]
    source: Mapped[str]
    title_zh: Mapped[str]
    title_en: Mapped[str]
    changed_by: Mapped[UUID | None]


class RuleFreeze(Base):
    """Rules whose code begins with ``prefix`` do not change before ``until``: something runs by them, and everybody was told so."""

    __tablename__ = "rule_freezes"

    prefix: Mapped[str] = mapped_column(ShortCode, primary_key=True)
    until: Mapped[datetime]
