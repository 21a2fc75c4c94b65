"""How true a list is to itself: was what it announced tendered, when, and at what cost. Pure; the stories are told by the tenders room.

Measured against the first announcement of each item, because a buyer that moves a day with every edition would else never be late.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ItemStory:
    """What was announced of an item, first and last, and what came of it.

    ``is_dropped`` says that the edition in force has it no more; ``tendered_on`` is the day of its first published tender,
    ``ceiling_fen`` what that tender, or the one that replaced it, may cost at most.
    """

    item_id: UUID
    number: int
    title: str
    first_planned_on: date
    last_planned_on: date
    first_budget_fen: int
    last_budget_fen: int
    is_dropped: bool = False
    tendered_on: date | None = None
    ceiling_fen: int | None = None

    @property
    def delay_days(self) -> int | None:
        """From the day first announced to the first tender; negative when it came early. None without a tender."""
        return None if self.tendered_on is None else (self.tendered_on - self.first_planned_on).days


@dataclass(frozen=True, slots=True)
class Stability:
    """The figures of a list, or of all lists of a buyer. A share or drift is None where there is nothing to measure yet.

    ``due`` counts the items whose first planned day has passed, dropped ones among them; ``on_time`` those tendered by that day.
    """

    items: int
    due: int
    tendered: int
    on_time: int
    dropped: int
    median_delay_days: float | None
    budget_drift: float | None
    tender_drift: float | None

    @property
    def share_on_time(self) -> float | None:
        return self.on_time / self.due if self.due else None

    @property
    def share_tendered(self) -> float | None:
        return self.tendered / self.due if self.due else None


def stability(stories: Iterable[ItemStory], today: date) -> Stability:
    """The figures at the end of ``today``.

    ``budget_drift`` compares the first announced budgets with the last ones, ``tender_drift`` those of tendered items with
    the ceilings of their tenders; 0.1 is a tenth more.
    """
    told = list(stories)
    due = [story for story in told if story.first_planned_on <= today]
    tendered = [story for story in told if story.tendered_on is not None]
    delays = [story.delay_days for story in tendered if story.delay_days is not None]
    kept = [story for story in told if not story.is_dropped]
    priced = [story for story in tendered if story.ceiling_fen is not None]
    return Stability(
        items=len(told),
        due=len(due),
        tendered=sum(story.tendered_on is not None for story in due),
        on_time=sum(story.delay_days is not None and story.delay_days <= 0 for story in due),
        dropped=sum(story.is_dropped for story in told),
        median_delay_days=float(median(delays)) if delays else None,
        budget_drift=_drift(
            [story.first_budget_fen for story in kept], [story.last_budget_fen for story in kept]
        ),
        tender_drift=_drift(
            [story.first_budget_fen for story in priced], [story.ceiling_fen or 0 for story in priced]
        ),
    )


def _drift(before: Sequence[int], after: Sequence[int]) -> float | None:
    first = sum(before)
    return (sum(after) - first) / first if first else None
