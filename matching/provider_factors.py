"""The factors of an organisation and a lot: each a pure function to a value from 0 to 1, with the facts behind it."""

from collections.abc import Callable, Mapping

from matching.features import Lot, Provider, Rating, TagTree
from matching.volunteer_factors import NEUTRAL, Fit, held_and_partly, said_of

_PRIOR_DELIVERED, _PRIOR_FAILED = 4.0, 1.0
_DISTRICT_DIGITS = 6
_LEVELS = (2, 4, 6, 9, 12)
_LOWEST_RATING, _HIGHEST_RATING = 1.0, 5.0
_PLACES = 2
_GRADES = 5
_UNGRADED = 0.4


def field_fit(provider: Provider, lot: Lot, tree: TagTree) -> Fit:
    """Share of the lot's fields that the organisation works in; one held only broadly counts a half."""
    asked, own = tree.meant(lot.fields), tree.meant(provider.fields)
    held, partly = held_and_partly(asked, own, tree)
    facts = said_of(asked, held, partly)
    if not asked or not own:
        facts["unknown"] = True
        return Fit(NEUTRAL, facts)
    return Fit((2 * len(held) + len(partly)) / (2 * len(asked)), facts)


def place_fit(provider: Provider, lot: Lot, _: TagTree) -> Fit:
    """Whole where it says it serves, half in a district where it serves or is registered, a quarter elsewhere.

    A preference only: shutting out who is from elsewhere would be unlawful (政府采购法 5).
    """
    if lot.area is None or not (provider.areas or provider.area):
        return Fit(NEUTRAL, {"unknown": True})
    known = provider.areas | ({provider.area} if provider.area else frozenset())
    serves = any(_covers(area, lot.area) for area in provider.areas)
    near = any(area[:_DISTRICT_DIGITS] == lot.area[:_DISTRICT_DIGITS] for area in known)
    value = 1.0 if serves else 0.5 if near else 0.25
    return Fit(value, {"serves_area": serves, "same_district": near})


def capacity_fit(provider: Provider, lot: Lot, _: TagTree) -> Fit:
    """Share of the people to be served for whom it says that it has room. Never its size: see the weights."""
    if provider.free_capacity is None or not lot.people:
        return Fit(NEUTRAL, {"people": lot.people, "free": provider.free_capacity, "unknown": True})
    value = min(1.0, max(0, provider.free_capacity) / lot.people)
    return Fit(value, {"people": lot.people, "free": provider.free_capacity})


def record_fit(provider: Provider, _: Lot, __: TagTree) -> Fit:
    """Deliveries accepted against failed ones, as the posterior mean of a Beta distribution over fading evidence."""
    delivered = provider.delivered + _PRIOR_DELIVERED
    value = delivered / (delivered + provider.failed + _PRIOR_FAILED)
    facts: dict[str, object] = {
        "delivered_weight": round(provider.delivered, 1),
        "failed_weight": round(provider.failed, 1),
        "percent": round(100 * value),
    }
    if not (provider.delivered or provider.failed):
        facts["unknown"] = True
    return Fit(value, facts)


def rating_fit(provider: Provider, lot: Lot, tree: TagTree) -> Fit:
    """The lower end of the rating's interval: few ratings promise less than many that say the same.

    As Wilson's lower bound is used to rank by proportions (Miller, "How Not To Sort By Average Rating", 2009).
    """
    own = _of_fields(provider.ratings, lot, tree)
    rating = own or _of_fields(provider.assumed, lot, tree) or provider.rating
    if rating is None:
        return Fit(NEUTRAL, {"unknown": True})
    low = min(max(rating.low, _LOWEST_RATING), _HIGHEST_RATING)
    value = (low - _LOWEST_RATING) / (_HIGHEST_RATING - _LOWEST_RATING)
    facts: dict[str, object] = {
        name: round(getattr(rating, name), _PLACES) for name in ("score", "low", "high")
    }
    if own is None and not rating.raters:
        facts["assumed"] = True
    else:
        facts["raters"] = rating.raters
    return Fit(value, facts)


def grade_fit(provider: Provider, _: Lot, __: TagTree) -> Fit:
    """评估等级 while valid, 5A whole. Without one as 2A: many good young organisations have not been assessed yet."""
    if provider.grade is None:
        return Fit(_UNGRADED, {"unknown": True})
    return Fit(min(max(provider.grade, 0), _GRADES) / _GRADES, {"grade": provider.grade})


FITS: Mapping[str, Callable[[Provider, Lot, TagTree], Fit]] = {
    "field": field_fit,
    "place": place_fit,
    "capacity": capacity_fit,
    "record": record_fit,
    "rating": rating_fit,
    "grade": grade_fit,
}


def _of_fields(ratings: Mapping[str, Rating], lot: Lot, tree: TagTree) -> Rating | None:
    """The rating of a field that the lot asks, else of one under it, else of one above; of several that of most people."""
    if not ratings:
        return None
    asked = tree.meant(lot.fields)
    under = frozenset[str]().union(*(tree.narrower(code) for code in asked))
    above = frozenset[str]().union(*(tree.broader(code) for code in asked))
    for circle in (asked, under, above):
        found = [(ratings[code].raters, code) for code in circle if code in ratings]
        if found:
            return ratings[max(found)[1]]
    return None


def _covers(area: str, other: str) -> bool:
    """Whether an area is another or holds it, by official 12-digit codes: each level has its digits, zeros follow."""
    for digits in _LEVELS:
        if not area[digits:].strip("0"):
            return other.startswith(area[:digits])
    return area == other
