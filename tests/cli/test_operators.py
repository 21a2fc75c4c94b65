"""What the operator does at the machine: roles (the first administrator is made here) and dead jobs, all of it on record."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from marketplace.bootstrap import House, open_house
from marketplace.db.audit import AuditEntry
from marketplace.db.session import Session
from marketplace.identity import phones
from marketplace.identity.models import RoleGrant
from marketplace.outbox.models import OutboxEvent
from marketplace.outbox.publish import publish
from marketplace.settings import Settings
from marketplace.volunteering.events import NeedChanged
from tests import builders, city
from tests.cli.conftest import Terminal

PHONE = "13912345678"
Found = TypeVar("Found")


@pytest.fixture
def within(settings: Settings) -> Callable[[Callable[[House, Session], Awaitable[Found]]], Found]:
    """Does something in a transaction of the same database, between two commands."""

    def do(work: Callable[[House, Session], Awaitable[Found]]) -> Found:
        async def inside() -> Found:
            house = open_house(settings)
            try:
                async with house.database.unit_of_work() as session:
                    return await work(house, session)
            finally:
                await house.close()

        return asyncio.run(inside())

    return do


async def _newcomer(house: House, session: Session) -> UUID:
    phone = f"+86{PHONE}"
    return await builders.person(
        session,
        "沈文",
        phone_sealed=house.vault.encrypt(phone, phones.PURPOSE),
        phone_fingerprint=house.vault.fingerprint(phone, phones.PURPOSE),
    )


async def _grants(_house: House, session: Session) -> list[RoleGrant]:
    return list(await session.scalars(select(RoleGrant).order_by(RoleGrant.id)))


async def _actions(_house: House, session: Session) -> list[tuple[str, UUID | None]]:
    rows = await session.execute(
        select(AuditEntry.action, AuditEntry.actor_id).order_by(AuditEntry.at, AuditEntry.id)
    )
    return [(row.action, row.actor_id) for row in rows]


async def _dead_job(_house: House, session: Session) -> UUID:
    need_id = await builders.need(session)
    await publish(session, NeedChanged(need_id))
    await session.do_last_acts()
    event = await session.scalar(select(OutboxEvent).where(OutboxEvent.stream_id == need_id))
    assert event is not None
    event.attempts, event.dead_at, event.last_error = 8, session.now(), "ConnectionError"
    return event.id


def test_the_first_administrator_is_made_at_the_machine(terminal_at: Terminal, within: Callable) -> None:
    person_id = within(_newcomer)
    assert "Nobody holds a role yet" in terminal_at("roles", "list").stdout

    result = terminal_at("roles", "grant", PHONE, "administrator")

    assert result.exit_code == 0, result.stderr
    [grant] = within(_grants)
    assert (grant.person_id, grant.role, grant.area_code) == (person_id, "administrator", city.CITY)
    assert grant.granted_by is None
    assert within(_actions) == [("role.granted", None)]


def test_the_list_shows_who_holds_what_and_hides_the_number(terminal_at: Terminal, within: Callable) -> None:
    within(_newcomer)
    terminal_at("roles", "grant", PHONE, "community_worker", "--area", city.JIANGSU_ROAD)
    shown = terminal_at("roles", "list").stdout
    assert "沈文" in shown and "community_worker" in shown and city.JIANGSU_ROAD in shown
    assert "139****5678" in shown and PHONE not in shown


def test_somebody_who_never_signed_in_cannot_be_given_a_role(terminal_at: Terminal) -> None:
    result = terminal_at("roles", "grant", PHONE, "administrator")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "phone" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("community_worker", "--area", "310999000000"),
        ("organisation_manager", "--organisation", str(uuid4())),
        ("organisation_manager",),
        ("administrator", "--organisation", str(uuid4())),
    ],
    ids=["unknown area", "unknown organisation", "no organisation", "organisation for an area role"],
)
def test_a_role_needs_a_scope_that_exists(
    terminal_at: Terminal, within: Callable, words: tuple[str, ...]
) -> None:
    within(_newcomer)
    assert terminal_at("roles", "grant", PHONE, *words).exit_code == 1
    assert within(_grants) == []


def test_a_role_is_not_given_twice(terminal_at: Terminal, within: Callable) -> None:
    within(_newcomer)
    terminal_at("roles", "grant", PHONE, "auditor")
    assert terminal_at("roles", "grant", PHONE, "auditor").exit_code == 1
    assert len(within(_grants)) == 1


def test_a_role_is_revoked_on_record(terminal_at: Terminal, within: Callable) -> None:
    within(_newcomer)
    terminal_at("roles", "grant", PHONE, "auditor")
    [grant] = within(_grants)

    assert terminal_at("roles", "revoke", str(grant.id)).exit_code == 0

    [ended] = within(_grants)
    assert ended.revoked_at is not None and ended.revoked_by is None
    assert within(_actions) == [("role.granted", None), ("role.revoked", None)]
    assert terminal_at("roles", "revoke", str(grant.id)).exit_code == 1
    assert terminal_at("roles", "revoke", str(uuid4())).exit_code == 1


def test_the_last_administrator_stays_even_for_the_operator(terminal_at: Terminal, within: Callable) -> None:
    within(_newcomer)
    terminal_at("roles", "grant", PHONE, "administrator")
    [grant] = within(_grants)
    assert terminal_at("roles", "revoke", str(grant.id)).exit_code == 1
    [still] = within(_grants)
    assert still.revoked_at is None


def test_a_dead_job_is_seen_and_retried(terminal_at: Terminal, within: Callable) -> None:
    assert "No job is dead" in terminal_at("jobs", "list").stdout
    job = str(within(_dead_job))
    shown = terminal_at("jobs", "list").stdout
    assert job in shown and "NeedChanged" in shown and "ConnectionError" in shown

    assert terminal_at("jobs", "retry", job).exit_code == 0

    assert "No job is dead" in terminal_at("jobs", "list").stdout
    assert terminal_at("jobs", "retry", job).exit_code == 1
    assert within(_actions) == [("job.retried", None)]


def test_all_dead_jobs_are_retried_at_once(terminal_at: Terminal, within: Callable) -> None:
    within(_dead_job)
    within(_dead_job)
    assert terminal_at("jobs", "retry", "--all").stdout.startswith("2 ")
    assert terminal_at("jobs", "retry", "--all").stdout.startswith("0 ")


def test_a_dead_job_is_skipped_with_a_reason(terminal_at: Terminal, within: Callable) -> None:
    job = str(within(_dead_job))
    assert terminal_at("jobs", "skip", job, "--reason", " ").exit_code == 1
    assert terminal_at("jobs", "skip", job).exit_code == 2
    assert terminal_at("jobs", "skip", job, "--reason", "the need is gone").exit_code == 0
    assert within(_actions) == [("job.skipped", None)]
    assert terminal_at("jobs", "skip", str(uuid4()), "--reason", "no such job").exit_code == 1
