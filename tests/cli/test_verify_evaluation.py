"""`marketplace verify ranking` and `verify panel`: a published report is redone from the file alone."""

import json
from pathlib import Path

from typer.testing import CliRunner

from marketplace.bootstrap import House
from marketplace.cli.app import app
from marketplace.procurement.evaluation.models import EvaluationReport
from tests.procurement.evaluation import scene as scenes


async def _published(house: House) -> dict[str, object]:
    async with house.database.unit_of_work() as session:
        scene = await scenes.evaluated(session, house)
        return dict((await session.get_one(EvaluationReport, scene.lot)).report)


async def test_a_report_is_redone_and_a_changed_one_is_found_out(house: House, tmp_path: Path) -> None:
    report, run = await _published(house), CliRunner()
    file = tmp_path / "report.json"
    file.write_text(json.dumps(report), "utf-8")
    for command in ("ranking", "panel"):
        done = run.invoke(app, ["verify", command, str(file)])
        assert done.exit_code == 0, done.output
    assert "90.40" in run.invoke(app, ["verify", "ranking", str(file)]).output
    other = run.invoke(app, ["verify", "ranking", str(file), "--price-weight", "60"])
    assert "92.00" in other.output
    report["bids"][0]["price_fen"] = 1  # type: ignore[index]
    report["panel"]["draw"]["secret"] = "0" * 64  # type: ignore[index]
    file.write_text(json.dumps(report), "utf-8")
    for command in ("ranking", "panel"):
        assert run.invoke(app, ["verify", command, str(file)]).exit_code == 1


def test_what_is_no_report_is_refused_in_a_sentence(tmp_path: Path) -> None:
    file, run = tmp_path / "report.json", CliRunner()
    for text in ("[1, 2", "[]", "{}", "null"):
        file.write_text(text, "utf-8")
        refused = run.invoke(app, ["verify", "ranking", str(file)])
        assert refused.exit_code == 1
        assert "Traceback" not in refused.output
