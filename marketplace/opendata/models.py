"""Tables of open data: our releases as they were published, the record of each process, the feed's counter, others' releases, dumps of scorecards."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.db.base import Base, Identified


class OcdsFeed(Base):
    """The last position of the feed. Taking the next one locks this row until commit: no gaps, no overtaking."""

    __tablename__ = "ocds_feed"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    last_position: Mapped[int] = mapped_column(BigInteger)


class OcdsRecord(Base):
    """One process of ours: its ocid, and what its releases come to. Made of the releases alone, so it can be made again.

    ``process_id`` is a list item, a tender or a call-off; ``year`` the local year in which it was first published.
    """

    __tablename__ = "ocds_records"
    __table_args__ = (UniqueConstraint("ocid"), Index(None, "year", "ocid"))

    process_id: Mapped[UUID] = mapped_column(primary_key=True)
    ocid: Mapped[str] = mapped_column(String(80))
    year: Mapped[int]
    releases: Mapped[int]
    released_at: Mapped[datetime]
    last_position: Mapped[int] = mapped_column(BigInteger)
    body: Mapped[str]


class OcdsRelease(Identified, Base):
    """A release as it was published, to the letter, and its place in the feed. Never changed (a trigger refuses).

    ``body`` is text and not JSON because the database may not reorder what a hash was taken of.
    """

    __tablename__ = "ocds_releases"
    __table_args__ = (
        UniqueConstraint("position"),
        UniqueConstraint("release_id"),
        UniqueConstraint("process_id", "number"),
    )

    position: Mapped[int] = mapped_column(BigInteger)
    process_id: Mapped[UUID] = mapped_column(ForeignKey("ocds_records.process_id"))
    ocid: Mapped[str] = mapped_column(String(80))
    number: Mapped[int]
    release_id: Mapped[str] = mapped_column(String(120))
    tags: Mapped[list[str]]
    released_at: Mapped[datetime]
    body: Mapped[str]
    content_hash: Mapped[str] = mapped_column(String(64))


class ScorecardDump(Base):
    """The public dump of one closed rating period, a zip. ``computed_at`` is of the newest scorecard in it: a later one makes another dump.

    ``file_key`` is its SHA-256, which is also the tag of its address.
    """

    __tablename__ = "scorecard_dumps"
    __table_args__ = (CheckConstraint("size > 0", name="size_positive"),)

    period_id: Mapped[UUID] = mapped_column(ForeignKey("rating_periods.id"), primary_key=True)
    file_key: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)
    scorecards: Mapped[int]
    ratings: Mapped[int]
    computed_at: Mapped[datetime]
    made_at: Mapped[datetime]


class ImportedRelease(Identified, Base):
    """A release that somebody else published, as it came. Never mixed with ours: it stands in no feed and no bulk file of ours."""

    __tablename__ = "ocds_imported_releases"
    __table_args__ = (UniqueConstraint("ocid", "release_id"),)

    source: Mapped[str] = mapped_column(String(300))
    publisher: Mapped[str | None] = mapped_column(String(300))
    license: Mapped[str | None] = mapped_column(String(300))
    ocid: Mapped[str] = mapped_column(String(200))
    release_id: Mapped[str] = mapped_column(String(300))
    is_compiled: Mapped[bool]
    released_at: Mapped[datetime]
    imported_at: Mapped[datetime]
    body: Mapped[str]
    content_hash: Mapped[str] = mapped_column(String(64))
