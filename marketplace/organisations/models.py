"""Tables of organisations. Membership is a role grant (identity); here is what the organisation itself is."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.db.base import AreaCode, Base, Identified


class Organisation(Identified, Base):
    """A social organisation, known by its unified social credit code (GB 32100-2015)."""

    __tablename__ = "organisations"
    __table_args__ = (
        UniqueConstraint("credit_code"),
        UniqueConstraint("import_key"),
        Index(None, "area_code"),
    )

    name: Mapped[str] = mapped_column(String(120))
    credit_code: Mapped[str | None] = mapped_column(String(18))
    kind: Mapped[str] = mapped_column(String(32))
    about: Mapped[str | None]
    area_code: Mapped[str] = mapped_column(AreaCode, ForeignKey("areas.code"))
    address: Mapped[str | None] = mapped_column(String(200))
    public_phone: Mapped[str | None] = mapped_column(String(40))
    public_email: Mapped[str | None] = mapped_column(String(254))
    website: Mapped[str | None] = mapped_column(String(300))
    registered_at: Mapped[datetime]
    registered_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    submitted_at: Mapped[datetime | None]
    verified_at: Mapped[datetime | None]
    verified_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    refused_at: Mapped[datetime | None]
    refusal_reason: Mapped[str | None]
    suspended_at: Mapped[datetime | None]
    suspension_reason: Mapped[str | None]
    import_key: Mapped[str | None] = mapped_column(String(160))
    version: Mapped[int] = mapped_column(default=1)


class OrganisationField(Base):
    """A field of service (a category tag) in which the organisation works."""

    __tablename__ = "organisation_fields"
    __table_args__ = (Index(None, "tag_code"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    tag_code: Mapped[str] = mapped_column(ForeignKey("tags.code"), primary_key=True)


class OrganisationArea(Base):
    """An area that the organisation serves, with all below it."""

    __tablename__ = "organisation_areas"
    __table_args__ = (Index(None, "area_code"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    area_code: Mapped[str] = mapped_column(AreaCode, ForeignKey("areas.code"), primary_key=True)


class OrganisationDocument(Identified, Base):
    """A paper handed in for verification: registration certificate, charter, annual report."""

    __tablename__ = "organisation_documents"
    __table_args__ = (Index(None, "organisation_id"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    kind: Mapped[str] = mapped_column(String(32))
    file_name: Mapped[str] = mapped_column(String(160))
    content_type: Mapped[str] = mapped_column(String(80))
    size: Mapped[int]
    file_key: Mapped[str] = mapped_column(String(64))
    uploaded_at: Mapped[datetime]
    uploaded_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    removed_at: Mapped[datetime | None]
