"""Tags: what stands for a bidder before the opening. An HMAC under the house's secret, different in every tender."""

from collections.abc import Iterable
from uuid import UUID

from marketplace.kernel.vault import Vault

_PURPOSE = "bidder_tag"


def bidder_tag(vault: Vault, tender_id: UUID, organisation_id: UUID) -> bytes:
    """32 bytes that find an organisation's own rows in one tender, and tell nothing to whoever lacks the house's secret."""
    return vault.fingerprint(f"{tender_id}|{organisation_id}", _PURPOSE)


def by_tag(vault: Vault, tender_id: UUID, organisation_ids: Iterable[UUID]) -> dict[bytes, UUID]:
    """The organisations by their tags: for its own people, who may ask which rows are theirs."""
    return {bidder_tag(vault, tender_id, one): one for one in organisation_ids}
