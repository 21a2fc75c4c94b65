"""What the made-up city buys, read from purchases.toml, as items of a list and as files of tenders."""

import tomllib
from datetime import date, timedelta
from functools import lru_cache
from importlib.resources import files

from marketplace.kernel.input import Draft
from marketplace.procurement.lists.drafts import ItemDraft, Renewal
from marketplace.procurement.tenders.file import TenderFile

NOTICE = "https://www.zfcg.sh.gov.cn/"


class Purchase(Draft):
    """One service that is bought: its words, for how many people, and at what cost in yuan."""

    key: str
    title: str
    category: str
    audience: str
    problem: str
    users: str
    people: int
    description: str
    standards: str
    acceptance: str
    lot: str
    yuan: int
    quantity: int
    unit: str

    @property
    def fen(self) -> int:
        return 100 * self.yuan

    def item(self, area: str, planned: date) -> ItemDraft:
        """The purchase as a line of a list, tendered from ``planned`` on."""
        return ItemDraft(
            title=self.title,
            description=self.description,
            category_code=self.category,
            audience_code=self.audience,
            area_code=area,
            people_served=self.people,
            budget_fen=self.fen,
            quantity=self.quantity,
            unit=self.unit,
            planned_tender_on=planned,
            starts_on=planned + timedelta(days=60),
            ends_on=planned + timedelta(days=360),
            renewal=Renewal.ONCE,
            standards=self.standards,
        )

    def told_in(self, begun: TenderFile) -> TenderFile:
        """The file that was begun from the item, with what a list does not say."""
        lots = tuple(one.model_copy(update={"title": self.lot}) for one in begun.lots)
        return begun.model_copy(
            update={
                "problem": self.problem,
                "users": self.users,
                "acceptance": self.acceptance,
                "official_notice_url": NOTICE,
                "lots": lots,
            }
        )


class _Book(Draft):
    purchase: tuple[Purchase, ...]


@lru_cache(maxsize=1)
def purchases() -> dict[str, Purchase]:
    """By key, read once."""
    text = (files("marketplace.cli.city") / "purchases.toml").read_text("utf-8")
    return {one.key: one for one in _Book.model_validate(tomllib.loads(text)).purchase}
