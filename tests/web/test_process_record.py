"""The record of a purchase on a page: acts in words for everybody, a file to verify once the result is public."""

import ast
from pathlib import Path

import pytest

from marketplace.bootstrap import House
from marketplace.kernel.ids import new_id
from marketplace.kernel.locale import LOCALES, catalogue
from marketplace.procurement import records
from marketplace.procurement.records import first_fault
from tests import buying
from tests.web.visitor import Visitor

ROOT = Path(__file__).parents[2]


def recorded_acts() -> set[str]:
    """Every action that procurement writes into a record: the text constants handed to ``records.append`` and ``note``."""
    said: set[str] = set()
    for path in (ROOT / "marketplace" / "procurement").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in {"append", "note"}
            ):
                constants = [one.value for one in ast.walk(node) if isinstance(one, ast.Constant)]
                said |= {
                    one for one in constants if isinstance(one, str) and one.count(".") == 1 and one.islower()
                }
    return said


def test_every_act_has_words_in_both_languages() -> None:
    acts = recorded_acts()
    assert len(acts) > 50
    missing = [
        (locale, act)
        for locale in LOCALES
        for act in sorted(acts)
        if catalogue(locale).gettext(f"act.{act}") == f"act.{act}"
    ]
    assert not missing


async def test_everybody_reads_the_acts_and_before_the_result_nothing_else(
    visitor: Visitor, house: House
) -> None:
    async with house.database.unit_of_work() as session:
        tender = await buying.tender(session)
        actor = new_id()
        act = await records.append(session, tender.id, "panel.drawn", actor, people=5)
    page = await visitor.get(f"/buying/records/{tender.id}")
    assert page.status == 200
    assert "The panel is drawn" in page.text and act.hash in page.text
    assert str(actor) not in page.html
    assert (await visitor.get(f"/buying/records/{tender.id}/record.json")).status == 404


async def test_with_the_result_the_record_is_taken_away_and_comes_out_sound(
    visitor: Visitor, house: House
) -> None:
    async with house.database.unit_of_work() as session:
        tender = await buying.tender(session, awarded_at=session.now())
        await records.append(session, tender.id, "award.published", awards=1)
    assert (
        f"/buying/records/{tender.id}/record.json"
        in (await visitor.get(f"/buying/records/{tender.id}")).links
    )
    response = await visitor.client.get(f"/buying/records/{tender.id}/record.json")
    assert first_fault(response.json()["acts"]) is None


async def test_a_process_without_acts_says_so_and_an_unknown_one_is_missing(
    visitor: Visitor, house: House
) -> None:
    async with house.database.unit_of_work() as session:
        tender = await buying.tender(session)
    assert "Nothing is recorded yet" in (await visitor.get(f"/buying/records/{tender.id}")).text
    assert (await visitor.get(f"/buying/records/{new_id()}")).status == 404


@pytest.mark.parametrize("path", ["/buying/records/x", "/buying/records/1/record.json"])
async def test_what_is_no_id_is_missing(visitor: Visitor, path: str) -> None:
    assert (await visitor.get(path)).status == 404
