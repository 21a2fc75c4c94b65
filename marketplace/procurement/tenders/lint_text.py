"""What a file must tell: the problem, the users, the service and how it is judged; where the official notice stands."""

from collections.abc import Iterator

from marketplace.areas.codes import contains
from marketplace.catalogue.rules import RuleInForce
from marketplace.procurement.tenders.findings import Finding, advised, refused
from marketplace.procurement.tenders.linted import Linted

_WANTED = ("problem", "users", "description", "standards", "acceptance")
_MANY_CRITERIA = 8


def findings(linted: Linted) -> Iterator[Finding]:
    """What is missing or unknown in the words of the file."""
    yield from _missing(linted)
    yield from _unknown(linted)
    yield from _announced(linted)


def _missing(linted: Linted) -> Iterator[Finding]:
    file = linted.file
    for name in _WANTED:
        if not getattr(file, name):
            yield refused(f"lint_{name}_missing", name, _why(linted, name))
    if file.category_code is None:
        yield refused("lint_category_missing", "category_code")
    if file.official_notice_url is None:
        yield refused("lint_official_notice_missing", "official_notice_url")
    if file.people_served is None:
        yield advised("lint_people_served_missing", "people_served")
    if not file.conditions:
        yield advised("lint_conditions_missing", "conditions")
    if len(file.criteria) > _MANY_CRITERIA:
        yield advised("lint_many_criteria", "criteria", count=len(file.criteria), most=_MANY_CRITERIA)


def _why(linted: Linted, name: str) -> RuleInForce | None:
    rules = {
        "problem": "list_consultation",
        "users": "list_consultation",
        "standards": "quantified",
        "acceptance": "users_opinions",
    }
    return linted.profile.rule(rules[name]) if name in rules else None


def _unknown(linted: Linted) -> Iterator[Finding]:
    file, known = linted.file, linted.known
    for name in ("category_code", "audience_code"):
        code = getattr(file, name)
        if code is not None and known.categories is not None and code not in known.categories:
            yield refused("lint_unknown_category", name, code=code)
    places = [
        ("area_code", file.area_code),
        *((f"lots.{at}.area_code", one.area_code) for at, one in enumerate(file.lots)),
    ]
    for path, code in places:
        if known.areas is not None and code not in known.areas:
            yield refused("lint_unknown_area", path, code=code)
        elif known.buyer_area is not None and not contains(known.buyer_area, code):
            yield refused("lint_area_beyond_buyer", path, code=code)


def _announced(linted: Linted) -> Iterator[Finding]:
    """A purchase is announced on a service list some time before it is put out (an advice: the law says "as a rule")."""
    known, rule = linted.known, linted.profile.rule("intention")
    if known.is_on_a_list is False:
        yield advised("lint_not_on_a_list", "title", rule, days=rule.value["ahead_days"])
    elif known.is_on_a_list and known.announced_on is None:
        yield advised("lint_list_not_final", "title", rule, days=rule.value["ahead_days"])
    elif known.announced_on is not None:
        from_day = linted.calendar.later(known.announced_on, rule.value["ahead_days"], rule.day_type)
        if linted.issued_on < from_day:
            yield advised("lint_announced_late", "title", rule, day=from_day, days=rule.value["ahead_days"])
