"""From sealed to ranked: the whole way through the commands, and what the report holds."""

from uuid import UUID

import pytest

from marketplace.bootstrap import House
from marketplace.procurement import records
from marketplace.procurement.evaluation import finishing, sheets
from marketplace.procurement.evaluation.errors import EvaluationIsOver, SheetsAreMissing
from marketplace.procurement.evaluation.models import EvaluationReport
from marketplace.procurement.evaluation.ranking import UnfitInput, shown
from marketplace.procurement.evaluation.report import (
    Fault,
    read_report,
    recompute,
    verify_panel,
    verify_ranking,
)
from tests.procurement.evaluation import scene as scenes


async def test_prices_and_quality_of_scenario_21_end_in_its_order(house: House) -> None:
    async with house.database.unit_of_work() as session:
        scene = await scenes.evaluated(session, house)
    async with house.database.reading() as session:
        row = await session.get_one(EvaluationReport, scene.lot)
        tender = await scenes.tender_row(session, scene)
        record = await records.entries(session, scene.tender.id)
    report = read_report(row.report)
    assert report.hash == row.report_hash
    places = [(UUID(one.bid), one.price_score, one.total) for one in report.ranking]
    first, second, third = scene.offers
    assert places == [(third, "72.00", "90.40"), (first, "90.00", "88.40"), (second, "100.00", "84.00")]
    assert tender.evaluated_at is not None
    assert records.first_fault([records.published(one) for one in record]) is None
    assert record[-1].action == "tender.evaluated"
    assert [one.facts["report_hash"] for one in record if one.action == "lot.evaluated"] == [row.report_hash]


async def test_anybody_redoes_ranking_and_panel_from_the_report(house: House) -> None:
    async with house.database.unit_of_work() as session:
        scene = await scenes.evaluated(session, house)
    async with house.database.reading() as session:
        plain = (await session.get_one(EvaluationReport, scene.lot)).report
    report = read_report(plain)
    assert verify_ranking(report) == ()
    assert verify_panel(report) == ()
    assert [shown(one.total) for one in recompute(report)] == [one.total for one in report.ranking]
    # 60 for the price: 54 + 35.2, 60 + 32, 43.2 + 38
    assert [shown(one.total) for one in recompute(report, 60)] == ["92.00", "89.20", "81.20"]


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        (("bids", 0, "price_fen"), 1, Fault.RANKING_IS_ANOTHER),
        (("ranking", 0, "total"), "99.99", Fault.RANKING_IS_ANOTHER),
        (("sheets", 0, "marks", 0, "points"), 10_000, Fault.RANKING_IS_ANOTHER),
        (("sheets", 0, "marks"), [], Fault.SCORES_ARE_MISSING),
        (("panel", "draw", "secret"), "0" * 64, Fault.COMMITMENT_WAS_BROKEN),
        (("panel", "draw", "opening_hash"), "0" * 64, Fault.SEED_IS_ANOTHER),
        (("panel", "draw", "pool", 0), "0" * 36, Fault.POOL_WAS_CHANGED),
        (("panel", "draw", "seated", 0, 1), "0" * 36, Fault.SEATS_ARE_OTHERS),
    ],
)
async def test_a_changed_report_is_found_out(
    house: House, path: tuple[str | int, ...], value: object, fault: Fault
) -> None:
    async with house.database.unit_of_work() as session:
        scene = await scenes.evaluated(session, house)
        plain = dict((await session.get_one(EvaluationReport, scene.lot)).report)
        inner = plain
        for step in path[:-1]:
            inner = inner[step]  # type: ignore[index]
        inner[path[-1]] = value  # type: ignore[index]
        report = read_report(plain)
        session.expunge_all()
    assert fault in (*verify_ranking(report), *verify_panel(report))


def test_what_is_no_report_is_refused_with_a_sentence() -> None:
    with pytest.raises(UnfitInput, match="no report"):
        read_report({"format": "something else"})


async def test_without_all_sheets_there_is_no_report_and_after_it_nothing_changes(house: House) -> None:
    async with house.database.unit_of_work() as session:
        scene = await scenes.scoring(session, house)
        seated = await scenes.members(session, scene)
        for _, viewer in seated[:-1]:
            await sheets.submit(session, viewer, scene.lot, scenes.points(scene))
    async with house.database.unit_of_work() as session:
        with pytest.raises(SheetsAreMissing):
            await finishing.finish(session, scene.officer, scene.tender.id)
    async with house.database.unit_of_work() as session:
        await sheets.submit(session, seated[-1][1], scene.lot, scenes.points(scene))
        await finishing.finish(session, scene.officer, scene.tender.id)
    async with house.database.unit_of_work() as session:
        with pytest.raises(EvaluationIsOver):
            await finishing.finish(session, scene.officer, scene.tender.id)


async def test_a_member_far_from_the_median_is_pointed_out_and_still_counts(house: House) -> None:
    async with house.database.unit_of_work() as session:
        scene = await scenes.scoring(session, house)
        for number, (_, viewer) in enumerate(await scenes.members(session, scene)):
            given = (88, 80, 30 if number == 0 else 95)
            await sheets.submit(session, viewer, scene.lot, scenes.points(scene, given))
        await finishing.finish(session, scene.officer, scene.tender.id)
        report = read_report((await session.get_one(EvaluationReport, scene.lot)).report)
    third = next(one for one in report.spread if one.bid == str(scene.offers[2]))
    assert third.outliers == (1,)
    assert (third.lowest, third.median, third.highest) == ("30.00", "95.00", "95.00")
    total = next(one.total for one in report.ranking if one.bid == str(scene.offers[2]))
    assert total == "80.00", "14.40 for the price and four fifths of a mean of 82"


async def test_every_lot_has_its_report(house: House) -> None:
    async with house.database.unit_of_work() as session:
        scene = await scenes.evaluated(session, house, lots=2)
        reports = [await session.get(EvaluationReport, lot_id) for lot_id in scene.tender.lot_ids]
    assert all(one is not None for one in reports)
