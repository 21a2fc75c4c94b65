"""The hard rules: why somebody may not be asked, whatever they score, each with the smallest change that would lift it.

They mirror what the marketplace checks again, by law, when a place is taken; here they keep people from being asked in vain.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from matching.cells import NO_LIMIT, UNKNOWN_DISTANCE, radius_steps
from matching.features import Codes, Lot, Opportunity, Provider, Volunteer
from matching.volunteer_factors import steps_between

Facts = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Block:
    """One reason why not: a code, the facts of it, and the smallest change that would lift it."""

    code: str
    facts: Facts
    lift: Facts


def of_volunteer(volunteer: Volunteer, opportunity: Opportunity) -> tuple[Block, ...]:
    """Everything that bars a volunteer from an opportunity; what nobody can mend alone comes first."""
    return (
        *_of_insurance(opportunity),
        *_of_age(volunteer, opportunity),
        *_of_qualifications(volunteer, opportunity.qualifications),
        *_of_time(volunteer, opportunity),
        *_of_radius(volunteer, opportunity),
    )


def of_provider(provider: Provider, lot: Lot) -> tuple[Block, ...]:
    """Everything that bars an organisation from a lot."""
    verification = () if provider.is_verified else (Block("not_verified", {}, {"verification": True}),)
    return (*verification, *_of_qualifications(provider, lot.qualifications))


def _of_insurance(opportunity: Opportunity) -> Iterator[Block]:
    if opportunity.is_uninsured:
        yield Block("nobody_insured", {}, {"insurance": True})


def _of_age(volunteer: Volunteer, opportunity: Opportunity) -> Iterator[Block]:
    if volunteer.age is None:
        yield Block("age_unknown", {}, {"birth_date": True})
        return
    if volunteer.age < opportunity.minimum_age:
        facts = {"age": volunteer.age, "minimum_age": opportunity.minimum_age}
        yield Block("too_young", facts, {"years": opportunity.minimum_age - volunteer.age})
    if volunteer.age < opportunity.adult_from and not volunteer.guardian_consented:
        yield Block("guardian_has_not_consented", {"age": volunteer.age}, {"guardian_consent": True})


def _of_qualifications(holder: Volunteer | Provider, asked: Codes) -> Iterator[Block]:
    for code in sorted(asked - holder.qualifications):
        if code in holder.unverified:
            yield Block("qualification_not_verified", {"qualification": code}, {"verification": code})
        elif code in holder.expired:
            yield Block("qualification_expired", {"qualification": code}, {"renewal": code})
        else:
            yield Block("qualification_missing", {"qualification": code}, {"qualification": code})


def _of_time(volunteer: Volunteer, opportunity: Opportunity) -> Iterator[Block]:
    for busy in sorted(volunteer.busy, key=lambda busy: busy.starts_at):
        if busy.starts_at < opportunity.ends_at and opportunity.starts_at < busy.ends_at:
            facts = {"starts_at": busy.starts_at, "ends_at": busy.ends_at}
            shared = min(busy.ends_at, opportunity.ends_at) - max(busy.starts_at, opportunity.starts_at)
            yield Block("clash", facts, {"free_minutes": -(-int(shared.total_seconds()) // 60)})


def _of_radius(volunteer: Volunteer, opportunity: Opportunity) -> Iterator[Block]:
    distance, radius = steps_between(volunteer, opportunity), radius_steps(volunteer.radius_metres)
    if distance == UNKNOWN_DISTANCE or radius == NO_LIMIT or distance <= radius:
        return
    facts = {"kilometres": distance / 10, "radius_kilometres": radius / 10}
    yield Block("too_far", facts, {"kilometres": (distance - radius) / 10})
