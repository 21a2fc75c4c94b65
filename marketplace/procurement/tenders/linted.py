"""What every check of the linter is given."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from marketplace.kernel.clock import SHANGHAI, local, local_day
from marketplace.procurement.profiles import Profile
from marketplace.procurement.tenders.file import TenderFile
from marketplace.procurement.working_days import Calendar

_MORNING = time(10)


@dataclass(frozen=True, slots=True)
class Known:
    """What the database knows of a file. None means that it was not asked, as where a file is checked far from any database."""

    categories: frozenset[str] | None = None
    areas: frozenset[str] | None = None
    buyer_area: str | None = None
    is_on_a_list: bool | None = None
    announced_on: date | None = None
    """The day on which the list that has the purchase became final."""
    budget_fen: int | None = None


@dataclass(frozen=True, slots=True)
class Linted:
    """One file with the rules it is held against. ``issued_at`` begins the periods; for a draft it is the present moment."""

    file: TenderFile
    profile: Profile
    calendar: Calendar
    now: datetime
    issued_at: datetime
    known: Known

    @property
    def issued_on(self) -> date:
        return local_day(self.issued_at)

    def earliest(self, rule_name: str, key: str) -> date:
        """The first day that leaves as many days after the issue as the rule asks."""
        rule = self.profile.rule(rule_name)
        return self.calendar.later(self.issued_on, rule.value[key], rule.day_type)

    def at(self, day: date, like: datetime | None) -> datetime:
        """That day at the clock time of ``like``, or in the morning."""
        clock = local(like).time() if like else _MORNING
        return datetime.combine(day, clock, tzinfo=SHANGHAI)

    def earliest_deadline(self) -> date:
        """The first day on which bids may be due, a working day: the time to bid, and the notice is over."""
        day = max(self.earliest("deadline", "least_days"), self.earliest("notice", "lasts_days"))
        return self.working(day)

    def earliest_enquiries(self) -> date:
        """The first day on which questions may end."""
        return self.working(self.earliest("documents", "least_days"))

    def working(self, day: date) -> date:
        """That day, or the next one that is worked."""
        while not self.calendar.is_working(day):
            day += timedelta(days=1)
        return day
