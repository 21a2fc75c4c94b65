"""Table of discovery: what the index was last told of each thing, so that it is not told the same again."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.db.base import Base


class IndexedDocument(Base):
    """The digest of the document that the index was told; empty when it was told to forget the thing.

    A place taken or given back changes a need but no document, and most news of needs is of that kind. ``owed_at`` says
    since when the index could not be told of the thing.
    """

    __tablename__ = "indexed_documents"
    __table_args__ = (
        Index(
            "ix_indexed_documents_owed",
            "kind",
            "row_id",
            postgresql_where=text("owed_at IS NOT NULL"),
            sqlite_where=text("owed_at IS NOT NULL"),
        ),
    )

    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    row_id: Mapped[UUID] = mapped_column(primary_key=True)
    digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    told_at: Mapped[datetime]
    owed_at: Mapped[datetime | None]
