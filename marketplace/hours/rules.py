"""The rules of this slice, read from their rows once a command."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from marketplace.catalogue.rules import in_force
from marketplace.db.session import Session


@dataclass(frozen=True, slots=True)
class CheckInRule:
    """When one may check in and out, what late means, how long a code lives, and how far the place reaches."""

    opens_before: timedelta
    late_after_minutes: int
    code_lasts_seconds: int
    place_metres: int
    wrong_tries: int
    article: str
    closes_after: timedelta
    closing_article: str

    def opens_at(self, starts_at: datetime) -> datetime:
        return starts_at - self.opens_before

    def closes_at(self, ends_at: datetime) -> datetime:
        return ends_at + self.closes_after


@dataclass(frozen=True, slots=True)
class ApprovalRule:
    """How many different people must agree, and the article that says so."""

    approvals: int
    article: str


async def check_in_rule(session: Session) -> CheckInRule:
    opening = await in_force(session, "hours.check_in_window")
    closing = await in_force(session, "hours.check_out_window")
    value = opening.value
    return CheckInRule(
        opens_before=timedelta(minutes=value["opens_before_minutes"]),
        late_after_minutes=value["late_after_minutes"],
        code_lasts_seconds=value["code_lasts_seconds"],
        place_metres=value["place_metres"],
        wrong_tries=value["wrong_tries"],
        article=opening.article,
        closes_after=timedelta(minutes=closing.value["closes_after_minutes"]),
        closing_article=closing.article,
    )


async def by_hand_rule(session: Session) -> ApprovalRule:
    """What hours without evidence need."""
    rule = await in_force(session, "hours.by_hand")
    return ApprovalRule(rule.value["approvals"], rule.article)


async def correction_rule(session: Session) -> ApprovalRule:
    """What a correction that takes minutes away needs."""
    rule = await in_force(session, "hours.correction")
    return ApprovalRule(rule.value["approvals"], rule.article)


async def star_thresholds(session: Session) -> tuple[int, ...]:
    """The totals, in minutes, at which each star is reached, rising."""
    rule = await in_force(session, "hours.stars")
    return tuple(sorted(rule.value["minutes"]))
