"""Takes in what others published: release packages, record packages, single releases, or lines of them. Ours stay apart.

A release is taken as it came, once; the same one again changes nothing, another one under its id is refused. What is wrong is refused
by itself, with its place and the reason, and the rest of the file is taken.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path as FilePath
from typing import Any, Final

import orjson
from sqlalchemy import select

from marketplace.db.insert import upsert
from marketplace.db.session import Database, Session
from marketplace.kernel.errors import Invalid
from marketplace.kernel.ids import new_id
from marketplace.opendata.kinds import read_moment
from marketplace.opendata.merging import ReleasesDoNotFit, compiled
from marketplace.opendata.models import ImportedRelease
from marketplace.opendata.reading import Fault, NotOcds, Path, kind_of, parse, read_part
from marketplace.opendata.release import Release

MOST_BYTES: Final = 256 * 1024 * 1024
MOST_BYTES_OF_ONE: Final = 8 * 1024 * 1024
_LONGEST_OCID, _LONGEST_ID, _LONGEST_TEXT = 200, 300, 300
_AT_ONCE = 200


class OcdsFileIsTooLarge(Invalid):
    """One JSON text larger than MOST_BYTES is not read; lines of JSON may be as many as one likes."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A release that was not taken, and why. ``line`` is that of a file of lines."""

    fault: Fault
    line: int | None = None


@dataclass(slots=True)
class ImportReport:
    """What became of a file."""

    added: int = 0
    already_there: int = 0
    rejected: list[Rejected] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Found:
    """A release in a file, with its place and what its package says of itself."""

    given: dict[str, Any]
    path: Path
    line: int | None
    publisher: str | None
    license: str | None


async def import_file(database: Database, file: FilePath, source: str, own_prefix: str) -> ImportReport:
    """Take in the releases of a file. Raises OSError, OcdsFileIsTooLarge."""
    report = ImportReport()
    found = (one for text, line in texts_of(file) for one in _releases(text, line, report))
    while batch := list(islice(found, _AT_ONCE)):
        good = [one for one in batch if _is_good(one, own_prefix, report)]
        async with database.unit_of_work() as session:
            await _take(session, good, source[:_LONGEST_TEXT], report)
    return report


def texts_of(file: FilePath) -> Iterator[tuple[bytes, int | None]]:
    """The JSON texts of a file: its lines where it is one of lines (.jsonl, .ndjson), else the whole. Raises OcdsFileIsTooLarge."""
    if file.suffix not in {".jsonl", ".ndjson"}:
        if file.stat().st_size > MOST_BYTES:
            raise OcdsFileIsTooLarge(megabytes=MOST_BYTES // 2**20)
        yield file.read_bytes(), None
        return
    with file.open("rb") as opened:
        number = 0
        while line := opened.readline(MOST_BYTES + 1):
            number += 1
            if len(line) > MOST_BYTES:
                raise OcdsFileIsTooLarge(megabytes=MOST_BYTES // 2**20)
            if line.strip():
                yield line, number


def _releases(text: bytes, line: int | None, report: ImportReport) -> Iterator[Found]:
    """The releases of one text. An envelope that lacks something is no reason to lose what is in it."""
    try:
        given = parse(text)
        kind_of(given)
    except NotOcds as error:
        report.rejected.append(Rejected(error.fault, line))
        return
    publisher = given.get("publisher")
    name = publisher.get("name") if isinstance(publisher, dict) else None
    about = (_short(name), _short(given.get("license")))
    for path, release in _members(given):
        if isinstance(release, dict):
            # 1.1 knows one way to begin, and its own examples leave it out: nothing is guessed by filling it in.
            yield Found({"initiationType": "tender"} | release, path, line, *about)
        else:
            report.rejected.append(Rejected(Fault(path, "ocds_kind", {"kind": "model"}), line))


def _members(given: dict[str, Any]) -> Iterator[tuple[Path, Any]]:
    if "records" in given:
        for place, record in enumerate(_list(given["records"])):
            yield from _of_record(("records", place), record)
    elif "releases" in given:
        yield from ((("releases", place), one) for place, one in enumerate(_list(given["releases"])))
    else:
        yield (), given


def _of_record(path: Path, record: Any) -> Iterator[tuple[Path, Any]]:
    """A record's own releases; where it only links to them, what they were compiled to."""
    if not isinstance(record, dict):
        yield path, record
        return
    own = [
        ((*path, "releases", place), one)
        for place, one in enumerate(_list(record.get("releases")))
        if isinstance(one, dict) and "ocid" in one
    ]
    if own:
        yield from own
    elif "compiledRelease" in record:
        yield (*path, "compiledRelease"), record["compiledRelease"]
    else:
        yield path, None


def _is_good(found: Found, own_prefix: str, report: ImportReport) -> bool:
    faults = list(_wrong(found, own_prefix))
    report.rejected += [
        Rejected(Fault((*found.path, *one.path), one.code, one.facts), found.line) for one in faults
    ]
    return not faults


def _wrong(found: Found, own_prefix: str) -> Iterator[Fault]:
    release, faults = read_part(Release, found.given)
    if release is None:
        yield from faults
        return
    if release.ocid.startswith(f"{own_prefix}-"):
        yield Fault(("ocid",), "ocds_own_prefix", {"prefix": own_prefix})
    for name, value, most in (("ocid", release.ocid, _LONGEST_OCID), ("id", release.id, _LONGEST_ID)):
        if len(value) > most or not value.isprintable():
            yield Fault((name,), "ocds_too_long", {"most": most})
    if len(orjson.dumps(found.given)) > MOST_BYTES_OF_ONE:
        yield Fault((), "ocds_too_large", {"megabytes": MOST_BYTES_OF_ONE // 2**20})


async def _take(session: Session, found: Sequence[Found], source: str, report: ImportReport) -> None:
    by_ocid: dict[str, list[Found]] = {}
    for one in found:
        by_ocid.setdefault(one.given["ocid"], []).append(one)
    stored = await _stored(session, by_ocid)
    for ocid, members in by_ocid.items():
        before = stored.get(ocid, {})
        # Merging is asked for all at once; only where that fails, for one after the other, to find whom to refuse.
        is_sure = _fit(members, before.values())
        for one in members:
            if is_sure or one.given["id"] in before or _fit([one], before.values()):
                await _take_one(session, one, before, source, report)
            else:
                report.rejected.append(Rejected(Fault(one.path, "ocds_does_not_fit"), one.line))


async def _stored(session: Session, ocids: Collection[str]) -> dict[str, dict[str, ImportedRelease]]:
    rows = await session.scalars(select(ImportedRelease).where(ImportedRelease.ocid.in_(list(ocids))))
    stored: dict[str, dict[str, ImportedRelease]] = {}
    for row in rows:
        stored.setdefault(row.ocid, {})[row.release_id] = row
    return stored


async def _take_one(
    session: Session, one: Found, before: dict[str, ImportedRelease], source: str, report: ImportReport
) -> None:
    body = orjson.dumps(one.given)
    digest = hashlib.sha256(orjson.dumps(one.given, option=orjson.OPT_SORT_KEYS)).hexdigest()
    known = before.get(one.given["id"])
    if known is not None:
        _again(one, known.content_hash == digest, report)
        return
    values = {
        "id": new_id(),
        "source": source,
        "publisher": one.publisher,
        "license": one.license,
        "ocid": one.given["ocid"],
        "release_id": one.given["id"],
        "is_compiled": "compiled" in one.given["tag"],
        "released_at": read_moment(one.given["date"]),
        "imported_at": session.now(),
        "body": body.decode(),
        "content_hash": digest,
    }
    # Two imports at once: the constraint decides, and the loser looks at what the winner wrote.
    written = await session.scalar(
        upsert(session, ImportedRelease)
        .values(**values)
        .on_conflict_do_nothing(index_elements=[ImportedRelease.ocid, ImportedRelease.release_id])
        .returning(ImportedRelease.id)
    )
    if written is None:
        winner = await session.scalar(
            select(ImportedRelease.content_hash).where(
                ImportedRelease.ocid == one.given["ocid"], ImportedRelease.release_id == one.given["id"]
            )
        )
        _again(one, winner == digest, report)
        return
    before[one.given["id"]] = ImportedRelease(**values)
    report.added += 1


def _again(one: Found, is_same: bool, report: ImportReport) -> None:
    if is_same:
        report.already_there += 1
    else:
        report.rejected.append(Rejected(Fault(one.path, "ocds_differs", {"id": one.given["id"]}), one.line))


def _fit(members: Sequence[Found], before: Iterable[ImportedRelease]) -> bool:
    """Whether a process can still be merged to one record with these releases in it."""
    others = [orjson.loads(row.body) for row in before if not row.is_compiled]
    try:
        compiled([*others, *(one.given for one in members)])
    except ReleasesDoNotFit:
        return False
    return True


def _list(given: Any) -> list[Any]:
    return given if isinstance(given, list) else [given]


def _short(given: Any) -> str | None:
    return given.replace("\0", "")[:_LONGEST_TEXT] if isinstance(given, str) else None
