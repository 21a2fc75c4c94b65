"""`marketplace jobs …` on a real house, as an operator types it."""

import asyncio
from uuid import UUID

import pytest
from typer.testing import CliRunner

from marketplace.bootstrap import open_house
from marketplace.cli.app import app
from marketplace.kernel.ids import new_id
from marketplace.outbox.models import OutboxEvent
from marketplace.settings import Settings
from tests.outbox.test_dead_jobs import a_dead_job


@pytest.fixture
def typed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """A terminal whose environment names the test's house."""
    monkeypatch.setenv("WUSHE_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("WUSHE_DATA_FOLDER", str(settings.data_folder))
    monkeypatch.setenv("WUSHE_SECRET", settings.secret.get_secret_value())
    monkeypatch.setenv("LANGUAGE", "en")
    return CliRunner()


def kill_one(settings: Settings) -> UUID:
    async def inside() -> UUID:
        house = open_house(settings)
        try:
            return await a_dead_job(house, new_id(), strokes=2)
        finally:
            await house.close()

    return asyncio.run(inside())


def state(settings: Settings, job_id: UUID) -> str:
    async def inside() -> str:
        house = open_house(settings)
        try:
            async with house.database.reading() as session:
                row = await session.get_one(OutboxEvent, job_id)
                return "dead" if row.dead_at else "done" if row.done_at else "open"
        finally:
            await house.close()

    return asyncio.run(inside())


def test_dead_jobs_are_listed(typed: CliRunner, settings: Settings) -> None:
    job_id = kill_one(settings)
    said = typed.invoke(app, ["jobs", "dead"])
    assert said.exit_code == 0
    assert f"{job_id}  BellRung  tests.write: BellIsCracked  (1 behind)" in said.output
    assert "1 dead." in said.output


def test_a_job_is_retried_once(typed: CliRunner, settings: Settings) -> None:
    job_id = kill_one(settings)
    assert typed.invoke(app, ["jobs", "retry", str(job_id)]).exit_code == 0
    assert state(settings, job_id) == "open"
    late = typed.invoke(app, ["jobs", "retry", str(job_id)])
    assert late.exit_code == 1 and "no longer dead" in late.output


def test_all_jobs_are_retried(typed: CliRunner, settings: Settings) -> None:
    killed = [kill_one(settings), kill_one(settings)]
    said = typed.invoke(app, ["jobs", "retry-all"])
    assert said.exit_code == 0 and said.output.startswith("2 are tried again")
    assert [state(settings, job_id) for job_id in killed] == ["open", "open"]


def test_a_job_is_skipped_with_a_reason_only(typed: CliRunner, settings: Settings) -> None:
    job_id = kill_one(settings)
    assert typed.invoke(app, ["jobs", "skip", str(job_id)]).exit_code == 2
    assert typed.invoke(app, ["jobs", "skip", str(job_id), "--reason", " "]).exit_code == 1
    assert state(settings, job_id) == "dead"
    assert typed.invoke(app, ["jobs", "skip", str(job_id), "--reason", "The bell was sold."]).exit_code == 0
    assert state(settings, job_id) == "done"


@pytest.mark.parametrize(("given", "code"), [("nonsense", 2), ("01990000-0000-7000-8000-000000000000", 1)])
def test_an_id_that_means_nothing_is_refused(typed: CliRunner, given: str, code: int) -> None:
    assert typed.invoke(app, ["jobs", "retry", given]).exit_code == code
