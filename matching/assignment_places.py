"""What a plan is worth: who stands on which place of a shift, minimum places covered, scores and fairness. Shares no code with the flow."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from matching.assignment_problem import Problem, Shift

Pair = tuple[int, int]
"""Indices of a person and a shift."""


@dataclass(frozen=True, slots=True, order=True)
class Worth:
    """What counts, in this order: people on minimum places, then the sum of scores less what fairness takes."""

    minimum_places: int
    value: int

    def __add__(self, other: "Worth") -> "Worth":
        return Worth(self.minimum_places + other.minimum_places, self.value + other.value)

    def __sub__(self, other: "Worth") -> "Worth":
        return Worth(self.minimum_places - other.minimum_places, self.value - other.value)


@dataclass(frozen=True, slots=True)
class Staffing:
    """How one shift is staffed: people there, and how many of its needed places they cover (roles by the qualified)."""

    people: int
    covered: int


def seat(problem: Problem, shift: Shift, people: Sequence[int]) -> tuple[list[str | None], Staffing]:
    """The role of each of these people on the shift, and its staffing with them and with those the problem does not know.

    As many roles are filled as can be, by augmenting paths; whom that leaves has none.
    """
    holders: list[list[int]] = [[] for _ in shift.roles]

    def fill(person: int, tried: set[int]) -> bool:
        held = problem.people[person].qualifications
        for number, role in enumerate(shift.roles):
            if number in tried or not (role.qualification is None or role.qualification in held):
                continue
            tried.add(number)
            if len(holders[number]) < role.minimum:
                holders[number].append(person)
                return True
            for other in holders[number]:
                if fill(other, tried):
                    holders[number][holders[number].index(other)] = person
                    return True
        return False

    filled = sum(fill(person, set()) for person in people)
    role_of = {person: role.name for role, some in zip(shift.roles, holders, strict=True) for person in some}
    return [role_of.get(person) for person in people], Staffing(len(people), filled)


def staffings(problem: Problem, made: Iterable[Pair]) -> tuple[tuple[Staffing, ...], dict[Pair, str | None]]:
    """How each shift is staffed by confirmed people, those that the problem does not know and these pairs; and who has which role."""
    there: list[list[int]] = [[] for _ in problem.shifts]
    unknown = [shift.taken for shift in problem.shifts]
    for person, at in problem.fixed:
        there[at].append(person)
        unknown[at] -= 1
    for person, at in made:
        there[at].append(person)
    result: list[Staffing] = []
    roles: dict[Pair, str | None] = {}
    for at, shift in enumerate(problem.shifts):
        seats, known = seat(problem, shift, there[at])
        roles.update(((person, at), role) for person, role in zip(there[at], seats, strict=True))
        people = known.people + unknown[at]
        common = shift.needed - sum(role.minimum for role in shift.roles)
        result.append(Staffing(people, known.covered + min(common, people - known.covered)))
    return tuple(result), roles


def worth(problem: Problem, made: Sequence[tuple[int, int, int]]) -> Worth:
    """The worth of these (person, shift, score), confirmed people's places included, their scores not."""
    covered = sum(one.covered for one in staffings(problem, [(person, at) for person, at, _ in made])[0])
    nth = [person.load for person in problem.people]
    for person, _ in problem.fixed:
        nth[person] += 1
    value = 0
    for person, _, score in made:
        value += score - problem.fairness * nth[person]
        nth[person] += 1
    return Worth(covered, value)
