"""Tables of areas: what each code means now, and what it meant in each official edition."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.db.base import AreaCode, Base


class AreaEdition(Base):
    """One official list of divisions that was imported, such as ``2023``."""

    __tablename__ = "area_editions"

    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    cut_off: Mapped[date]
    source: Mapped[str]
    imported_at: Mapped[datetime]
    areas_count: Mapped[int]


class Area(Base):
    """A place with an official code, as the newest edition has it; retired when an edition no longer lists it."""

    __tablename__ = "areas"
    __table_args__ = (
        Index(None, "parent_code"),
        Index(None, "level"),
        Index(None, "pinyin"),
        Index(None, "initials"),
    )

    code: Mapped[str] = mapped_column(AreaCode, primary_key=True)
    level: Mapped[str] = mapped_column(String(16))
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("areas.code"))
    name: Mapped[str] = mapped_column(String(64))
    name_en: Mapped[str] = mapped_column(String(120))
    pinyin: Mapped[str] = mapped_column(String(160))
    initials: Mapped[str] = mapped_column(String(32))
    longitude: Mapped[float | None]
    latitude: Mapped[float | None]
    retired_in: Mapped[str | None] = mapped_column(ForeignKey("area_editions.name"))


class AreaVersion(Base):
    """What one edition said of one code: names and parents change over the years, records keep theirs."""

    __tablename__ = "area_versions"

    code: Mapped[str] = mapped_column(AreaCode, primary_key=True)
    edition: Mapped[str] = mapped_column(ForeignKey("area_editions.name"), primary_key=True)
    level: Mapped[str] = mapped_column(String(16))
    parent_code: Mapped[str | None] = mapped_column(AreaCode)
    name: Mapped[str] = mapped_column(String(64))
