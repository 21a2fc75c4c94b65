"""The factors of a volunteer and an opportunity: each a pure function to a value from 0 to 1, with the facts behind it.

What is computed has two halves. A `…_value` takes the few small numbers that matter; the kernels fill their tables with
it, so that a table and an explanation cannot differ. A `…_fit` finds those numbers for one pair and says them.
Neutral values stand in for what is not known, and the facts then say "unknown": silence is neither a fault nor a merit.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from matching.cells import UNKNOWN_DISTANCE, Anchor, cell_of
from matching.features import Codes, Opportunity, TagTree, Volunteer
from matching.week import SHANGHAI, SLOT_MINUTES, both, slots_in, stated_week, week_of_shift

Facts = Mapping[str, object]

NEUTRAL = 0.5
"""Availability, way or interests not stated: half, as much as the average person gets."""

NOT_LISTED = 0.25
"""No skill or language listed at all. Less than half, because a list is where people put what they have."""

HALF_WAY_STEPS = 40
"""Nearness halves every 4 km, about a quarter of an hour by bicycle."""

DISTRICT_SHARE = 0.2
"""How much of the way is being in the same district: people know the neighbourhood, and the offices that serve it."""

RELIABILITY_LEVELS = 255
_PRIOR_CAME, _PRIOR_MISSED = 4.0, 1.0

RESTED_DAYS = 60
MOST_RECOMMENDED = 15
_REST, _QUIET, _NEW = 0.45, 0.35, 0.20
_QUIET_HALVES_AT = 3


@dataclass(frozen=True, slots=True)
class Fit:
    """What one factor says of one pair: a value from 0 to 1, and the facts behind it."""

    value: float
    facts: Facts


# --- values: few small numbers in, 0 to 1 out ---


def skill_value(asked: int, held: int, partly: int, is_listed: bool) -> float:
    """Share of the skills asked that are held; one held only broadly counts a half.

    Work that asks for no skill gets half from everybody, so that work which asks for what somebody can do stands first for them.
    """
    if not asked:
        return NEUTRAL
    return (2 * held + partly) / (2 * asked) if is_listed else NOT_LISTED


def availability_value(shared: int, asked: int, is_stated: bool) -> float:
    """Share of the shift's half hours at which the person usually can."""
    return shared / asked if is_stated else NEUTRAL


def travel_value(distance: int, same_district: bool | None) -> float:
    """Nearness, halved every 4 km, and being in the same district. `distance` in steps of 100 metres.

    Without a distance the district alone says whether the way is short; without both the value is neutral.
    """
    if distance == UNKNOWN_DISTANCE:
        nearness = NEUTRAL if same_district is None else 0.6 if same_district else 0.2
    else:
        nearness = 0.5 ** (distance / HALF_WAY_STEPS)
    district = NEUTRAL if same_district is None else float(same_district)
    return (1 - DISTRICT_SHARE) * nearness + DISTRICT_SHARE * district


def language_value(asked: int, spoken: int, is_listed: bool) -> float:
    """Share of the languages asked that are spoken. Where none is asked, everybody is understood."""
    if not asked:
        return 1.0
    return spoken / asked if is_listed else NOT_LISTED


def interest_value(is_meant: bool, is_near: bool, is_stated: bool) -> float:
    """Whole for a subject that the person is interested in, half for one that touches it."""
    if not is_stated:
        return NEUTRAL
    return 1.0 if is_meant else 0.5 if is_near else 0.0


def reliability_level(attended: float, missed: float) -> int:
    """How surely a person who said yes comes, in 255ths: the posterior mean of a Beta distribution.

    The prior is worth five shifts, four of them kept, so that one missed shift of a newcomer does not brand them. Old
    evidence fades by half every half year, as in Jøsang and Ismail, "The Beta Reputation System" (Bled 2002), section
    on forgetting. An excused absence is no evidence.
    """
    came = attended + _PRIOR_CAME
    return int(RELIABILITY_LEVELS * came / (came + missed + _PRIOR_MISSED) + 0.5)


def reliability_value(level: int) -> float:
    """The same as a share."""
    return level / RELIABILITY_LEVELS


def fairness_value(days_rested: int, recommended: int, is_new: bool) -> float:
    """Who has rested and was not asked lately comes before who is always asked; who is new gets a chance.

    The bonus for new people is the optimism in the face of uncertainty of bandit algorithms (Auer, Cesa-Bianchi and
    Fischer, "Finite-time Analysis of the Multiarmed Bandit Problem", 2002): of whom nothing is known, something is learned.
    """
    rest = min(max(days_rested, 0), RESTED_DAYS) / RESTED_DAYS
    quiet = _QUIET_HALVES_AT / (_QUIET_HALVES_AT + min(recommended, MOST_RECOMMENDED))
    return _REST * rest + _QUIET * quiet + _NEW * is_new


def training_value(is_practice: bool) -> float:
    """Whole when the work is practice for what the person is learning."""
    return float(is_practice)


# --- fits: one pair in, value and facts out ---


def skill_fit(volunteer: Volunteer, opportunity: Opportunity, tree: TagTree) -> Fit:
    """Skills asked against skills held. A narrower skill counts whole, a broader one a half."""
    asked, own = tree.meant(opportunity.skills), tree.meant(volunteer.skills)
    held, partly = held_and_partly(asked, own, tree)
    facts = said_of(asked, held, partly)
    if asked and not own:
        facts["unknown"] = True
    return Fit(skill_value(len(asked), len(held), len(partly), bool(own)), facts)


def availability_fit(volunteer: Volunteer, opportunity: Opportunity, _: TagTree) -> Fit:
    """The person's usual week against the real shift."""
    shift = week_of_shift(opportunity.starts_at, opportunity.ends_at)
    asked = slots_in(shift)
    if not volunteer.availability:
        return Fit(availability_value(0, asked, False), {"minutes": asked * SLOT_MINUTES, "unknown": True})
    shared = slots_in(both(shift, stated_week(volunteer.availability)))
    facts = {"minutes": asked * SLOT_MINUTES, "free_minutes": shared * SLOT_MINUTES}
    return Fit(availability_value(shared, asked, True), facts)


def travel_fit(volunteer: Volunteer, opportunity: Opportunity, _: TagTree) -> Fit:
    """The way from the coarse home to the place, and whether both are in one district."""
    distance = steps_between(volunteer, opportunity)
    same = is_same_district(volunteer.district, opportunity.district)
    facts: dict[str, object] = {"same_district": same}
    if distance == UNKNOWN_DISTANCE:
        facts["unknown"] = True
    else:
        facts["kilometres"] = distance / 10
    return Fit(travel_value(distance, same), facts)


def language_fit(volunteer: Volunteer, opportunity: Opportunity, tree: TagTree) -> Fit:
    """Languages asked against languages spoken."""
    asked, own = tree.meant(opportunity.languages), tree.meant(volunteer.languages)
    facts: dict[str, object] = {"asked": sorted(asked), "spoken": sorted(asked & own)}
    if asked and not own:
        facts["unknown"] = True
    return Fit(language_value(len(asked), len(asked & own), bool(own)), facts)


def interest_fit(volunteer: Volunteer, opportunity: Opportunity, tree: TagTree) -> Fit:
    """Subjects against interests. An interest in something broad is an interest in all under it."""
    own = tree.meant(volunteer.interests)
    meant, near = meant_and_near(tree.meant(opportunity.subjects), own, tree)
    facts: dict[str, object] = {"meant": sorted(meant), "near": sorted(near)}
    if not own:
        facts["unknown"] = True
    return Fit(interest_value(bool(meant), bool(near), bool(own)), facts)


def reliability_fit(volunteer: Volunteer, _: Opportunity, __: TagTree) -> Fit:
    """Shifts kept against shifts missed, the newer the heavier."""
    level = reliability_level(volunteer.attended, volunteer.missed)
    facts: dict[str, object] = {
        "attended_weight": round(volunteer.attended, 1),
        "missed_weight": round(volunteer.missed, 1),
        "percent": round(100 * level / RELIABILITY_LEVELS),
    }
    if not (volunteer.attended or volunteer.missed):
        facts["unknown"] = True
    return Fit(reliability_value(level), facts)


def fairness_fit(volunteer: Volunteer, opportunity: Opportunity, _: TagTree) -> Fit:
    """Days between the last service and this shift, recommendations of the last 30 days, and being new."""
    rested = days_rested(volunteer, opportunity)
    facts = {
        "days_since_service": None if volunteer.last_served_on is None else rested,
        "recommended": volunteer.recommended,
        "is_new": volunteer.is_new,
    }
    return Fit(fairness_value(rested, volunteer.recommended, volunteer.is_new), facts)


def training_fit(volunteer: Volunteer, opportunity: Opportunity, tree: TagTree) -> Fit:
    """Whether the work is practice for something that the person is learning."""
    practised = tree.meant(volunteer.training) & tree.meant(opportunity.teaches)
    return Fit(training_value(bool(practised)), {"practised": sorted(practised)})


FITS: Mapping[str, Callable[[Volunteer, Opportunity, TagTree], Fit]] = {
    "skill": skill_fit,
    "availability": availability_fit,
    "travel": travel_fit,
    "language": language_fit,
    "interest": interest_fit,
    "reliability": reliability_fit,
    "fairness": fairness_fit,
    "training": training_fit,
}


def held_and_partly(asked: Codes, own: Codes, tree: TagTree) -> tuple[Codes, Codes]:
    """Of what is asked: what is held, itself or narrower, and what is held only as something broader."""
    held = frozenset(code for code in asked if own & (tree.narrower(code) | {code}))
    return held, frozenset(code for code in asked - held if own & tree.broader(code))


def said_of(asked: Codes, held: Codes, partly: Codes) -> dict[str, object]:
    """The facts of what is asked: what is held, what in part, and what is missing."""
    return {
        "asked": sorted(asked),
        "held": sorted(held),
        "partly": sorted(partly),
        "missing": sorted(asked - held - partly),
    }


def meant_and_near(subjects: Codes, own: Codes, tree: TagTree) -> tuple[Codes, Codes]:
    """Of the subjects: what an interest means, itself or broader, and what a narrower interest touches."""
    meant = frozenset(code for code in subjects if own & (tree.broader(code) | {code}))
    return meant, frozenset(code for code in subjects - meant if own & tree.narrower(code))


def steps_between(volunteer: Volunteer, opportunity: Opportunity) -> int:
    """Steps of 100 metres from the coarse home to the place, or UNKNOWN_DISTANCE."""
    return Anchor(opportunity.place).distance(cell_of(volunteer.home))


def is_same_district(one: str | None, other: str | None) -> bool | None:
    """Whether two districts are one; None when either is not known."""
    return None if one is None or other is None else one == other


def days_rested(volunteer: Volunteer, opportunity: Opportunity) -> int:
    """Days from the last service to the shift's local day; as rested as can be when there was none."""
    if volunteer.last_served_on is None:
        return RESTED_DAYS
    return (opportunity.starts_at.astimezone(SHANGHAI).date() - volunteer.last_served_on).days
