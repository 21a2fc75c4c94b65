"""Table of discovery: which version of which row the index has been told, so that a nightly pass can heal what was lost."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.db.base import Base


class IndexedDocument(Base):
    """The last version handed to the index, or its removal."""

    __tablename__ = "indexed_documents"
    __table_args__ = (Index(None, "indexed_at"),)

    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    row_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    indexed_at: Mapped[datetime]
    removed: Mapped[bool]
