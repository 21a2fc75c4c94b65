"""Explanations as facts for sentences: every factor and every block becomes a key of the catalogues with names in both languages.

Nothing is worded here: ``kernel.local_forms.sentence`` does that for whoever reads, on a page, in GraphQL or in a notice.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import select, union_all

from marketplace.catalogue.models import QualificationType, Tag
from marketplace.db.session import Session
from marketplace.kernel import local_forms
from marketplace.kernel.local_forms import Named
from marketplace.kernel.locale import EN, ZH
from matching.scoring import Explanation, FactorPoints

Facts = Mapping[str, Any]
_NAMED_LISTS = ("asked", "held", "partly", "missing", "spoken", "meant", "near", "practised")
_TENTHS = 10


class Reader(StrEnum):
    """To whom a factor is told: to the person whom it is about, to an organiser, or to an organisation."""

    YOU = "you"
    THEM = "them"
    ORGANISATION = "organisation"


@dataclass(frozen=True, slots=True)
class ToldFactor:
    """One factor: its points of at most so many, in tenths of a point, and the key and facts of the sentence that says why.

    Its name is keyed ``factor.<name>``.
    """

    name: str
    points: int
    most: int
    key: str
    facts: Facts

    @property
    def share(self) -> float:
        """How much of what the factor can give it gives, 0 to 1."""
        return self.points / self.most if self.most else 0.0


@dataclass(frozen=True, slots=True)
class Told:
    """An explanation, ready to be read. ``score`` is in tenths of a point and is the sum of the factors' points."""

    score: int
    factors: tuple[ToldFactor, ...]
    weights_version: int

    def strongest(self, most: int = 2) -> list[ToldFactor]:
        """The factors that gave the most points, for where there is no room for all."""
        return sorted(self.factors, key=lambda factor: -factor.points)[:most]


Names = Mapping[str, Named]
"""Tags and qualifications by code."""


async def names(session: Session, explanations: Iterable[Explanation]) -> Names:
    """The names of every code that the explanations mention. One statement."""
    codes = {code for one in explanations for factor in one.factors for code in _codes(factor)}
    return await names_of(session, codes)


async def names_of(session: Session, codes: Collection[str]) -> Names:
    """Tags and qualifications by code. One statement."""
    tags = select(Tag.code, Tag.name_zh, Tag.name_en).where(Tag.code.in_(codes))
    types = select(QualificationType.code, QualificationType.name_zh, QualificationType.name_en).where(
        QualificationType.code.in_(codes)
    )
    return {code: Named(zh, en) for code, zh, en in await session.execute(union_all(tags, types))}


def told(explanation: Explanation, known: Names, reader: Reader) -> Told:
    """The explanation with a sentence for each factor."""
    return Told(
        explanation.score,
        tuple(_factor(factor, known, reader) for factor in explanation.factors),
        explanation.weights_version,
    )


def why(shown: Told, most: int = 2) -> Named:
    """For a notice: the strongest factors as sentences, and the points of all that gave any, which sum to the score."""
    return Named(*(_why(shown, most, locale) for locale in (ZH, EN)))


def _why(shown: Told, most: int, locale: str) -> str:
    said = [local_forms.sentence(locale, one.key, one.facts) for one in shown.strongest(most)]
    given = [
        f"{local_forms.sentence(locale, f'factor.{one.name}', {})} {points(one.points)}"
        for one in shown.factors
        if one.points
    ]
    facts = {
        "reasons": ("；" if locale == ZH else "; ").join(said),
        "sum": f"{' + '.join(given)} = {points(shown.score)}",
    }
    return local_forms.sentence(locale, "why.with_points", facts)


def points(tenths: int) -> str:
    """7.5 from 75; whole points without a nought."""
    whole, rest = divmod(tenths, _TENTHS)
    return f"{whole}.{rest}" if rest else str(whole)


def _codes(factor: FactorPoints) -> Iterable[str]:
    for name in _NAMED_LISTS:
        found = factor.facts.get(name)
        if isinstance(found, list):
            yield from found


def _factor(factor: FactorPoints, known: Names, reader: Reader) -> ToldFactor:
    variant = _VARIANTS[factor.name](factor.facts)
    key = f"why.{reader.value}.{factor.name}.{variant}"
    return ToldFactor(factor.name, factor.points, factor.most, key, _facts(factor.facts, known, reader))


def _facts(given: Facts, known: Names, reader: Reader) -> Facts:
    facts: dict[str, Any] = {
        name: _listed(value, known) if name in _NAMED_LISTS else value for name, value in given.items()
    }
    if given.get("partly"):
        facts["missing"] = _listed([*given["missing"], *given["partly"]], known)
    for name in ("minutes", "free_minutes"):
        if isinstance(given.get(name), int):
            facts[name] = timedelta(minutes=given[name])
    if isinstance(given.get("kilometres"), float):
        facts["distance"] = distance(given["kilometres"], exact=reader is Reader.YOU)
    return facts


def distance(kilometres: float, *, exact: bool) -> Named:
    """How far it is; to others only in whole kilometres, at least one, so that nobody finds a home by asking often."""
    metres = 1000 * kilometres if exact else 1000 * max(1, round(kilometres))
    return Named(local_forms.distance(ZH, metres), local_forms.distance(EN, metres))


def _listed(codes: Sequence[str], known: Names) -> Named:
    found = [known.get(code, Named(code, code)) for code in codes]
    return Named("、".join(one.zh for one in found), ", ".join(one.en for one in found))


def _skill(facts: Facts) -> str:
    if not facts["asked"]:
        return "none_asked"
    if facts.get("unknown"):
        return "unknown"
    if not facts["missing"] and not facts["partly"]:
        return "all"
    if facts["held"]:
        return "some"
    return "broadly" if facts["partly"] else "none"


def _availability(facts: Facts) -> str:
    if facts.get("unknown"):
        return "unknown"
    if facts["free_minutes"] >= facts["minutes"]:
        return "all"
    return "some" if facts["free_minutes"] else "none"


def _travel(facts: Facts) -> str:
    if not facts.get("unknown"):
        return "near" if facts["same_district"] else "far"
    return {True: "district", False: "elsewhere", None: "unknown"}[facts["same_district"]]


def _language(facts: Facts) -> str:
    if not facts["asked"]:
        return "none_asked"
    if facts.get("unknown"):
        return "unknown"
    return "spoken" if facts["spoken"] else "none"


def _interest(facts: Facts) -> str:
    if facts.get("unknown"):
        return "unknown"
    return "meant" if facts["meant"] else "near" if facts["near"] else "new"


def _record(facts: Facts) -> str:
    return "unknown" if facts.get("unknown") else "known"


def _fairness(facts: Facts) -> str:
    if facts["is_new"]:
        return "new"
    return "asked" if facts["recommended"] else "rested"


def _training(facts: Facts) -> str:
    return "practice" if facts["practised"] else "none"


def _rating(facts: Facts) -> str:
    return "unknown" if facts.get("unknown") else "assumed" if facts.get("assumed") else "known"


def _field(facts: Facts) -> str:
    if facts.get("unknown"):
        return "unknown"
    return "all" if not facts["missing"] and not facts["partly"] else "some" if facts["held"] else "none"


def _place(facts: Facts) -> str:
    if facts.get("unknown"):
        return "unknown"
    return "serves" if facts["serves_area"] else "near" if facts["same_district"] else "elsewhere"


_VARIANTS = {
    "skill": _skill,
    "availability": _availability,
    "travel": _travel,
    "language": _language,
    "interest": _interest,
    "reliability": _record,
    "fairness": _fairness,
    "training": _training,
    "field": _field,
    "place": _place,
    "capacity": _record,
    "record": _record,
    "rating": _rating,
    "grade": _record,
}
