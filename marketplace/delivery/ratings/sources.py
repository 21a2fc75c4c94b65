"""Where a rating came from: kept as keyed fingerprints for as long as there is something to examine, then deleted."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, exists, select

from marketplace.db.session import Session
from marketplace.delivery.ratings.models import Rating, RatingHold, RatingPeriod, RatingSource
from marketplace.identity.challenges import network_of
from marketplace.kernel.vault import Vault

KEPT = timedelta(days=90)
_MOST = 20_000
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Source:
    """An address and what a browser or program tells of itself; the latter names nobody, and may be the same for many."""

    address: str
    device: str = ""

    def address_fingerprint(self, vault: Vault) -> bytes:
        return vault.fingerprint(network_of(self.address), "rating-address")

    def device_fingerprint(self, vault: Vault) -> bytes:
        return vault.fingerprint(self.device[:_LONGEST], "rating-device")


async def note(session: Session, vault: Vault, rating_id: UUID, source: Source) -> None:
    """Keep where the rating came from."""
    session.add(
        RatingSource(
            rating_id=rating_id,
            address_fingerprint=source.address_fingerprint(vault),
            device_fingerprint=source.device_fingerprint(vault),
            noted_at=session.now(),
        )
    )
    await session.flush()


async def forget_old(session: Session) -> None:
    """Repeated task: delete the traces of ratings whose period closed ninety days ago, unless a hold is still to be decided."""
    undecided = exists().where(
        RatingHold.rating_id == RatingSource.rating_id, RatingHold.decided_at.is_(None)
    )
    old = (
        select(RatingSource.rating_id)
        .join(Rating, Rating.id == RatingSource.rating_id)
        .join(RatingPeriod, RatingPeriod.id == Rating.period_id)
        # A rating comes before its closing: said outright, so that the index leaves the younger ones alone.
        .where(
            RatingSource.noted_at < session.now() - KEPT,
            RatingPeriod.closed_at < session.now() - KEPT,
            ~undecided,
        )
        .order_by(RatingSource.noted_at)
        .limit(_MOST)
    )
    await session.execute(delete(RatingSource).where(RatingSource.rating_id.in_(old)))
