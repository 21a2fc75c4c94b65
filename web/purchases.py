"""Where a tender or an announced item that was found has its page."""

from marketplace.discovery.purchases import FoundPurchase, PurchaseKind


def purchase_path(found: FoundPurchase) -> str:
    """The page of the tender, or of the list with the item on it."""
    if found.kind is PurchaseKind.TENDER:
        return f"/buying/tenders/{found.id}"
    return f"/buying/lists/{found.list_id}#item-{found.id}"
