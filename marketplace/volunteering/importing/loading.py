"""From a list to the database: in batches, each one transaction; a row that is there already is left as it is."""

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, TextIO, TypeVar
from uuid import UUID

from sqlalchemy import Table, insert, select

from marketplace.areas.models import Area
from marketplace.catalogue.models import Tag, TagKind
from marketplace.db import audit
from marketplace.db.insert import upsert
from marketplace.db.session import Database, Session
from marketplace.kernel.clock import local_day
from marketplace.kernel.ids import new_id
from marketplace.kernel.locale import EN, word
from marketplace.organisations.models import Organisation
from marketplace.outbox.publish import publish
from marketplace.volunteering import suspensions
from marketplace.volunteering.events import NeedsImported
from marketplace.volunteering.importing.errors import ImportFileIsEmpty, MappingIsBroken
from marketplace.volunteering.importing.mapping import ImportMapping
from marketplace.volunteering.importing.reading import records
from marketplace.volunteering.importing.rows import ImportedNeed, Reject, read_row
from marketplace.volunteering.models import Need, Shift

BATCH = 1_000
Item = TypeVar("Item")


@dataclass(slots=True)
class ImportReport:
    """How many rows became needs, were there already, or were refused (and where those are written)."""

    added: int = 0
    already_there: int = 0
    rejected: int = 0
    rejects_file: Path | None = None
    reasons: dict[str, int] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return self.added + self.already_there + self.rejected


async def import_list(
    database: Database,
    path: Path,
    mapping: ImportMapping,
    rejects: Path,
    progress: Callable[[int], None] = lambda rows: None,
) -> ImportReport:
    """Import ``path``. Every row is counted in the report; ``progress`` is called with the rows done after each batch."""
    async with database.reading() as session:
        await _check_mapping(session, mapping)
    report = ImportReport()
    with records(path, mapping.columns()) as rows, _Rejects(rejects, report) as refused:
        for batch in _batches((read_row(record, mapping) for record in rows), BATCH):
            needs = [row for row in batch if isinstance(row, ImportedNeed)]
            refused.write(row for row in batch if isinstance(row, Reject))
            if needs:
                async with database.unit_of_work() as session:
                    different, added = await _load(session, mapping, needs)
                refused.write(different)
                report.added += added
                report.already_there += len(needs) - added - len(different)
            progress(report.rows)
    if report.rows == 0:
        raise ImportFileIsEmpty(path=path.name)
    return report


async def _check_mapping(session: Session, mapping: ImportMapping) -> None:
    named = {mapping.category.default, *mapping.category.table.values()}
    known = set(
        await session.scalars(select(Tag.code).where(Tag.code.in_(named), Tag.kind == TagKind.CATEGORY))
    )
    if named - known:
        raise MappingIsBroken(path="mapping", what=f"category: {', '.join(sorted(named - known))}")
    if await session.get(Area, mapping.area_code) is None:
        raise MappingIsBroken(path="mapping", what=f"area_code: {mapping.area_code}")


def _batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


async def _load(
    session: Session, mapping: ImportMapping, rows: list[ImportedNeed]
) -> tuple[list[Reject], int]:
    """Add what is new; gives the rows whose key is taken by something else, and how many were added."""
    organisations = await _organisations(session, mapping, rows)
    needs = {row.line: _need(session, mapping, row, organisations[row.organisation_key]) for row in rows}
    firsts = {need["import_key"]: line for line, need in reversed(needs.items())}
    fresh = await _insert_new(session, Need, [needs[line] for line in firsts.values()])
    lines = {firsts[key] for key in fresh}
    shifts = [
        _shift(session, needs[row.line], row.shift, row.capacity)
        for row in rows
        if row.line in lines and row.shift
    ]
    if shifts:
        await session.execute(insert(Shift), shifts)
    if fresh:
        await suspensions.suspend(session, {needs[line]["organisation_id"] for line in lines})
        batch_id = new_id()
        await publish(session, NeedsImported(batch_id, tuple(needs[line]["id"] for line in lines)))
        audit.record(
            session,
            None,
            "needs.imported",
            ("import_batch", batch_id),
            list_name=mapping.list_name,
            needs=len(fresh),
        )
    return await _different(session, [(row, needs[row.line]) for row in rows if row.line not in lines]), len(
        fresh
    )


async def _different(session: Session, there: list[tuple[ImportedNeed, dict[str, Any]]]) -> list[Reject]:
    """Rows whose key we already have, for another text: a repeated key, or a list or need edited since. Never silently dropped."""
    if not there:
        return []
    keys = {need["import_key"] for _, need in there}
    found = await session.execute(
        select(Need.import_key, Need.title, Need.description).where(Need.import_key.in_(keys))
    )
    known = {key: (title, description) for key, title, description in found}
    return [
        Reject(row.line, ("already_there_but_different",), [row.key, row.title, row.description])
        for row, need in there
        if known[need["import_key"]] != (row.title, row.description)
    ]


async def _insert_new(
    session: Session, table: type[Need] | type[Organisation], rows: list[dict[str, Any]]
) -> list[str]:
    """Insert the rows whose import key is new; their keys, in order."""
    # The plain table: through the mapped class, rows with different empty columns would be sent apart.
    core = table.__table__
    assert isinstance(core, Table)
    insert = upsert(session, core).on_conflict_do_nothing(index_elements=["import_key"])
    statement = insert.returning(core.c.import_key)
    return [key for key in await session.scalars(statement, rows) if key]


async def _organisations(
    session: Session, mapping: ImportMapping, rows: list[ImportedNeed]
) -> dict[str, UUID]:
    keys = {row.organisation_key: f"{mapping.list_name}:{row.organisation_key}" for row in rows}
    names = {row.organisation_key: row.organisation_name for row in rows}
    await _insert_new(
        session,
        Organisation,
        [
            {
                "id": new_id(),
                "name": names[key],
                "kind": "imported",
                "area_code": mapping.area_code,
                "registered_at": session.now(),
                "import_key": import_key,
                "version": 1,
            }
            for key, import_key in keys.items()
        ],
    )
    found = await session.execute(
        select(Organisation.import_key, Organisation.id).where(Organisation.import_key.in_(keys.values()))
    )
    ids = {row.import_key: row.id for row in found}
    return {key: ids[import_key] for key, import_key in keys.items()}


def _need(
    session: Session, mapping: ImportMapping, row: ImportedNeed, organisation_id: UUID
) -> dict[str, Any]:
    over = row.ends_on < local_day(session.now())
    return {
        "id": new_id(),
        "title": row.title,
        "description": row.description,
        "category_code": row.category_code,
        "area_code": mapping.area_code,
        "organisation_id": organisation_id,
        "place": row.place,
        "latitude": row.point[0] if row.point else None,
        "longitude": row.point[1] if row.point else None,
        "risks": mapping.risks,
        "is_risky": False,
        "minimum_age": 0,
        "needs_approval": False,
        "withdrawal_notice_minutes": 0,
        "raised_at": session.now(),
        "published_at": session.now(),
        "closed_at": session.now() if over else None,
        "import_key": f"{mapping.list_name}:{row.key}",
        "version": 1,
    }


def _shift(
    session: Session, need: dict[str, Any], local: tuple[datetime, datetime], capacity: int
) -> dict[str, Any]:
    starts_at, ends_at = (moment.astimezone(UTC) for moment in local)
    return {
        "id": new_id(),
        "need_id": need["id"],
        "starts_at": starts_at,
        "ends_at": ends_at,
        "capacity": capacity,
        "places_taken": 0,
        "next_waiting_number": 1,
        "calendar_sequence": 0,
        "created_at": session.now(),
    }


class _Rejects:
    """The rejects file: made only when there is something to put in it, safe to open in a spreadsheet."""

    def __init__(self, path: Path, report: ImportReport) -> None:
        self._path, self._report = path, report
        self._file: TextIO | None = None

    def __enter__(self) -> "_Rejects":
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()

    def write(self, rejects: Iterable[Reject]) -> None:
        for reject in rejects:
            writer = csv.writer(self._open())
            sentences = " ".join(word(EN, f"reject.{reason}") for reason in reject.reasons)
            writer.writerow(
                [reject.line, ";".join(reject.reasons), sentences, *(_guarded(cell) for cell in reject.raw)]
            )
            self._report.rejected += 1
            for reason in reject.reasons:
                self._report.reasons[reason] = self._report.reasons.get(reason, 0) + 1

    def _open(self) -> TextIO:
        if self._file is None:
            self._file = self._path.open("w", encoding="utf-8-sig", newline="")
            csv.writer(self._file).writerow(["line", "codes", "reasons", "the row as it was"])
            self._report.rejects_file = self._path
        return self._file


def _guarded(cell: str) -> str:
    """A spreadsheet would run a cell that begins like a formula; an apostrophe makes it text."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@")) else cell
