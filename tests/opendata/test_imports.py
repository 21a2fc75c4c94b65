"""What others published comes in as it was, once; it is shown as theirs, and what is wrong is refused by itself with a reason."""

import asyncio
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import func, select

from marketplace.bootstrap import House
from marketplace.db.session import Database
from marketplace.kernel.errors import NotFound
from marketplace.opendata import bulk, imports, queries
from marketplace.opendata.imports import ImportReport, OcdsFileIsTooLarge, import_file
from marketplace.opendata.models import ImportedRelease
from tests.opendata import procurement, standard

RELEASE = {
    "ocid": "ocds-else00-1",
    "id": "1",
    "date": "2026-11-22T02:00:00Z",
    "tag": ["tender"],
    "initiationType": "tender",
    "tender": {"id": "1", "title": "别处的招标"},
}


async def _import(house: House, folder: Path, *texts: Any, name: str = "file.json") -> ImportReport:
    file = folder / name
    file.write_bytes(b"\n".join(text if isinstance(text, bytes) else orjson.dumps(text) for text in texts))
    return await import_file(house.database, file, "https://elsewhere.example/feed", "ocds-wushe0")


async def _known(house: House, ocid: str) -> queries.Known:
    async with house.database.reading() as session:
        return await queries.known(session, ocid)


def _reasons(report: ImportReport) -> list[tuple[int | None, str, str]]:
    return [(one.line, one.fault.where, one.fault.code) for one in report.rejected]


async def test_the_official_releases_come_in_and_make_the_official_record(
    house: House, tmp_path: Path
) -> None:
    package = standard.example(standard.PACKAGES[0])
    report = await _import(house, tmp_path, package)
    assert (report.added, report.already_there, report.rejected) == (len(package["releases"]), 0, [])
    known = await _known(house, "ocds-213czf-000-00001")
    record = standard.example(standard.PACKAGES[2])["records"][0]["compiledRelease"]
    assert orjson.loads(known.compiled) == record
    assert [orjson.loads(row.body) for row in known.releases] == package["releases"]
    assert (known.source, known.publisher) == ("https://elsewhere.example/feed", package["publisher"]["name"])


async def test_a_record_without_releases_comes_in_compiled_and_gives_way_to_single_ones(
    house: House, tmp_path: Path
) -> None:
    package = standard.example(standard.PACKAGES[2])
    assert (await _import(house, tmp_path, package)).added == 1
    record = package["records"][0]["compiledRelease"]
    assert orjson.loads((await _known(house, record["ocid"])).compiled) == record
    await _import(house, tmp_path, standard.example(standard.PACKAGES[1]))
    known = await _known(house, record["ocid"])
    assert [row.tags for row in known.releases] == [["award"]] and "contracts" not in orjson.loads(
        known.compiled
    )


@pytest.mark.parametrize("name", standard.FRAGMENTS)
async def test_the_documentations_examples_come_in_without_their_envelope(
    house: House, tmp_path: Path, name: str
) -> None:
    package = standard.example(name)
    report = await _import(house, tmp_path, package)
    assert (report.added, report.rejected) == (1, [])
    release = package["releases"][0]
    known = await _known(house, release["ocid"])
    assert orjson.loads(known.releases[0].body) == {"initiationType": "tender"} | release


async def test_importing_again_changes_nothing(house: House, tmp_path: Path) -> None:
    first = await _import(house, tmp_path, {"releases": [RELEASE, RELEASE | {"id": "2"}]})
    again = await _import(house, tmp_path, {"releases": [RELEASE | {"id": "2"}, RELEASE]}, name="other.json")
    assert (first.added, again.added, again.already_there, again.rejected) == (2, 0, 2, [])
    # The same content in another order of its fields is the same content.
    turned = dict(reversed(RELEASE.items()))
    assert (await _import(house, tmp_path, turned)).already_there == 1


async def test_a_release_that_changed_under_its_id_is_refused(house: House, tmp_path: Path) -> None:
    await _import(house, tmp_path, RELEASE)
    report = await _import(house, tmp_path, {"releases": [RELEASE | {"language": "zh"}]})
    assert _reasons(report) == [(None, "releases/0", "ocds_differs")]
    assert orjson.loads((await _known(house, "ocds-else00-1")).compiled).get("language") is None


async def test_the_bad_are_refused_by_line_place_and_reason_and_the_good_come_in(
    house: House, tmp_path: Path
) -> None:
    report = await _import(
        house,
        tmp_path,
        RELEASE,
        b"not json",
        {"hello": 1},
        {"releases": [RELEASE | {"id": "2", "tag": ["prize"]}, 5, RELEASE | {"id": "3"}]},
        RELEASE | {"ocid": "ocds-wushe0-tender-1"},
        RELEASE | {"id": "4", "tender": "text"},
        RELEASE | {"id": "x" * 301},
        RELEASE | {"id": "a\0b"},
        {
            "records": [
                {"ocid": "o", "releases": [{"url": "https://x.example", "date": "2026-01-01T00:00:00Z"}]},
                None,
            ]
        },
        RELEASE | {"id": "5", "date": "2026-11-22"},
        b"",
        name="lines.jsonl",
    )
    assert report.added == 2
    assert _reasons(report) == [
        (2, "/", "ocds_not_json"),
        (3, "/", "ocds_not_a_package"),
        (4, "releases/1", "ocds_kind"),
        (9, "records/0", "ocds_kind"),
        (9, "records/1", "ocds_kind"),
        (4, "releases/0/tag/0", "ocds_not_in_list"),
        (5, "ocid", "ocds_own_prefix"),
        (6, "tender", "ocds_kind"),
        (7, "id", "ocds_too_long"),
        (8, "id", "ocds_too_long"),
        (10, "date", "ocds_moment"),
    ]


async def test_a_release_that_would_break_its_record_is_refused_and_the_others_stay(
    house: House, tmp_path: Path
) -> None:
    releases = [
        RELEASE | {"id": "1", "odd": "text"},
        RELEASE | {"id": "2", "date": "2026-11-23T00:00:00Z", "odd": {"a": 1}},
        RELEASE | {"id": "3", "date": "2026-11-24T00:00:00Z"},
    ]
    report = await _import(house, tmp_path, {"releases": releases})
    assert (report.added, _reasons(report)) == (2, [(None, "releases/1", "ocds_does_not_fit")])
    assert orjson.loads((await _known(house, "ocds-else00-1")).compiled)["odd"] == "text"


async def test_ours_and_theirs_are_never_mixed(house: House, tmp_path: Path) -> None:
    purchase = await procurement.published(house)
    await _import(house, tmp_path, RELEASE)
    own = await procurement.record(house, purchase.tender.id)
    assert (await _known(house, own["ocid"])).source is None
    async with house.database.reading() as session:
        page = await queries.feed(session, None, 100)
        edition = await bulk.edition(session, 2026)
        holdings = await queries.holdings(session)
    assert edition is not None
    assert {row.ocid for row in page.rows} == {own["ocid"]}
    written = b"".join([part async for part in bulk.lines(house.database, edition)])
    assert b"ocds-else00" not in written
    assert (holdings.releases, dict(holdings.imported)) == (1, {"https://elsewhere.example/feed": 1})
    with pytest.raises(NotFound):
        await _known(house, "ocds-else00-2")


async def test_two_imports_at_once_take_each_release_once(house: House, tmp_path: Path) -> None:
    file = tmp_path / "many.json"
    file.write_bytes(orjson.dumps({"releases": [RELEASE | {"ocid": f"ocds-else00-{n}"} for n in range(40)]}))
    other = Database(house.settings.database_url, clock=house.clock, pool_size=1)
    try:
        reports = await asyncio.gather(
            *(import_file(database, file, "x", "ocds-wushe0") for database in (house.database, other))
        )
    finally:
        await other.close()
    assert sum(one.added for one in reports) == 40 and sum(one.already_there for one in reports) == 40
    async with house.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(ImportedRelease)) == 40


async def test_a_file_is_bounded(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "MOST_BYTES", 100)
    with pytest.raises(OcdsFileIsTooLarge):
        await _import(house, tmp_path, RELEASE)
    with pytest.raises(OcdsFileIsTooLarge):
        await _import(house, tmp_path, RELEASE, name="lines.jsonl")
    monkeypatch.setattr(imports, "MOST_BYTES", 10_000)
    monkeypatch.setattr(imports, "MOST_BYTES_OF_ONE", 100)
    assert _reasons(await _import(house, tmp_path, RELEASE)) == [(None, "/", "ocds_too_large")]
