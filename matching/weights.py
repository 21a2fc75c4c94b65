"""How much each factor counts, as a version: whole points a factor, 100 together."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

TENTHS = 10
"""Scores are counted in tenths of a point: 0 to 1000."""

VOLUNTEER_FACTORS = (
    "skill",
    "availability",
    "travel",
    "language",
    "interest",
    "reliability",
    "fairness",
    "training",
)
PROVIDER_FACTORS = ("field", "place", "capacity", "record", "rating", "grade")


class WeightsAreInvalid(ValueError):
    """The points do not make a version of weights; `problems` says why, one code with its facts each."""

    def __init__(self, problems: tuple[tuple[str, Mapping[str, object]], ...]) -> None:
        super().__init__("; ".join(f"{code} {dict(facts)}" for code, facts in problems))
        self.problems = problems


@dataclass(frozen=True)
class Weights:
    """Points by factor. Raises WeightsAreInvalid unless the factors are exactly those of one kind and sum to 100."""

    version: int
    points: Mapping[str, int]

    def __post_init__(self) -> None:
        problems = problems_of(self.points)
        if problems:
            raise WeightsAreInvalid(problems)
        object.__setattr__(self, "points", MappingProxyType(dict(self.points)))

    def most(self, factor: str) -> int:
        """The most tenths of a point that a factor can give."""
        return self.points[factor] * TENTHS

    def tenths(self, factor: str, value: float) -> int:
        """What a factor's value, 0 to 1, is worth in whole tenths; halves are rounded up."""
        return tenths(value, self.most(factor))


def tenths(value: float, most: int) -> int:
    """A share of so many tenths of a point, in whole tenths; halves are rounded up."""
    return int(value * most + 0.5)


def problems_of(points: Mapping[str, int]) -> tuple[tuple[str, Mapping[str, object]], ...]:
    """Why these points are no weights: codes with facts, empty when they are."""
    found: list[tuple[str, Mapping[str, object]]] = []
    wanted = PROVIDER_FACTORS if "field" in points else VOLUNTEER_FACTORS
    missing, unknown = sorted(set(wanted) - set(points)), sorted(set(points) - set(wanted))
    if missing:
        found.append(("factors_missing", {"factors": missing}))
    if unknown:
        found.append(("factors_unknown", {"factors": unknown}))
    negative = sorted(name for name, value in points.items() if value < 0)
    if negative:
        found.append(("points_negative", {"factors": negative}))
    total = sum(points.values())
    if total != 100:
        found.append(("points_do_not_sum_to_100", {"total": total}))
    return tuple(found)


# Skill first: what the work asks for (685号 15: tasks suit knowledge and skill). Time and way next and equal: they decide
# whether a person who is asked says yes. Reliability counts less than a bad day should cost; fairness enough to turn the
# order of people who suit alike, and never enough to put somebody unsuited in front. Training is a nudge.
VOLUNTEER_WEIGHTS = Weights(
    1,
    {
        "skill": 25,
        "availability": 20,
        "travel": 20,
        "language": 5,
        "interest": 10,
        "reliability": 10,
        "fairness": 7,
        "training": 3,
    },
)

# What an organisation does comes first, what it has shown next (record and the ratings of people served). The grade is an
# official but coarse word on the organisation, not on the service. Place is a preference, never a bar: shutting out who is
# from elsewhere is unlawful (政府采购法 5). Capacity means people it can still serve, never size: capital, assets, revenue
# and headcount may be neither a qualification nor a score (财政部令87号 17).
PROVIDER_WEIGHTS = Weights(
    1, {"field": 35, "place": 15, "capacity": 10, "record": 15, "rating": 15, "grade": 10}
)
