"""The best needs for one person out of all that are open: the same scores as an explanation of every pair, without making them all.

What a need asks is the same at all its shifts, so it is scored once; only when somebody can, and how rested they are by then, differ
from shift to shift. The two together bound what the need can reach, and needs are explained from the highest bound down until no
other one can come among the chosen.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from marketplace.kernel.clock import local_day
from marketplace.recommendations.facts import Known
from marketplace.recommendations.openings import Opening, Times
from matching.blocks import of_volunteer
from matching.features import Opportunity, TagTree, Volunteer
from matching.scoring import Explanation, explain
from matching.volunteer_factors import FITS
from matching.weights import Weights

MOST_OF_A_KIND = 3
_OF_WORDS = ("skill", "language", "interest", "training")
_WEEK = 7 * 24 * 60 * 60
# What may bar at one shift of a need and not at another; everything else bars at all of them.
_OF_THE_DAY = {"clash", "too_young", "guardian_has_not_consented", "qualification_expired"}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A need with the shift that suits best, explained."""

    need_id: UUID
    category: str
    opportunity: Opportunity
    explanation: Explanation

    @property
    def order(self) -> tuple[int, datetime, UUID]:
        """The best first; ties by start, then by id."""
        return -self.explanation.score, self.opportunity.starts_at, self.opportunity.id


def best(
    known: Known,
    found: Sequence[Opening],
    in_force: Weights,
    tree: TagTree,
    most: int,
    signed_up: Collection[UUID] = (),
) -> list[Chosen]:
    """The needs that suit best and that nothing bars, at most three of a kind of service, so that ten are not ten times the same.

    Of a need the shift at which the person can best, of these the soonest; never one that they signed up for.
    """
    if not found:
        return []
    latest = max(found, key=lambda one: one.shifts[-1].starts_at)
    judge = _Judge(known, in_force, tree, signed_up, latest.at(latest.shifts[-1]))
    bounds = sorted(((judge.bound(one), one) for one in found), key=lambda pair: (-pair[0], pair[1].need_id))
    explained: list[Chosen] = []
    of_kind: dict[str, list[int]] = defaultdict(list)
    chosen: list[Chosen] = []
    for bound, opening in bounds:
        if len(chosen) == most and chosen[-1].explanation.score > bound:
            break
        scores = of_kind[opening.category]
        if len(scores) >= MOST_OF_A_KIND and sorted(scores)[-MOST_OF_A_KIND] > bound:
            continue
        one = judge.suited(opening)
        if one is not None:
            scores.append(one.explanation.score)
            explained.append(one)
            chosen = _varied(explained, most)
    return chosen


class _Judge:
    """One person's scores, each part worked out once."""

    def __init__(
        self,
        known: Known,
        in_force: Weights,
        tree: TagTree,
        signed_up: Collection[UUID],
        latest: Opportunity,
    ) -> None:
        self._known, self._in_force, self._tree, self._signed_up = known, in_force, tree, signed_up
        self._of_words: dict[object, int] = {}
        self._of_week: dict[object, int] = {}
        self._days: dict[date, Volunteer] = {}
        # Nobody is more rested than at the last shift of all, and how reliable they are is the same everywhere.
        self._of_person = self._tenths(latest, "fairness", "reliability")

    def bound(self, opening: Opening) -> int:
        """As many tenths of a point as no shift of the need exceeds."""
        asks = opening.asks
        words = asks.skills, asks.languages, asks.subjects, asks.qualifications
        if words not in self._of_words:
            self._of_words[words] = self._tenths(asks, *_OF_WORDS)
        by_time = max(self._availability(opening, times) for times in opening.shifts)
        return self._of_words[words] + self._tenths(asks, "travel") + by_time + self._of_person

    def suited(self, opening: Opening) -> Chosen | None:
        """The need at the best of its shifts that the person may take."""
        free = [times for times in opening.shifts if times.shift_id not in self._signed_up]
        for times in sorted(free, key=lambda one: (-self._availability(opening, one), one.starts_at)):
            opportunity = opening.at(times)
            volunteer = self._on(local_day(times.starts_at))
            bars = {block.code for block in of_volunteer(volunteer, opportunity)}
            if not bars:
                explanation = explain(volunteer, opportunity, self._in_force, self._tree)
                return Chosen(opening.need_id, opening.category, opportunity, explanation)
            if not bars <= _OF_THE_DAY:
                return None
        return None

    def _availability(self, opening: Opening, times: Times) -> int:
        """The clocks of Shanghai are never changed: what begins a week later is at the same time of the week."""
        key = times.starts_at.timestamp() % _WEEK, times.ends_at - times.starts_at
        if key not in self._of_week:
            self._of_week[key] = self._tenths(opening.at(times), "availability")
        return self._of_week[key]

    def _tenths(self, opportunity: Opportunity, *names: str) -> int:
        fits = ((name, FITS[name](self._known.today, opportunity, self._tree)) for name in names)
        return sum(self._in_force.tenths(name, fit.value) for name, fit in fits)

    def _on(self, day: date) -> Volunteer:
        if day not in self._days:
            self._days[day] = self._known.on(day)
        return self._days[day]


def _varied(explained: Sequence[Chosen], most: int) -> list[Chosen]:
    chosen: list[Chosen] = []
    of_kind: dict[str, int] = defaultdict(int)
    for one in sorted(explained, key=lambda one: one.order):
        if of_kind[one.category] < MOST_OF_A_KIND and len(chosen) < most:
            of_kind[one.category] += 1
            chosen.append(one)
    return chosen
