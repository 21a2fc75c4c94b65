"""A list as an organisation really has it: every row ends as a need or in the rejects file, and nothing is lost."""

import csv
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, update

from marketplace.bootstrap import House
from marketplace.kernel.errors import MarketplaceError
from marketplace.organisations.models import Organisation
from marketplace.volunteering.importing.errors import (
    ImportEncodingIsUnknown,
    ImportFileIsEmpty,
    ImportFileIsMissing,
    ImportHeadingIsWrong,
    MappingIsBroken,
)
from marketplace.volunteering.importing.loading import ImportReport, import_list
from marketplace.volunteering.importing.mapping import read_mapping
from marketplace.volunteering.models import Need, Shift
from marketplace.volunteering.states import NeedState, need_state

HERE = Path(__file__).parent
MESSY = HERE / "messy.csv"
REAL = HERE.parents[3] / "shared" / "data" / "nyc_volunteer_opportunities_sample.csv"


async def run(house: House, path: Path, folder: Path) -> ImportReport:
    mapping = read_mapping(HERE / "nyc.toml")
    mapping = mapping.model_copy(update={"point": None}) if path != REAL and path != MESSY else mapping
    return await import_list(house.database, path, mapping, folder / "rejects.csv")


async def count(house: House, table: type[Need] | type[Shift] | type[Organisation]) -> int:
    async with house.database.reading() as session:
        return int(await session.scalar(select(func.count()).select_from(table)) or 0)


async def test_every_row_is_a_need_or_a_reject_with_its_line_and_reason(house: House, tmp_path: Path) -> None:
    report = await run(house, MESSY, tmp_path)

    assert (report.added, report.already_there, report.rejected) == (2, 1, 9)
    with (tmp_path / "rejects.csv").open(encoding="utf-8-sig", newline="") as file:
        refused = {int(row["line"]): row for row in csv.DictReader(file, restkey="rest")}
    assert {line: row["codes"] for line, row in refused.items()} == {
        4: "title_missing",
        5: "place_missing",
        6: "dates_reversed",
        7: "date_impossible",
        8: "wrong_number_of_cells",
        9: "capacity_impossible",
        10: "point_impossible",
        11: "already_there_but_different",
        14: "date_impossible;description_missing;organisation_missing;place_missing;capacity_impossible",
    }
    assert all(row["reasons"] and "reject." not in row["reasons"] for row in refused.values())
    assert "'=HYPERLINK" in refused[14]["rest"][0]


async def test_running_it_again_changes_nothing(house: House, tmp_path: Path) -> None:
    await run(house, MESSY, tmp_path)
    before = [await count(house, table) for table in (Need, Shift, Organisation)]
    again = await run(house, MESSY, tmp_path)

    assert again.added == 0
    assert [await count(house, table) for table in (Need, Shift, Organisation)] == before


async def test_what_comes_in_for_a_suspended_organisation_rests(house: House, tmp_path: Path) -> None:
    await run(house, MESSY, tmp_path)
    async with house.database.unit_of_work() as session:
        for table in (Shift, Need):
            await session.execute(delete(table))
        await session.execute(update(Organisation).values(suspended_at=session.now()))
    await run(house, MESSY, tmp_path)
    async with house.database.reading() as session:
        found = (await session.scalars(select(Need))).all()
    assert {need_state(need) for need in found if need.closed_at is None} == {NeedState.SUSPENDED}


async def test_a_one_time_row_gets_a_shift_and_an_ongoing_one_none(house: House, tmp_path: Path) -> None:
    await run(house, MESSY, tmp_path)
    async with house.database.reading() as session:
        shifts = (
            await session.execute(select(Need.title, Shift.capacity).join(Shift, Shift.need_id == Need.id))
        ).all()
        mentor = (await session.execute(select(Need).where(Need.title == "Mentor children"))).scalar_one()
    assert [tuple(row) for row in shifts] == [("Plant trees", 10)]
    assert mentor.description == "Weekends & holidays."
    assert (mentor.latitude, mentor.longitude) == (40.7, -73.9)


async def test_the_real_list_loses_no_row(house: House, tmp_path: Path) -> None:
    if not REAL.exists():
        pytest.skip("the real list is not beside this checkout; messy.csv stands in for it")
    report = await run(house, REAL, tmp_path)
    assert report.rows == 665
    assert report.added == await count(house, Need) == 665 - report.rejected
    assert report.reasons == {"place_missing": 2}
    assert (await run(house, REAL, tmp_path)).added == 0


SMALL = "opportunity_id,title,summary,category_desc,org_title,org_content_id,locality,Postcode,recurrence_type,vol_requests,start_date_date,end_date_date\n"
ROW = "1,助浴志愿者,帮助行动不便的老人洗澡,Health,暖阳社,9,江苏路,200050,ongoing,5,February 28 2011,December 31 2011\n"


async def test_gb18030_is_read(house: House, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes((SMALL + ROW).encode("gb18030"))
    assert (await run(house, path, tmp_path)).added == 1
    async with house.database.reading() as session:
        assert await session.scalar(select(Need.title)) == "助浴志愿者"


@pytest.mark.parametrize(
    ("content", "error", "facts"),
    [
        (b"", ImportFileIsEmpty, {}),
        (b"\n\n", ImportFileIsEmpty, {}),
        (SMALL.encode(), ImportFileIsEmpty, {}),
        ((SMALL + ROW).encode("utf-16"), ImportEncodingIsUnknown, {"looks_like": "UTF-16"}),
        (b"PK\x03\x04 a spreadsheet", ImportEncodingIsUnknown, {"looks_like": "Excel (.xlsx)"}),
        (b"title\n\xff\xff\xff\n", ImportEncodingIsUnknown, {"looks_like": "?"}),
        (b"title,summary\na,b\n", ImportHeadingIsWrong, {}),
        (None, ImportFileIsMissing, {}),
    ],
)
async def test_a_broken_file_says_what_to_do(
    house: House, tmp_path: Path, content: bytes | None, error: type[MarketplaceError], facts: dict[str, str]
) -> None:
    path = tmp_path / "list.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(error) as raised:
        await run(house, path, tmp_path)
    assert facts.items() <= raised.value.facts.items()
    assert await count(house, Need) == 0


async def test_a_quote_that_never_closes_spoils_its_rows_and_says_so(house: House, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(SMALL + ROW + '2,"open' + "x" * 200_000 + "\n" + ROW.replace("1,", "3,", 1), "utf-8")
    report = await run(house, path, tmp_path)
    assert report.added == 2 or report.reasons.keys() <= {"broken_row", "wrong_number_of_cells"}
    assert report.rejected >= 1


@pytest.mark.parametrize("text", ["not toml [", "list_name = 'UPPER'", "", 'list_name = "a"\nsurprise = 1'])
def test_a_broken_mapping_names_the_place(tmp_path: Path, text: str) -> None:
    path = tmp_path / "map.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(MappingIsBroken) as raised:
        read_mapping(path)
    assert raised.value.facts["what"]


async def test_a_category_that_the_catalogue_does_not_know_is_refused(house: House, tmp_path: Path) -> None:
    mapping = read_mapping(HERE / "nyc.toml")
    wrong = mapping.model_copy(
        update={"category": mapping.category.model_copy(update={"default": "no_such_tag"})}
    )
    with pytest.raises(MappingIsBroken):
        await import_list(house.database, MESSY, wrong, tmp_path / "rejects.csv")


async def test_an_area_that_does_not_exist_is_refused(house: House, tmp_path: Path) -> None:
    wrong = read_mapping(HERE / "nyc.toml").model_copy(update={"area_code": "310199999999"})
    with pytest.raises(MappingIsBroken):
        await import_list(house.database, MESSY, wrong, tmp_path / "rejects.csv")
