"""From rows to documents, many at once: the same few statements however many there are."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from marketplace.areas import queries as areas
from marketplace.areas.models import Area
from marketplace.catalogue.models import Tag, TagSynonym
from marketplace.db.rows import grouped
from marketplace.db.session import Session
from marketplace.discovery.documents import (
    Change,
    Coming,
    Kind,
    Surroundings,
    TagWords,
    document_id,
    need_document,
    organisation_document,
)
from marketplace.organisations.models import Organisation, OrganisationArea, OrganisationField
from marketplace.outbox.models import OutboxStream
from marketplace.volunteering.models import Need, NeedQualification, NeedTag, Shift
from marketplace.volunteering.states import is_open_need
from matching.batches import batches
from matching.index import Removal

_MOST_CODES = 200


def need_is_findable() -> ColumnElement[bool]:
    """SQL: the need takes people and everybody may know of it."""
    return is_open_need()


def organisation_is_findable() -> ColumnElement[bool]:
    """SQL: the organisation was verified and is not suspended."""
    return and_(Organisation.verified_at.is_not(None), Organisation.suspended_at.is_(None))


async def ids_after(session: Session, kind: Kind, after: UUID | None, most: int) -> Sequence[UUID]:
    """The next ``most`` findable rows of a kind, by id."""
    rows, findable = _of(kind)
    return await _next(session, select(rows.id).where(findable), after, most)


async def all_ids_after(session: Session, kind: Kind, after: UUID | None, most: int) -> Sequence[UUID]:
    """The next ``most`` rows of a kind, by id, findable or not."""
    return await _next(session, select(_of(kind)[0].id), after, most)


async def ids_in_areas(session: Session, kind: Kind, codes: Collection[str], most: int) -> Sequence[UUID]:
    """At most ``most`` findable rows of a kind in these areas or below them."""
    rows, findable = _of(kind)
    found: list[UUID] = []
    for some in batches(sorted(codes), _MOST_CODES):
        above = [
            rows.area_code.in_(some),
            *((func.substr(rows.area_code, 1, digits) + "0" * (12 - digits)).in_(some) for digits in (9, 6)),
        ]
        found += await session.scalars(select(rows.id).where(findable, or_(*above)).limit(most - len(found)))
        if len(found) >= most:
            break
    return list(dict.fromkeys(found))


async def needs_of(session: Session, organisation_id: UUID) -> Sequence[UUID]:
    """An organisation's findable needs: they are found by its name too."""
    query = select(Need.id).where(Need.organisation_id == organisation_id, need_is_findable())
    return (await session.scalars(query)).all()


async def count(session: Session, kind: Kind) -> int:
    """How many rows of a kind are findable."""
    rows, findable = _of(kind)
    return await session.scalar(select(func.count()).select_from(rows).where(findable)) or 0


def _of(kind: Kind) -> tuple[type[Need] | type[Organisation], ColumnElement[bool]]:
    if kind is Kind.NEED:
        return Need, need_is_findable()
    return Organisation, organisation_is_findable()


async def _next(session: Session, query: Select[UUID], after: UUID | None, most: int) -> Sequence[UUID]:
    (column,) = query.selected_columns
    page = query.order_by(column).limit(most)
    return (await session.scalars(page if after is None else page.where(column > after))).all()


async def changes(session: Session, kind: Kind, ids: Collection[UUID]) -> dict[UUID, Change]:
    """What the index should know of these rows: a document, or its removal when it is not findable."""
    return await (_needs if kind is Kind.NEED else _organisations)(session, ids)


async def _needs(session: Session, ids: Collection[UUID]) -> dict[UUID, Change]:
    # The version is read with the row and before everything else: what is read later can only be newer than it says.
    rows = (
        await session.execute(
            select(Need, Organisation.name, _version(), need_is_findable().label("is_findable"))
            .outerjoin(Organisation, Organisation.id == Need.organisation_id)
            .outerjoin(OutboxStream, OutboxStream.stream_id == Need.id)
            .where(Need.id.in_(ids))
            .execution_options(populate_existing=True)
        )
    ).all()
    told: dict[UUID, Change] = {row.Need.id: _gone(Kind.NEED, row.Need.id, row.version) for row in rows}
    findable = {row.Need.id: row for row in rows if row.is_findable}
    if not findable:
        return told
    tags = await _codes(
        session, select(NeedTag.need_id, NeedTag.tag_code).where(NeedTag.need_id.in_(findable))
    )
    for need_id, row in findable.items():
        tags.setdefault(need_id, []).append(row.Need.category_code)
    around = await _around(
        session,
        {need_id: (row.version, row.Need.area_code) for need_id, row in findable.items()},
        tags,
    )
    qualifications = await _codes(
        session,
        select(NeedQualification.need_id, NeedQualification.qualification_code).where(
            NeedQualification.need_id.in_(findable)
        ),
    )
    coming = await _coming(session, findable)
    for need_id, row in findable.items():
        told[need_id] = need_document(
            row.Need,
            row.name,
            around[need_id],
            coming.get(need_id, []),
            qualifications.get(need_id, []),
        )
    return told


async def _organisations(session: Session, ids: Collection[UUID]) -> dict[UUID, Change]:
    rows = (
        await session.execute(
            select(Organisation, _version(), organisation_is_findable().label("is_findable"))
            .outerjoin(OutboxStream, OutboxStream.stream_id == Organisation.id)
            .where(Organisation.id.in_(ids))
            .execution_options(populate_existing=True)
        )
    ).all()
    told: dict[UUID, Change] = {
        row.Organisation.id: _gone(Kind.ORGANISATION, row.Organisation.id, row.version) for row in rows
    }
    findable = {row.Organisation.id: row for row in rows if row.is_findable}
    if not findable:
        return told
    fields = await _codes(
        session,
        select(OrganisationField.organisation_id, OrganisationField.tag_code).where(
            OrganisationField.organisation_id.in_(findable)
        ),
    )
    around = await _around(
        session,
        {row_id: (row.version, row.Organisation.area_code) for row_id, row in findable.items()},
        fields,
    )
    active_in = await _codes(
        session,
        select(OrganisationArea.organisation_id, OrganisationArea.area_code).where(
            OrganisationArea.organisation_id.in_(findable)
        ),
    )
    for row_id, row in findable.items():
        told[row_id] = organisation_document(row.Organisation, around[row_id], active_in.get(row_id, []))
    return told


def _version() -> ColumnElement[int]:
    """How much news the row has made: it grows with every change that anybody publishes, and needs no column of its own."""
    return func.coalesce(OutboxStream.last_sequence, 0).label("version")


def _gone(kind: Kind, row_id: UUID, version: int) -> Removal:
    return Removal(document_id(kind, row_id), version)


async def _codes(session: Session, query: Select[UUID, str]) -> dict[UUID, list[str]]:
    return grouped(await session.execute(query))


async def _coming(session: Session, need_ids: Collection[UUID]) -> dict[UUID, list[Coming]]:
    rows = await session.execute(
        select(Shift.need_id, Shift.starts_at, (Shift.places_taken < Shift.capacity).label("is_open")).where(
            Shift.need_id.in_(need_ids), Shift.cancelled_at.is_(None), Shift.starts_at > session.now()
        )
    )
    return grouped((need_id, Coming(starts_at, is_open)) for need_id, starts_at, is_open in rows)


async def _around(
    session: Session, rows: dict[UUID, tuple[int, str]], codes: dict[UUID, list[str]]
) -> dict[UUID, Surroundings]:
    words = await _tag_words(session, {code for some in codes.values() for code in some})
    paths = await areas.paths(session, {area_code for _, area_code in rows.values()})
    nowhere: list[Area] = []
    return {
        row_id: Surroundings(
            version,
            paths.get(area_code, nowhere),
            [tag for code in sorted(codes.get(row_id, [])) for tag in words.get(code, [])],
        )
        for row_id, (version, area_code) in rows.items()
    }


async def _tag_words(session: Session, codes: Collection[str]) -> dict[str, list[TagWords]]:
    """For each code the tag itself and the one above it: who looks for care of older people means help with bathing too."""
    above = select(Tag.parent_code).where(Tag.code.in_(codes), Tag.parent_code.is_not(None))
    rows = await session.execute(
        select(Tag.code, Tag.parent_code, Tag.name_zh, Tag.name_en, TagSynonym.text)
        .outerjoin(TagSynonym, TagSynonym.tag_code == Tag.code)
        .where(or_(Tag.code.in_(codes), Tag.code.in_(above)))
        .order_by(Tag.code, TagSynonym.text)
    )
    words: dict[str, dict[str, None]] = {}
    parents: dict[str, str | None] = {}
    for code, parent, name_zh, name_en, synonym in rows:
        parents[code] = parent
        words.setdefault(code, {}).update(dict.fromkeys(filter(None, (name_zh, name_en, synonym))))
    tags = {code: TagWords(code, tuple(some)) for code, some in words.items()}
    return {
        code: [tags[one] for one in (code, parents[code]) if one is not None and one in tags] for code in tags
    }
