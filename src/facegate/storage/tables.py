"""Tables that belong to storage itself."""

from sqlalchemy.orm import Mapped

from facegate.storage.base import Base, Blob, PrimaryId, Timestamp


class DataKeyRow(Base):
    """One wrapped data key. Deleting the row makes everything encrypted with it unreadable, backups of files apart."""

    __tablename__ = "data_key"

    id: Mapped[PrimaryId]
    wrapped: Mapped[Blob]
    created_at: Mapped[Timestamp]
