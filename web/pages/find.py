"""Find needs: words, wishes and counts in an address that can be kept and shared; works without script."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.areas.codes import CITY, Level, level_of
from marketplace.discovery.finding import Found, find_needs
from marketplace.discovery.names import Entry, Names
from marketplace.discovery.organisations import matching_organisations
from marketplace.discovery.wishes import NeedWishes, Sorting
from marketplace.kernel.errors import MarketplaceError
from marketplace.kernel.input import read
from marketplace.kernel.local_forms import distance, full_day
from marketplace.kernel.locale import EN, word
from marketplace.kernel.pagination import PageRequest
from marketplace.organisations.models import Organisation
from marketplace.volunteering.errors import BirthDateIsUnknown, GuardianHasNotConsented
from web.addresses import path_of
from web.forms import Form, blank_form
from web.templating import here, render
from web.visit import house_of, locale_of, page_request, translator, viewer_of

SINGLE = ("text", "category", "area", "day_from", "day_to", "within_km", "only_suitable", "language", "sort")
_MOST_ORGANISATIONS = 3
_KILOMETRES = (1, 3, 5, 10, 20)
Link = tuple[str, str, bool]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found; ``hindrance`` is why the viewer can take nothing at all, and then everything is shown."""

    found: Found
    wishes: NeedWishes
    hindrance: MarketplaceError | None
    organisations: Sequence[Organisation]


async def find(request: Request) -> Response:
    form = blank_form(request, wishes_in(request.query_params))
    answer: Answer | None = None
    with form.catching():
        wishes = read(NeedWishes, form.given(*SINGLE, many=["tags"]))
        answer = await _answer(request, wishes, page_request(request))
    return render(request, "find/list.html", _context(request, form, answer), form.status)


def wishes_in(query: QueryParams) -> dict[str, Any]:
    """The wishes in an address. Other parameters are not ours: messengers add their own to every link."""
    return {
        name: query.getlist(name) if name == "tags" else query[name]
        for name in (*SINGLE, "tags")
        if name in query
    }


async def _answer(request: Request, wishes: NeedWishes, page: PageRequest) -> Answer:
    house, viewer = house_of(request), viewer_of(request)
    hindrance: MarketplaceError | None = None
    async with house.database.reading() as session:
        try:
            found = await find_needs(session, viewer, house.search, wishes, page)
        except (BirthDateIsUnknown, GuardianHasNotConsented) as reason:
            hindrance = reason
            everything = wishes.model_copy(update={"only_suitable": False})
            found = await find_needs(session, viewer, house.search, everything, page)
        organisations = (
            await matching_organisations(session, viewer, house.search, wishes.text, _MOST_ORGANISATIONS)
            if wishes.text
            else []
        )
    return Answer(found, wishes, hindrance, organisations)


def _context(request: Request, form: Form, answer: Answer | None) -> dict[str, Any]:
    names = answer.found.names if answer else Names()
    return {
        "form": form,
        "answer": answer,
        "found": answer.found if answer else None,
        "is_first": "after" not in request.query_params,
        "kept": {name: form.value(name) for name in SINGLE if form.value(name)},
        "kept_beside_text": {name: form.value(name) for name in SINGLE[1:] if form.value(name)},
        "chosen": _chosen(request, answer.wishes, names) if answer else [],
        "groups": _groups(request, answer.found, answer.wishes) if answer else [],
        "kilometres": [(number, distance(locale_of(request), number * 1000)) for number in _KILOMETRES],
        "languages": _options(request, names.languages),
        "sortings": [(sort.value, word(locale_of(request), f"sorting.{sort.value}")) for sort in Sorting],
        "clear_path": request.url.path,
        "feed_path": _feed(request, form),
    }


def name_of(request: Request, entry: Entry) -> str:
    """The entry's name in the reader's language."""
    return entry.name.en if locale_of(request) == EN else entry.name.zh


def _options(request: Request, entries: Mapping[str, Entry]) -> list[tuple[str, str]]:
    return [(code, name_of(request, entry)) for code, entry in entries.items()]


def _chosen(request: Request, wishes: NeedWishes, names: Names) -> list[tuple[str, str]]:
    """Every active filter in words, with the address of the same page without it."""
    _ = translator(request)
    locale = locale_of(request)
    said: list[tuple[str, str]] = []
    if wishes.text:
        said.append(("text", f"“{wishes.text}”"))
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
    if wishes.only_suitable:
        said.append(("only_suitable", _("only what I can take")))
    links = [(label, here(request, **{field: None}, after=None)) for field, label in said]
    return links + _chosen_tags(request, wishes, names)


def _chosen_tags(request: Request, wishes: NeedWishes, names: Names) -> list[tuple[str, str]]:
    known = {**names.categories, **names.languages, **names.tags}
    return [
        (
            name_of(request, known[tag]),
            here(request, tags=[other for other in wishes.tags if other != tag], after=None),
        )
        for tag in wishes.tags
    ]


def _groups(request: Request, found: Found, wishes: NeedWishes) -> list[dict[str, Any]]:
    """The filters that are links: each choice with how many there would be."""
    _ = translator(request)
    groups = [
        {"title": _("Kind of service"), "links": _categories(request, found, wishes.category)},
        {"title": _("District"), "links": _districts(request, found, wishes.area)},
        {"title": _("Subdistrict or community"), "links": _below(request, found.names, wishes.area)},
    ]
    return [group for group in groups if group["links"]]


def _categories(request: Request, found: Found, chosen: str | None) -> list[Link]:
    """Broad categories, and the narrower ones of the one that is chosen."""
    entries, counts = found.names.categories, found.by_category
    opened = {chosen, entries[chosen].above if chosen in entries else None} - {None}
    shown = [
        entry
        for code, entry in entries.items()
        if (entry.above is None or entry.above in opened) and (counts.get(code) or code == chosen)
    ]
    shown.sort(
        key=lambda entry: (
            -counts.get(entry.above or entry.code, 0),
            entry.above or entry.code,
            bool(entry.above),
        )
    )
    return [_link(request, "category", entry, counts.get(entry.code, 0), chosen) for entry in shown]


def _districts(request: Request, found: Found, chosen: str | None) -> list[Link]:
    """The districts that have something, the busiest first; the chosen one's when something in it is chosen."""
    district = f"{chosen[:6]}000000" if chosen else None
    districts = [entry for code, entry in found.names.areas.items() if level_of(code) is Level.DISTRICT]
    shown = [entry for entry in districts if found.by_district.get(entry.code) or entry.code == district]
    shown.sort(key=lambda entry: (-found.by_district.get(entry.code, 0), entry.code))
    return [_link(request, "area", entry, found.by_district.get(entry.code, 0), district) for entry in shown]


def _below(request: Request, names: Names, chosen: str | None) -> list[Link]:
    """What lies directly under the chosen area, and the areas between it and the district."""
    if chosen is None or chosen == CITY:
        return []
    shown = [
        entry
        for code, entry in sorted(names.areas.items())
        if level_of(code) not in (Level.MUNICIPALITY, Level.DISTRICT) and code.startswith(chosen[:6])
    ]
    return [
        (name_of(request, entry), here(request, area=entry.code, after=None), entry.code == chosen)
        for entry in shown
    ]


def _link(request: Request, field: str, entry: Entry, count: int, chosen: str | None) -> Link:
    is_chosen = entry.code == chosen
    changed = {field: None if is_chosen else entry.code}
    return f"{name_of(request, entry)} {count}", here(request, **changed, after=None), is_chosen


def _feed(request: Request, form: Form) -> str:
    kept = {name: form.value(name) for name in ("category", "area") if form.value(name)}
    path = path_of(request, "needs_feed")
    return f"{path}?{urlencode(kept)}" if kept else path


routes: list[BaseRoute] = [Route("/needs", find, name="find_needs")]
