"""From what was gathered to a plan: pairs that may be, scored and explained, and the solver's answer. Pure, and made for a thread."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import numpy as np

from marketplace.kernel.clock import local_day
from marketplace.recommendations.facts import Known
from marketplace.staffing.gathering import Candidate, Question, Role, ShiftFacts
from matching import assignment
from matching.assignment import Plan, Problem
from matching.features import Volunteer
from matching.index import Point
from matching.scoring import Explanation, explain

ASKED = 1
"""What having asked for this very shift is worth, in tenths of a point: it wins a tie, and nothing else."""

PLAIN_SCORE = 500
"""What every shift is worth for somebody who turned personal ranking off (PIPL 24): the middle, whoever they are."""

# The pool is a wish to come here: how far somebody usually goes bars nobody, and the solver itself sees to clashes.
_NO_BAR = frozenset({"too_far", "clash"})
Pair = tuple[UUID, UUID]


@dataclass(frozen=True, slots=True)
class Answer:
    """The solver's plan for a problem, and for each pair that it could choose why it scores so; None where ranking is turned off."""

    problem: Problem
    plan: Plan
    explanations: Mapping[Pair, Explanation | None]


def answer(question: Question) -> Answer:
    """The best plan for what was gathered."""
    found = dict(_pairs(question))
    problem = _problem(question, found)
    return Answer(problem, assignment.assign(problem), {pair: fit.explanation for pair, fit in found.items()})


@dataclass(frozen=True, slots=True)
class _Fit:
    worth: int
    explanation: Explanation | None


def _pairs(question: Question) -> Iterator[tuple[Pair, _Fit]]:
    """Every pair that the law and the person's own choice allow, without those who have the place already."""
    held = set(question.holders)
    for candidate in question.candidates:
        on_day = _ByDay(question.known[candidate.person_id])
        for shift in question.shifts:
            pair = (candidate.person_id, shift.id)
            if pair not in held:
                fit = _fit(question, candidate, shift, on_day(local_day(shift.starts_at)))
                if fit is not None:
                    yield pair, fit


class _ByDay:
    """A person as a volunteer on one day after the other, made once a day."""

    def __init__(self, known: Known) -> None:
        self._known, self._made = known, dict[date, Volunteer]()

    def __call__(self, day: date) -> Volunteer:
        if day not in self._made:
            self._made[day] = self._known.on(day)
        return self._made[day]


def _fit(question: Question, candidate: Candidate, shift: ShiftFacts, volunteer: Volunteer) -> _Fit | None:
    is_named = shift.id in candidate.asked or shift.id in candidate.chosen
    if not (is_named or candidate.is_open):
        return None
    found = explain(volunteer, question.opportunities[shift.id], question.weights, question.tree)
    if any(block.code not in _NO_BAR for block in found.blocks):
        return None
    if not (is_named or _fits_times(found)):
        return None
    may_be_ranked = question.known[candidate.person_id].profile.may_be_ranked
    score = found.score if may_be_ranked else PLAIN_SCORE
    return _Fit(score + (ASKED if shift.id in candidate.asked else 0), found if may_be_ranked else None)


def _fits_times(found: Explanation) -> bool:
    """Whether the whole shift lies in the person's usual free time; who stated none is asked."""
    facts = next(factor.facts for factor in found.factors if factor.name == "availability")
    return bool(facts.get("unknown")) or facts["free_minutes"] == facts["minutes"]


def _problem(question: Question, found: Mapping[Pair, _Fit]) -> Problem:
    """People by id, shifts in order of time, those elsewhere last: they are full of people who are there, so nobody is sent to them."""
    people = sorted(question.known)
    most_shifts = _most_shifts(question)
    at_person = {person_id: at for at, person_id in enumerate(people)}
    shifts = [*question.shifts, *question.elsewhere]
    at_shift = {shift.id: at for at, shift in enumerate(shifts)}
    return Problem(
        people=tuple(_person(question, person_id, most_shifts.get(person_id)) for person_id in people),
        shifts=(
            *(shift_of(shift, question.roles) for shift in question.shifts),
            *(shift_of(shift) for shift in question.elsewhere),
        ),
        pair_people=np.array([at_person[person_id] for person_id, _ in found], dtype=np.int64),
        pair_shifts=np.array([at_shift[shift_id] for _, shift_id in found], dtype=np.int64),
        pair_scores=np.array([fit.worth for fit in found.values()], dtype=np.int64),
        fixed=tuple((at_person[person_id], at_shift[shift_id]) for person_id, shift_id in question.holders),
        rest_minutes=question.settings.rest_minutes,
        metres_per_minute=question.settings.metres_per_minute,
        fairness=question.settings.fairness,
        seed=question.settings.seed,
    )


def _most_shifts(question: Question) -> dict[UUID, int]:
    """How many shifts of the problem each candidate may have: those that they have elsewhere do not count against what they do here."""
    here = {shift.id for shift in question.shifts}
    elsewhere = Counter(person_id for person_id, shift_id in question.holders if shift_id not in here)
    return {one.person_id: one.most_shifts + elsewhere[one.person_id] for one in question.candidates}


def _person(question: Question, person_id: UUID, most_shifts: int | None) -> assignment.Person:
    """A person as the solver sees them; qualifications that end before the last shift are judged again when it is offered."""
    first_day = local_day(question.shifts[0].starts_at)
    return assignment.Person(
        id=str(person_id),
        most_shifts=most_shifts,
        load=question.served.get(person_id, 0),
        qualifications=question.known[person_id].on(first_day).qualifications,
    )


def shift_of(shift: ShiftFacts, roles: Sequence[Role] = ()) -> assignment.Shift:
    """A shift as the solver sees it."""
    return assignment.Shift(
        id=str(shift.id),
        starts=_seconds(shift.starts_at),
        ends=_seconds(shift.ends_at),
        capacity=shift.capacity,
        minimum=shift.minimum,
        taken=shift.taken,
        place=None if shift.place is None else Point(*shift.place),
        roles=_within_capacity(roles, shift.capacity),
    )


def _within_capacity(roles: Sequence[Role], capacity: int) -> tuple[assignment.Role, ...]:
    """The need's roles, as far as a small shift has room for them, the first ones first."""
    found: list[assignment.Role] = []
    for role in roles:
        minimum = min(role.minimum, capacity - sum(one.minimum for one in found))
        if minimum > 0:
            found.append(assignment.Role(role.name, minimum, role.qualification))
    return tuple(found)


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
