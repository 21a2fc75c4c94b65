"""A guardian's consent that a minor may volunteer: proved by a code sent to the guardian's own phone, withdrawable."""

from uuid import UUID

from sqlalchemy import select

from marketplace.db.session import Session
from marketplace.identity.models import GuardianConsent


async def has_consent(session: Session, person_id: UUID) -> bool:
    """Whether a guardian's consent for this minor holds now."""
    found = await session.scalar(
        select(GuardianConsent.id)
        .where(GuardianConsent.minor_id == person_id, GuardianConsent.withdrawn_at.is_(None))
        .limit(1)
    )
    return found is not None
