"""Where a tender or an announced item that was found has its page."""

from marketplace.discovery.purchases import FoundPurchase, PurchaseKind


def purchase_path(found: FoundPurchase) -> str:
    """The page of the tender, or of the item."""
    where = "tenders" if found.kind is PurchaseKind.TENDER else "items"
    return f"/buying/{where}/{found.id}"
