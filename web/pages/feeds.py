"""New needs as an Atom feed (RFC 4287), for a whole city, an area or a kind of service."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from xml.etree import ElementTree

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.areas.queries import name_of as area_name
from marketplace.catalogue.queries import name_of as tag_name
from marketplace.discovery.names import Entry, Names, look_up
from marketplace.discovery.wishes import AreaCode, OptionalCode
from marketplace.identity.viewer import STRANGER
from marketplace.kernel.errors import InputIsInvalid
from marketplace.kernel.input import BlankIsNone, Draft, read
from marketplace.kernel.local_forms import span
from marketplace.kernel.locale import EN, LANGUAGE_TAGS
from marketplace.kernel.pagination import MAX_PAGE, PageRequest
from marketplace.volunteering import queries
from marketplace.volunteering.queries import NeedFilters, NeedRow
from web.addresses import path_of
from web.visit import house_of, locale_of, translator

_ATOM = "http://www.w3.org/2005/Atom"
_MAX_AGE_SECONDS = 300
_UNSAYABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write."""
Element = ElementTree.Element
ElementTree.register_namespace("", _ATOM)


class FeedWishes(Draft):
    """What the feed is about; nothing means everything."""

    category: OptionalCode = None
    area: Annotated[AreaCode | None, BlankIsNone] = None


async def needs_feed(request: Request) -> Response:
    """The newest open needs. It shows what any stranger may see, whoever asks, so that it may be cached by anybody."""
    given = {
        name: request.query_params[name] for name in ("category", "area") if name in request.query_params
    }
    wishes = read(FeedWishes, given)
    async with house_of(request).database.reading() as session:
        names = await look_up(session, wishes.area, [], [])
        subjects = _subjects(request, wishes, names)
        filters = NeedFilters(category=wishes.category, area_code=wishes.area)
        page = await queries.page(session, STRANGER, filters, PageRequest(MAX_PAGE))
    feed = _feed(request, subjects, page.rows)
    return Response(
        ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True),
        media_type="application/atom+xml",
        headers={"Cache-Control": f"public, max-age={_MAX_AGE_SECONDS}", "Vary": "Accept-Language"},
    )


def _subjects(request: Request, wishes: FeedWishes, names: Names) -> list[str]:
    """What the feed is about, in words. Raises InputIsInvalid for what nobody knows."""
    known: tuple[tuple[str, str | None, dict[str, Entry]], ...] = (
        ("area", wishes.area, names.areas),
        ("category", wishes.category, names.categories),
    )
    said = []
    for field, code, entries in known:
        if code is None:
            continue
        if code not in entries:
            raise InputIsInvalid.of(field, "unknown_choice", choice=code)
        name = entries[code].name
        said.append(name.en if locale_of(request) == EN else name.zh)
    return said


def _feed(request: Request, subjects: list[str], rows: Sequence[NeedRow]) -> Element:
    _ = translator(request)
    feed = Element(
        f"{{{_ATOM}}}feed", {"{http://www.w3.org/XML/1998/namespace}lang": LANGUAGE_TAGS[locale_of(request)]}
    )
    newest = max(
        (row.need.published_at for row in rows if row.need.published_at),
        default=datetime(2020, 1, 1, tzinfo=UTC),
    )
    own = _address(
        request, f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
    )
    _say(feed, "title", " · ".join([_("New needs"), *subjects]))
    _say(feed, "id", own)
    _say(feed, "updated", newest.isoformat())
    _link(feed, own, "self")
    _link(feed, _address(request, path_of(request, "find_needs")), "alternate")
    for row in rows:
        feed.append(_entry(request, row))
    return feed


def _entry(request: Request, row: NeedRow) -> Element:
    locale = locale_of(request)
    entry = Element(f"{{{_ATOM}}}entry")
    published = (row.need.published_at or row.need.raised_at).isoformat()
    _say(entry, "title", row.need.title)
    _say(entry, "id", row.id.urn)
    _say(entry, "published", published)
    _say(entry, "updated", published)
    _link(entry, _address(request, path_of(request, "need", need_id=row.id)), "alternate")
    author = ElementTree.SubElement(entry, f"{{{_ATOM}}}author")
    _say(author, "name", row.organisation.name if row.organisation else area_name(row.area, locale))
    ElementTree.SubElement(
        entry, f"{{{_ATOM}}}category", {"term": row.category.code, "label": tag_name(row.category, locale)}
    )
    when = [span(locale, row.next_shift.starts_at, row.next_shift.ends_at)] if row.next_shift else []
    where = [row.need.place, area_name(row.area, locale)]
    _say(entry, "summary", "\n".join([" · ".join(when + where), row.need.description]))
    return entry


def _address(request: Request, path: str) -> str:
    return f"{house_of(request).settings.site_url}{path}"


def _say(parent: Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, f"{{{_ATOM}}}{name}").text = _UNSAYABLE.sub("", text)


def _link(parent: Element, address: str, relation: str) -> None:
    ElementTree.SubElement(parent, f"{{{_ATOM}}}link", {"rel": relation, "href": address})


routes: list[BaseRoute] = [Route("/needs.atom", needs_feed, name="needs_feed")]
