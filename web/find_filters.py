"""What narrows a search, drawn: what is chosen already, the choices with their counts, the districts on a map, and what we left out."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request

from marketplace.areas.codes import CITY, Level, level_of
from marketplace.discovery.finding import Found
from marketplace.discovery.names import Entry, Names
from marketplace.discovery.organisations import FoundOrganisations, OrganisationWishes
from marketplace.discovery.purchases import FoundPurchases, PurchaseKind, PurchaseWishes
from marketplace.discovery.wishes import NeedWishes
from marketplace.kernel.local_forms import distance, full_day
from marketplace.kernel.locale import EN, word
from matching.text import printable
from web.district_map import Outline, district_map
from web.templating import here
from web.visit import locale_of, translator

_LONGEST_SAID = 40
_MOST_SAID = 5
# Messengers and counters of visits add these to every link; nobody typed them, so nobody is told.
_OF_MESSENGERS = frozenset(
    {"from", "isappinstalled", "scene", "clicktime", "enterid", "share_token", "nsukey", "fbclid", "gclid"}
)


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice of a facet: how many there would be, where that is known, and the address that chooses it, or lets it go."""

    label: str
    count: int | None
    path: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class DistrictOnMap:
    """One district as the map shows it; ``shade`` runs from 0 for nothing to 4 for the most."""

    outline: Outline
    name: str
    count: int
    shade: int
    path: str
    is_chosen: bool


def unknown_in(query: QueryParams, known: Collection[str]) -> list[str]:
    """The first names in an address that say nothing to us, shortened: they are left out, and the page says so."""
    unknown = {
        name for name in query if name not in {*known, *_OF_MESSENGERS} and not name.startswith("utm_")
    }
    said = sorted(printable(name)[:_LONGEST_SAID] for name in unknown)
    return said if len(said) <= _MOST_SAID else [*said[:_MOST_SAID], "…"]


def name_of(request: Request, entry: Entry) -> str:
    """The entry's name in the reader's language."""
    return entry.name.en if locale_of(request) == EN else entry.name.zh


def chosen_filters(request: Request, wishes: NeedWishes, names: Names) -> list[tuple[str, str]]:
    """Every active filter in words, with the address of the same page without it."""
    _ = translator(request)
    locale = locale_of(request)
    said: list[tuple[str, str]] = []
    if wishes.text:
        said.append(("text", f"“{shortened(wishes.text)}”"))
    named = {"category": names.categories, "area": names.areas, "language": names.languages}
    for field, entries in named.items():
        code = getattr(wishes, field)
        if code in entries:
            said.append((field, name_of(request, entries[code])))
    if wishes.day_from:
        said.append(("day_from", _("from %(day)s") % {"day": full_day(locale, wishes.day_from)}))
    if wishes.day_to:
        said.append(("day_to", _("until %(day)s") % {"day": full_day(locale, wishes.day_to)}))
    if wishes.within_km:
        said.append(
            ("within_km", _("within %(distance)s") % {"distance": distance(locale, wishes.within_km * 1000)})
        )
    if wishes.only_with_places:
        said.append(("only_with_places", _("only with places left")))
    if wishes.only_suitable:
        said.append(("only_suitable", _("only what I can take")))
    links = [(label, here(request, **{field: None}, after=None)) for field, label in said]
    return links + _chosen_tags(request, wishes, names)


def shortened(words: str) -> str:
    """The words as a filter is called: a long text is not said whole."""
    return words if len(words) <= _LONGEST_SAID else f"{words[:_LONGEST_SAID]}…"


def _chosen_tags(request: Request, wishes: NeedWishes, names: Names) -> list[tuple[str, str]]:
    known = {**names.categories, **names.languages, **names.tags}
    return [
        (
            name_of(request, known[tag]),
            here(request, tags=[other for other in wishes.tags if other != tag], after=None),
        )
        for tag in wishes.tags
    ]


def facet_links(request: Request, found: Found, wishes: NeedWishes) -> list[dict[str, Any]]:
    """The filters of needs that are links: each choice with how many there would be."""
    _ = translator(request)
    return _filled(
        (_("District"), _districts(request, found.names, found.by_district, wishes.area)),
        (_("Subdistrict or community"), _below(request, found.names, wishes.area)),
        (
            _("Kind of service"),
            _categories(request, "category", found.names, found.by_category, wishes.category),
        ),
        (_("Language"), _languages(request, found, wishes.language)),
    )


def organisation_facets(
    request: Request, found: FoundOrganisations, wishes: OrganisationWishes
) -> list[dict[str, Any]]:
    """The same for organisations; every choice without a number while nobody can count."""
    _ = translator(request)
    by_district, by_field = (None, None) if found.reduced else (found.by_district, found.by_field)
    return _filled(
        (_("District"), _districts(request, found.names, by_district, wishes.area)),
        (_("Field of service"), _categories(request, "field", found.names, by_field, wishes.field)),
    )


def purchase_facets(request: Request, found: FoundPurchases, wishes: PurchaseWishes) -> list[dict[str, Any]]:
    """The same for tenders and announced items."""
    _ = translator(request)
    counts: tuple[Mapping[str, int] | None, ...] = (None, None, None)
    if not found.reduced:
        counts = (found.by_kind, found.by_district, found.by_category)
    kinds = [_kind(request, kind, _count(kind.value, counts[0]), wishes.kind) for kind in PurchaseKind]
    return _filled(
        (_("Tender or announcement"), kinds),
        (_("District"), _districts(request, found.names, counts[1], wishes.area)),
        (_("Kind of service"), _categories(request, "category", found.names, counts[2], wishes.category)),
    )


def _kind(request: Request, kind: PurchaseKind, count: int | None, chosen: PurchaseKind | None) -> Choice:
    is_chosen = kind is chosen
    changed = {"kind": None if is_chosen else kind.value}
    label = word(locale_of(request), f"purchase.{kind.value}")
    return Choice(label, count, here(request, **changed, after=None), is_chosen)


def _filled(*groups: tuple[str, list[Choice]]) -> list[dict[str, Any]]:
    return [{"title": title, "rows": rows} for title, rows in groups if rows]


def city(request: Request, found: Found, chosen: str | None) -> list[DistrictOnMap]:
    """The districts of the map, each with how many there would be and the address that chooses it, or lets it go."""
    district = f"{chosen[:6]}000000" if chosen and chosen != CITY else None
    most = max(found.by_district.values(), default=0)
    drawn = []
    for outline in district_map().outlines:
        entry, count = found.names.areas.get(outline.code), found.by_district.get(outline.code, 0)
        if entry is not None:
            choice = _choice(request, "area", entry, count, district)
            shade = _shade(count, most)
            drawn.append(DistrictOnMap(outline, choice.label, count, shade, choice.path, choice.is_chosen))
    # What is chosen is drawn last, so that no neighbour covers its border.
    return sorted(drawn, key=lambda one: one.is_chosen)


def _shade(count: int, most: int) -> int:
    """Of five: 0 for nothing, 4 for the most and what comes near it."""
    return ceil(4 * count / most) if most else 0


def _languages(request: Request, found: Found, chosen: str | None) -> list[Choice]:
    entries, counts = found.names.languages, found.by_language
    shown = [entry for code, entry in entries.items() if counts.get(code) or code == chosen]
    shown.sort(key=lambda entry: (-counts.get(entry.code, 0), entry.code))
    return [_choice(request, "language", entry, counts.get(entry.code, 0), chosen) for entry in shown]


def _categories(
    request: Request, field: str, names: Names, counts: Mapping[str, int] | None, chosen: str | None
) -> list[Choice]:
    """Broad categories, the most first, and the narrower ones of the one that is chosen."""
    entries = names.categories
    opened = {chosen, entries[chosen].above if chosen in entries else None} - {None}
    shown = [
        entry
        for entry in entries.values()
        if (entry.above is None or entry.above in opened) and _is_worth_showing(entry.code, counts, chosen)
    ]
    shown.sort(
        key=lambda entry: (
            -(_count(entry.above or entry.code, counts) or 0),
            entry.above or entry.code,
            bool(entry.above),
        )
    )
    return [_choice(request, field, entry, _count(entry.code, counts), chosen) for entry in shown]


def _districts(
    request: Request, names: Names, counts: Mapping[str, int] | None, chosen: str | None
) -> list[Choice]:
    """The districts that have something, the busiest first; the chosen one's when something in it is chosen."""
    district = f"{chosen[:6]}000000" if chosen else None
    districts = [entry for code, entry in names.areas.items() if level_of(code) is Level.DISTRICT]
    shown = [entry for entry in districts if _is_worth_showing(entry.code, counts, district)]
    shown.sort(key=lambda entry: (-(_count(entry.code, counts) or 0), entry.code))
    return [_choice(request, "area", entry, _count(entry.code, counts), district) for entry in shown]


def _count(code: str, counts: Mapping[str, int] | None) -> int | None:
    return None if counts is None else counts.get(code, 0)


def _is_worth_showing(code: str, counts: Mapping[str, int] | None, chosen: str | None) -> bool:
    """A choice that would find something, or is chosen; any of them while nobody can count."""
    return counts is None or bool(counts.get(code)) or code == chosen


def _below(request: Request, names: Names, chosen: str | None) -> list[Choice]:
    """What lies directly under the chosen area, and the areas between it and the district."""
    if chosen is None or chosen == CITY:
        return []
    shown = [
        entry
        for code, entry in sorted(names.areas.items())
        if level_of(code) not in (Level.MUNICIPALITY, Level.DISTRICT) and code.startswith(chosen[:6])
    ]
    return [_choice(request, "area", entry, None, chosen) for entry in shown]


def _choice(request: Request, field: str, entry: Entry, count: int | None, chosen: str | None) -> Choice:
    is_chosen = entry.code == chosen
    changed = {field: None if is_chosen else entry.code}
    return Choice(name_of(request, entry), count, here(request, **changed, after=None), is_chosen)
