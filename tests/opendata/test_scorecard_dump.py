"""The public dump of scorecards: whole, worked out anew by anybody, and no small cell or rater in it."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from marketplace.bootstrap import House
from marketplace.delivery.ratings.models import Rating, RatingHold, RatingPeriod
from marketplace.delivery.scorecards import computing
from marketplace.identity.models import Person
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.ids import new_id
from marketplace.opendata import scorecard_dump
from marketplace.opendata import scorecard_files as files
from marketplace.opendata.scorecard_dump import NoPeriodWasComputed
from tests import delivering
from tests.delivery.scorecards import scene
from tests.opendata import scorecards
from tests.opendata.scorecards import Rated


async def test_everything_comes_out_from_the_dump_alone(house: House, tmp_path: Path) -> None:
    await scorecards.rated(house)
    made = await scorecards.dumped(house, tmp_path / "dump")
    differences, checked = scorecards.checked(tmp_path / "dump")
    assert differences == []
    assert (made.scorecards, made.ratings) == (1, 15)
    assert (checked.scorecards, checked.ratings, checked.cities) == (1, 15, 1)
    assert checked.facts >= 2
    files.pack(tmp_path / "dump", tmp_path / "one.zip")
    files.pack(tmp_path / "dump", tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    assert scorecards.checked(tmp_path / "one.zip")[0] == []


async def test_a_house_without_a_closed_month_says_so(house: House, tmp_path: Path) -> None:
    with pytest.raises(NoPeriodWasComputed):
        await scorecards.dumped(house, tmp_path / "dump")


async def test_a_month_that_ends_before_nobody_rated_is_still_worked_out(
    house: House, tmp_path: Path
) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        await scene.unused(session, under, 2)
    await scene.computed(house)
    made = await scorecards.dumped(house, tmp_path / "dump")
    differences, checked = scorecards.checked(tmp_path / "dump")
    assert differences == [] and (made.scorecards, checked.ratings) == (0, 0)


# The forger's eyes: whatever is changed, with the hashes put right, is found out


async def _folder(house: House, tmp_path: Path) -> Path:
    await scorecards.rated(house)
    await scorecards.dumped(house, tmp_path / "dump")
    return tmp_path / "dump"


NUMBERS = {
    files.RATINGS: ("sixtieths", "in_city", "rater", "day", "content", "handling", "should_continue"),
    files.CITY: ("ratings", "sum_sixtieths", "sum_squares", "mean", "service_type"),
    files.SCORECARDS: files.COLUMNS[files.SCORECARDS],
    files.CELLS: ("is_published", "raters", "answered"),
    files.FACTS_TABLE: ("deliveries_done", "contracts_signed", "commitments_kept", "deliveries_cancelled"),
    files.DELIVERIES: ("deliveries_done", "delivered_minutes", "commitments_told"),
    files.CONTRACTS: ("signed_on", "accepted_on"),
}


async def test_a_changed_number_is_found_out_wherever_it_is(house: House, tmp_path: Path) -> None:
    folder = await _folder(house, tmp_path)
    for name, columns in NUMBERS.items():
        for column in columns:
            before = scorecards.read(folder, name)
            changed = [dict(row) for row in before]
            row = next(
                row for row in changed if row.get("provider_id", "x") and row.get("is_published") != "0"
            )
            row[column] = _other(column, row[column])
            scorecards.write(folder, name, changed)
            differences, _ = scorecards.checked(folder)
            assert differences, f"{name}: {column} became {row[column]}"
            assert all(one.code != "hash" for one in differences)
            scorecards.write(folder, name, before)
    assert scorecards.checked(folder)[0] == []


def _other(column: str, value: str) -> str:
    if column == "rater":
        return "999"
    if column.endswith("_on") or column == "day":
        return (
            "2026-10-30" if value != "2026-10-30" and column == "day" else "2026-09-02" if not value else ""
        )
    if value in {"0", "1"} and (column.startswith(("in_", "is_", "should"))):
        return "1" if value == "0" else "0"
    return f"{int(value) + 1}" if value.isdigit() else f"{value}x"


@pytest.mark.parametrize(
    ("name", "change"),
    [
        (files.RATINGS, lambda rows: rows[1:]),
        (files.RATINGS, lambda rows: [rows[-1], *rows]),
        (files.RATINGS, lambda rows: [*rows, rows[0]]),
        (files.SCORECARDS, lambda rows: []),
        (files.SCORECARDS, lambda rows: rows * 2),
        (files.CITY, lambda rows: []),
        (files.CITY, lambda rows: rows * 2),
        (files.CELLS, lambda rows: rows[:0]),
        (files.CELLS, lambda rows: rows * 2),
        (files.FACTS_TABLE, lambda rows: rows[1:]),
        (files.FACTS_TABLE, lambda rows: rows * 2),
        (files.CONTRACTS, lambda rows: rows[1:]),
        (files.DELIVERIES, lambda rows: rows * 2),
    ],
)
async def test_rows_added_or_left_out_are_found_out(
    house: House, tmp_path: Path, name: str, change: Callable[[list[dict[str, str]]], list[dict[str, str]]]
) -> None:
    folder = await _folder(house, tmp_path)
    scorecards.write(folder, name, change(scorecards.read(folder, name)))
    assert scorecards.checked(folder)[0]


async def test_files_that_are_missing_broken_or_not_sealed_are_told(house: House, tmp_path: Path) -> None:
    folder = await _folder(house, tmp_path)
    whole = (folder / files.RATINGS).read_bytes()
    for broken in (
        b"",
        b"\xff\xfe\x00",
        b"a,b\r\n1,2\r\n",
        whole + b'"',
        whole + b"1,2\r\n",
        whole + b"," * 12 + b"\r\n",
    ):
        (folder / files.RATINGS).write_bytes(broken)
        codes = {one.code for one in scorecards.checked(folder)[0]}
        assert {"hash", "unreadable"} <= codes, broken[-20:]
    (folder / files.RATINGS).write_bytes(whole)
    model = json.loads((folder / files.MODEL).read_text("utf-8"))
    changes: tuple[dict[str, object], ...] = (
        {"formula": 2},
        {"counting": 2},
        {"model": model["model"] | {"prior_weight": 1}},
        {"rules": {}},
        {"as_of": "2026-10-30"},
        {"as_of": "soon", "period": {"from": "", "until": "soon"}},
        {"rules": model["rules"] | {"rating.score": model["rules"]["rating.score"] | {"half_life_days": 0}},
         "model": model["model"] | {"half_life_days": 0}},
        {"rules": []},
    )  # fmt: skip
    for change in changes:
        (folder / files.MODEL).write_text(json.dumps(model | change), "utf-8")
        assert "model" in {one.code for one in scorecards.checked(folder)[0]}, change
    for text in ("", "[]", "null", "[" * 100_000):
        (folder / files.MODEL).write_text(text, "utf-8")
        assert "model" in {one.code for one in scorecards.checked(folder)[0]}
    (folder / files.MODEL).unlink()
    assert [one.code for one in scorecards.checked(folder)[0]] == ["missing_file"]


# The attacker's eyes


async def test_no_rater_and_no_small_cell_is_in_it(house: House, tmp_path: Path) -> None:
    at = await scorecards.rated(house)
    await scorecards.dumped(house, tmp_path / "dump")
    async with house.database.reading() as session:
        secrets = [
            *(await session.scalars(select(Rating.id))),
            *(await session.scalars(select(Rating.rater))),
            *(await session.scalars(select(Rating.ticket_id))),
            *(await session.scalars(select(Rating.delivery_id))),
            *(await session.scalars(select(Person.id))),
        ]
    everything = b"".join(path.read_bytes() for path in sorted((tmp_path / "dump").iterdir())).decode()
    assert len(secrets) > 60 and not [
        one for one in secrets if str(one) in everything or one.hex in everything
    ]
    rows = scorecards.read(tmp_path / "dump", files.RATINGS)
    named = {row["provider_id"] for row in rows}
    assert named == {str(at.large.organisation_id)}
    cells = {row["provider_id"]: row for row in scorecards.read(tmp_path / "dump", files.CELLS)}
    small = cells[str(at.small.organisation_id)]
    assert (small["raters"], small["is_published"], small["tickets"]) == ("4", "0", "6")
    assert [row["provider_id"] for row in scorecards.read(tmp_path / "dump", files.SCORECARDS)] == [
        str(at.large.organisation_id)
    ]


async def test_raters_are_numbered_by_what_they_said_and_not_by_when_they_came(
    house: House, tmp_path: Path
) -> None:
    await scorecards.rated(house)
    await scorecards.dumped(house, tmp_path / "dump")
    rows = [row for row in scorecards.read(tmp_path / "dump", files.RATINGS) if row["provider_id"]]
    raters = [int(row["rater"]) for row in rows]
    assert sorted(set(raters)) == list(range(1, 15)) and raters == sorted(raters)
    (twice,) = {one for one in raters if raters.count(one) == 2}
    assert sorted(row["sixtieths"] for row in rows if row["rater"] == str(twice)) == ["120", "300"]
    once = [(row["day"], row["content"]) for row in rows if row["rater"] != str(twice)]
    assert once == sorted(once)
    async with house.database.unit_of_work() as session:
        await computing.compute_period(session, await scene.closed(session))
    await scorecards.dumped(house, tmp_path / "again")
    for name in (files.RATINGS, files.CELLS, files.CITY, files.SCORECARDS):
        assert (tmp_path / "dump" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


async def test_a_pool_of_one_provider_leaves_c_and_the_dump(house: House, tmp_path: Path) -> None:
    async with house.database.unit_of_work() as session:
        large = await delivering.contract(session)
        await scene.rated(session, large, [5] * 12)
        alone = await delivering.contract(session, "晚晴服务站")
        await scene.rated(session, alone, [1, 1, 1, 1, 1, 1])
    await scene.computed(house)
    await scorecards.dumped(house, tmp_path / "dump")
    assert scorecards.checked(tmp_path / "dump")[0] == []
    rows = scorecards.read(tmp_path / "dump", files.RATINGS)
    assert {row["sixtieths"] for row in rows} == {"300"} and len(rows) == 12


async def test_a_name_that_is_a_formula_is_text_to_a_spreadsheet(house: House, tmp_path: Path) -> None:
    at = await scorecards.rated(house)
    await scorecards.dumped(house, tmp_path / "dump")
    text = (tmp_path / "dump" / files.CELLS).read_bytes()
    assert text.startswith("\ufeff".encode())
    cells = {row["provider_id"]: row["provider"] for row in scorecards.read(tmp_path / "dump", files.CELLS)}
    assert cells[str(at.small.organisation_id)] == "'=邻里互助社"
    for start in ("=", "+", "-", "@", "\t", "\r"):
        assert files.guarded(f"{start}1") == f"'{start}1"
    assert files.guarded("1-2") == "1-2"


# What is decided after the closing


async def _release(house: House, *, is_upheld: bool) -> None:
    async with house.database.unit_of_work() as session:
        await session.execute(update(RatingHold).values(decided_at=session.now(), is_upheld=is_upheld))


@pytest.mark.parametrize("is_upheld", [True, False])
async def test_a_decision_after_the_closing_changes_the_cell_and_not_c(
    house: House, clock: FixedClock, tmp_path: Path, is_upheld: bool
) -> None:
    at = await scorecards.rated(house)
    clock.advance(timedelta(hours=1))
    await _release(house, is_upheld=is_upheld)
    before = await scorecards.dumped(house, tmp_path / "before")
    assert scorecards.checked(tmp_path / "before")[0] == [], "the scorecard still stands as it was"
    clock.advance(timedelta(hours=1))
    async with house.database.unit_of_work() as session:
        await computing.compute_cell(session, at.large.organisation_id, delivering.SERVICE)
    after = await scorecards.dumped(house, tmp_path / "after")
    assert scorecards.checked(tmp_path / "after")[0] == []
    assert after.ratings - before.ratings == (0 if is_upheld else 1)
    for name in (files.CITY,):
        assert scorecards.read(tmp_path / "before", name) == scorecards.read(tmp_path / "after", name)
    late = [row for row in scorecards.read(tmp_path / "after", files.RATINGS) if row["in_city"] == "0"]
    assert len(late) == (0 if is_upheld else 1)


async def test_a_cell_that_a_decision_made_public_is_named_and_not_part_of_c_then(
    house: House, clock: FixedClock, tmp_path: Path
) -> None:
    async with house.database.unit_of_work() as session:
        alone = await delivering.contract(session)
        held, *_ = await scene.rated(session, alone, [5] * 10)
        await scene.hold(session, held)
    await scene.computed(house)
    clock.advance(timedelta(hours=1))
    await _release(house, is_upheld=False)
    clock.advance(timedelta(hours=1))
    async with house.database.unit_of_work() as session:
        await computing.compute_cell(session, alone.organisation_id, delivering.SERVICE)
    made = await scorecards.dumped(house, tmp_path / "dump")
    assert scorecards.checked(tmp_path / "dump")[0] == []
    assert (made.scorecards, made.ratings) == (1, 10)
    assert {row["in_city"] for row in scorecards.read(tmp_path / "dump", files.RATINGS)} == {"0"}
    (city,) = scorecards.read(tmp_path / "dump", files.CITY)
    assert (city["ratings"], city["mean"]) == ("0", "40000")


# Time


async def _november(house: House, clock: FixedClock, at: Rated) -> None:
    """A month later: two more rate the large provider, and November closes."""
    clock.advance(timedelta(days=31))
    async with house.database.unit_of_work() as session:
        november = await delivering.period(
            session, starts_on=scene.LAST_DAY + timedelta(days=1), closed_at=session.now()
        )
        await session.execute(
            update(RatingPeriod)
            .where(RatingPeriod.id == november, RatingPeriod.closed_at.is_(None))
            .values(closed_at=session.now())
        )
        given_on = scene.LAST_DAY + timedelta(days=10)
        await scene.rated(session, at.large, [3, 3], period_id=november, given_on=given_on)
        await computing.compute_period(session, november)


async def test_each_period_has_its_own_dump_and_the_newest_is_the_usual_one(
    house: House, clock: FixedClock, tmp_path: Path
) -> None:
    at = await scorecards.rated(house)
    await scorecards.dumped(house, tmp_path / "october")
    await _november(house, clock, at)
    newest = await scorecards.dumped(house, tmp_path / "november")
    assert newest.ends_on > scene.LAST_DAY
    (tmp_path / "october-again").mkdir()
    older = await scorecard_dump.make(
        house.database, tmp_path / "october-again", scene.LAST_DAY.replace(day=1)
    )
    assert older.ends_on == scene.LAST_DAY and older.ratings == newest.ratings - 2
    for name in ("october", "november", "october-again"):
        assert scorecards.checked(tmp_path / name)[0] == [], name
    for name in (files.RATINGS, files.CITY, files.SCORECARDS, files.CELLS):
        assert scorecards.read(tmp_path / "october", name) == scorecards.read(
            tmp_path / "october-again", name
        )


async def test_what_differs_between_two_months_names_no_small_cell(
    house: House, clock: FixedClock, tmp_path: Path
) -> None:
    at = await scorecards.rated(house)
    await scorecards.dumped(house, tmp_path / "october")
    await _november(house, clock, at)
    await scorecards.dumped(house, tmp_path / "november")
    october, november = (
        {tuple(row.items()) for row in scorecards.read(tmp_path / name, files.RATINGS)}
        for name in ("october", "november")
    )
    large = str(at.large.organisation_id)
    for row in map(dict, october ^ november):
        assert row["provider_id"] == large


async def test_ratings_that_are_too_old_for_c_or_for_any_weight_are_told_apart(
    house: House, tmp_path: Path
) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        await scene.rated(session, under, [5] * 12)
        for days in (729, 730, 1094, 1095):
            await scene.rated(session, under, [1], given_on=scene.LAST_DAY - timedelta(days=days))
    await scene.computed(house)
    made = await scorecards.dumped(house, tmp_path / "dump")
    assert scorecards.checked(tmp_path / "dump")[0] == []
    old = [
        row["in_city"]
        for row in scorecards.read(tmp_path / "dump", files.RATINGS)
        if row["sixtieths"] == "60"
    ]
    assert made.ratings == 15 and sorted(old) == ["0", "0", "1"]


async def test_facts_are_as_they_are_counted_whatever_happened(house: House, tmp_path: Path) -> None:
    at = await scorecards.rated(house)
    async with house.database.unit_of_work() as session:
        for days, facts in (
            (1, {"disputed_at": session.now()}),
            (40, {"is_accepted": False, "decided_at": session.now()}),
            (200, {"done_at": None, "done_by": None, "minutes": None}),
            (-20, {"done_at": None, "done_by": None, "minutes": None}),
        ):
            starts_at = session.now() - timedelta(days=days)
            made = await delivering.delivery(session, at.small, starts_at=starts_at, **facts)
            if days > 0 and "done_at" not in facts:
                await delivering.promise(session, made, target=60, actual=days)
    await scorecards.dumped(house, tmp_path / "dump")
    assert scorecards.checked(tmp_path / "dump")[0] == []
    (facts_row,) = [
        row
        for row in scorecards.read(tmp_path / "dump", files.FACTS_TABLE)
        if row["provider_id"] == str(at.small.organisation_id)
    ]
    counts = ("deliveries_ahead", "deliveries_overdue", "deliveries_disputed", "deliveries_sent_back")
    assert [facts_row[name] for name in counts] == ["1", "1", "1", "1"]
    assert (facts_row["commitments_told"], facts_row["commitments_kept"]) == ("2", "0")


async def test_what_communities_brought_themselves_is_in_no_mean_and_in_no_dump(
    house: House, tmp_path: Path
) -> None:
    async with house.database.unit_of_work() as session:
        small = await delivering.contract(session)
        await scene.rated(session, small, [4, 4, 4])
        for _ in range(12):
            made = await delivering.delivery(session, small, organisation_id=None)
            ticket = await delivering.ticket(session, made, rater=new_id())
            await delivering.rating(
                session, ticket, points=2, period_id=await scene.closed(session), given_on=scene.LAST_DAY
            )
    await scene.computed(house)
    await scorecards.dumped(house, tmp_path / "dump")
    assert scorecards.checked(tmp_path / "dump")[0] == []
    (city,) = scorecards.read(tmp_path / "dump", files.CITY)
    assert city["ratings"] == "0"
    assert scorecards.read(tmp_path / "dump", files.RATINGS) == []


async def test_a_decision_that_ends_publication_leaves_bare_numbers_in_the_mean(
    house: House, tmp_path: Path
) -> None:
    """Ten old ratings are enough; a fresh one that is let in later weighs so much that they are not any more."""
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        await scene.rated(session, under, [4] * 10, given_on=scene.LAST_DAY - timedelta(days=700))
        (fresh,) = await scene.rated(session, under, [5])
        hold = await scene.hold(session, fresh)
    await scene.computed(house)
    await scorecards.dumped(house, tmp_path / "before")
    async with house.database.unit_of_work() as session:
        row = await session.get_one(RatingHold, hold)
        row.decided_at, row.is_upheld = session.now() + timedelta(minutes=1), False
        await session.flush()
        assert await computing.compute_cell(session, under.organisation_id, delivering.SERVICE)
    await scorecards.dumped(house, tmp_path / "after")
    for name in ("before", "after"):
        assert scorecards.checked(tmp_path / name)[0] == [], name
    before, after = (scorecards.read(tmp_path / name, files.RATINGS) for name in ("before", "after"))
    assert {row["provider_id"] for row in before} == {str(under.organisation_id)}
    assert [{name for name, value in row.items() if value} for row in after] == [
        {"service_type", "sixtieths", "in_city"}
    ] * 10


async def test_memory_holds_some_providers_and_not_the_city(house: House, tmp_path: Path) -> None:
    """Providers are read some at a time; a test with a batch of one comes to the same bytes."""
    async with house.database.unit_of_work() as session:
        for name in ("一", "二", "三"):
            under = await delivering.contract(session, f"服务社{name}")
            await scene.rated(session, under, [5, 4] * 5)
    await scene.computed(house)
    await scorecards.dumped(house, tmp_path / "many")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("marketplace.opendata.scorecard_ratings._PROVIDERS_AT_ONCE", 1)
        patch.setattr("marketplace.opendata.scorecard_dump._AT_ONCE", 1)
        await scorecards.dumped(house, tmp_path / "one")
    assert scorecards.checked(tmp_path / "one") == scorecards.checked(tmp_path / "many")
    for name in (files.RATINGS, files.CELLS, files.SCORECARDS):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "many" / name).read_bytes()
