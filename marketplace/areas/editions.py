"""Editions of the official list: importing one makes the areas what it says and keeps what earlier editions said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update

from marketplace.areas import divisions as lists
from marketplace.areas.divisions import Division
from marketplace.areas.english import english_name
from marketplace.areas.errors import EditionIsDifferent, EditionIsOlder
from marketplace.areas.events import AreasRenamed
from marketplace.areas.models import Area, AreaEdition, AreaVersion
from marketplace.areas.pinyin import reading
from marketplace.db import audit
from marketplace.db.session import Session
from marketplace.kernel.ids import new_id
from marketplace.outbox.publish import publish

SHIPPED_NAME = "2023"
SHIPPED_CUT_OFF = date(2023, 6, 30)
SHIPPED_SOURCE = "国家统计局统计用区划代码和城乡划分代码（2023年）"


@dataclass(frozen=True, slots=True)
class Edition:
    """What an official list is called, the day it speaks of, and who made it."""

    name: str
    cut_off: date
    source: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """How many areas an import added, changed, retired and left as they were."""

    added: int
    changed: int
    retired: int
    unchanged: int

    @property
    def changed_anything(self) -> bool:
        return bool(self.added or self.changed or self.retired)


async def import_shipped(session: Session) -> ImportReport:
    """Import the list that comes with the house."""
    edition = Edition(SHIPPED_NAME, SHIPPED_CUT_OFF, SHIPPED_SOURCE)
    return await import_edition(session, edition, lists.shipped())


async def import_edition(session: Session, edition: Edition, divisions: Sequence[Division]) -> ImportReport:
    """Make the areas what ``divisions`` say. The same edition again changes nothing.

    Codes that are no longer listed are retired, never removed: records keep naming them. Raises EditionIsDifferent, EditionIsOlder.
    """
    if await _is_known(session, edition, divisions):
        return ImportReport(0, 0, 0, len(divisions))
    await _refuse_older(session, edition)
    session.add(
        AreaEdition(
            name=edition.name,
            cut_off=edition.cut_off,
            source=edition.source,
            imported_at=session.now(),
            areas_count=len(divisions),
        )
    )
    await session.flush()
    report = await _bring_up_to_date(session, edition.name, divisions)
    await session.execute(insert(AreaVersion), [_version(edition.name, item) for item in divisions])
    audit.record(
        session,
        None,
        "areas.imported",
        ("area_edition", edition.name),
        added=report.added,
        retired=report.retired,
    )
    return report


async def _is_known(session: Session, edition: Edition, divisions: Sequence[Division]) -> bool:
    if await session.get(AreaEdition, edition.name) is None:
        return False
    versions = await session.execute(
        select(AreaVersion.code, AreaVersion.name, AreaVersion.parent_code).where(
            AreaVersion.edition == edition.name
        )
    )
    if {tuple(row) for row in versions} != {(item.code, item.name, item.parent) for item in divisions}:
        raise EditionIsDifferent(edition=edition.name)
    return True


async def _refuse_older(session: Session, edition: Edition) -> None:
    newest = (
        await session.execute(
            select(AreaEdition.name, AreaEdition.cut_off).order_by(AreaEdition.cut_off.desc()).limit(1)
        )
    ).one_or_none()
    if newest is not None and newest.cut_off > edition.cut_off:
        raise EditionIsOlder(newest=newest.name)


async def _bring_up_to_date(session: Session, edition: str, divisions: Sequence[Division]) -> ImportReport:
    points = lists.shipped_points()
    rows = {item.code: _row(item, points) for item in divisions}
    held = {row["code"]: dict(row) for row in (await session.execute(select(*_COLUMNS))).mappings()}
    new = [row for code, row in rows.items() if code not in held]
    changed = [row for code, row in rows.items() if code in held and held[code] != row]
    gone = [code for code, row in held.items() if code not in rows and row["retired_in"] is None]
    if new:
        await session.execute(insert(Area), new)
    if changed:
        await _update(session, [{"of": row["code"], **row} for row in changed])
    if gone:
        await _update(session, [{"of": code, "retired_in": edition} for code in gone])
    if changed:
        codes = sorted(str(row["code"]) for row in changed)
        await publish(session, AreasRenamed(new_id(), tuple(codes)))
    return ImportReport(len(new), len(changed), len(gone), len(rows) - len(new) - len(changed))


async def _update(session: Session, rows: list[dict[str, Any]]) -> None:
    names = [name for name in rows[0] if name not in ("of", "code")]
    # Through the connection: the ORM would read this as an update by primary key and forbid the WHERE.
    connection = await session.connection()
    await connection.execute(
        update(Area.__table__)  # type: ignore[arg-type]
        .where(Area.__table__.c.code == bindparam("of"))
        .values({name: bindparam(name) for name in names}),
        [{name: row[name] for name in ("of", *names)} for row in rows],
    )


_COLUMNS = (
    Area.code,
    Area.level,
    Area.parent_code,
    Area.name,
    Area.name_en,
    Area.pinyin,
    Area.initials,
    Area.longitude,
    Area.latitude,
    Area.retired_in,
)


def _row(item: Division, points: dict[str, tuple[float, float]]) -> dict[str, Any]:
    typed = reading(item.name)
    longitude, latitude = points.get(item.code, (None, None))
    return {
        "code": item.code,
        "level": item.level.value,
        "parent_code": item.parent,
        "name": item.name,
        "name_en": english_name(item.name, item.level),
        "pinyin": typed.pinyin,
        "initials": typed.initials,
        "longitude": longitude,
        "latitude": latitude,
        "retired_in": None,
    }


def _version(edition: str, item: Division) -> dict[str, Any]:
    return {
        "edition": edition,
        "code": item.code,
        "level": item.level.value,
        "parent_code": item.parent,
        "name": item.name,
    }


async def count(session: Session) -> int:
    """How many areas the newest edition lists."""
    return await session.scalar(select(func.count()).where(Area.retired_in.is_(None))) or 0
