"""What the index is told of a need, an organisation or something to be bought: public words and figures only, never a person."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import orjson

from marketplace.areas import pinyin
from marketplace.areas.codes import ancestors_of
from marketplace.areas.models import Area
from marketplace.kernel.ids import parse_id
from marketplace.organisations.models import Organisation
from marketplace.volunteering.models import Need
from matching.index import Document, Point, Removal

Change = Document | Removal
"""What the index can be told of a thing."""

TAKES_PEOPLE = "takes_people"
"""Flag of needs that take anybody at all: dangerous work without insurance does not."""
_ASKS = "asks:"
_SERVES = "serves:"


class Kind(StrEnum):
    """What can be found."""

    NEED = "need"
    ORGANISATION = "organisation"
    TENDER = "tender"
    LIST_ITEM = "list_item"


@dataclass(frozen=True, slots=True)
class TagWords:
    """A tag and every word by which people may mean it."""

    code: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Coming:
    """A shift still to come; an open one has a place left."""

    starts_at: datetime
    is_open: bool


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a document says beyond its own row. ``areas`` run from the municipality down; ``version`` grows with every change."""

    version: int
    areas: Sequence[Area]
    tags: Sequence[TagWords]


def document_id(kind: Kind, row_id: UUID) -> str:
    """The id under which the index knows a row: ids are unique over all kinds."""
    return f"{kind}:{row_id}"


def row_id_of(document_id: str) -> UUID | None:
    """The row's id inside a document's id."""
    return parse_id(document_id.rpartition(":")[2])


def asks(qualification_codes: Iterable[str]) -> str:
    """The flag that names exactly the qualifications asked for. One flag a combination lets the index answer "none but these"."""
    return _ASKS + "+".join(sorted(qualification_codes))


def asked_in(flag: str) -> frozenset[str] | None:
    """The qualifications that a flag of ``asks`` names; None for another flag."""
    return frozenset(filter(None, flag[len(_ASKS) :].split("+"))) if flag.startswith(_ASKS) else None


def serves(area_code: str) -> str:
    """The flag of organisations that are registered or active in an area or somewhere below it."""
    return _SERVES + area_code


def served_in(flag: str) -> str | None:
    """The area that a flag of ``serves`` names; None for another flag."""
    return flag[len(_SERVES) :] if flag.startswith(_SERVES) else None


def need_document(
    need: Need,
    organisation_name: str | None,
    around: Surroundings,
    coming: Sequence[Coming],
    qualification_codes: Iterable[str],
) -> Document:
    """A need as the index knows it. ``coming`` are its shifts still to come."""
    takes_people = [TAKES_PEOPLE] if need.insurance or not need.is_risky else []
    names = [name for name in (organisation_name, need.place) if name]
    return replace(
        _document(Kind.NEED, need.id, need.title, around),
        body=need.description,
        names=(*names, *_area_names(around.areas)),
        area_code=need.area_code,
        category=need.category_code,
        flags=(asks(qualification_codes), *takes_people),
        starts_at=_moments(coming),
        open_starts_at=_moments([shift for shift in coming if shift.is_open]),
        published_at=None if need.published_at is None else int(need.published_at.timestamp()),
        minimum_age=need.minimum_age,
        place=_point(need.latitude, need.longitude, around.areas),
    )


def organisation_document(
    organisation: Organisation, around: Surroundings, active_in: Iterable[str]
) -> Document:
    """An organisation as the index knows it. ``active_in`` are the areas that it serves beside its own."""
    areas = {above for code in (organisation.area_code, *active_in) for above in ancestors_of(code)[1:]}
    return replace(
        _document(Kind.ORGANISATION, organisation.id, organisation.name, around),
        body=organisation.about or "",
        names=(organisation.name, *_area_names(around.areas)),
        area_code=organisation.area_code,
        flags=tuple(serves(code) for code in sorted(areas)),
        place=_point(None, None, around.areas),
    )


@dataclass(frozen=True, slots=True)
class Purchase:
    """A tender or an item of a list, as far as the public has been told of it."""

    kind: Kind
    id: UUID
    title: str
    texts: Sequence[str]
    buyer_name: str
    area_code: str
    category_code: str | None
    published_at: datetime


def purchase_document(purchase: Purchase, around: Surroundings) -> Document:
    """A tender or an item of a list as the index knows it, found by its words, its buyer, its place and what it is about."""
    return replace(
        _document(purchase.kind, purchase.id, purchase.title, around),
        body="\n".join(purchase.texts),
        names=(purchase.buyer_name, *_area_names(around.areas)),
        area_code=purchase.area_code,
        category=purchase.category_code or "",
        published_at=int(purchase.published_at.timestamp()),
        place=_point(None, None, around.areas),
    )


def digest(document: Document) -> bytes:
    """A fingerprint of all that the document says, whatever its version."""
    said = asdict(document)
    del said["version"]
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).digest()


def _document(kind: Kind, row_id: UUID, title: str, around: Surroundings) -> Document:
    return Document(
        id=document_id(kind, row_id),
        kind=kind,
        version=around.version,
        title=title,
        keywords=tuple(dict.fromkeys(_keywords(around))),
        sounds=tuple(" ".join(pinyin.syllables(area.name)) for area in _below_city(around.areas)),
        tags=tuple(sorted({tag.code for tag in around.tags})),
    )


def _moments(coming: Iterable[Coming]) -> tuple[int, ...]:
    return tuple(sorted(int(shift.starts_at.timestamp()) for shift in coming))


def _keywords(around: Surroundings) -> Iterable[str]:
    for tag in around.tags:
        yield from tag.words
    for area in _below_city(around.areas):
        yield area.name_en


def _area_names(areas: Sequence[Area]) -> list[str]:
    return [area.name for area in _below_city(areas)]


def _below_city(areas: Sequence[Area]) -> Sequence[Area]:
    """Everything lies in the city, so its name tells nothing apart."""
    return areas[1:]


def _point(latitude: float | None, longitude: float | None, areas: Sequence[Area]) -> Point | None:
    """Where it is: its own point, or else that of the smallest area around it that has one."""
    places = [
        (latitude, longitude),
        *((area.latitude, area.longitude) for area in reversed(_below_city(areas))),
    ]
    for north, east in places:
        if north is not None and east is not None:
            return Point(north, east)
    return None
