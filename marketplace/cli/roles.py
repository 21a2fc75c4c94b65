"""`marketplace roles …`: what the operator at the machine gives and takes; how the first administrator is made."""

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from marketplace.areas.codes import CITY
from marketplace.cli.running import output, run
from marketplace.identity.viewer import ORGANISATION_ROLES, Role

if TYPE_CHECKING:
    from marketplace.bootstrap import House
    from marketplace.identity.operator import OpenGrant

app = typer.Typer(help="Roles, given and taken at the machine itself, on record.", no_args_is_help=True)


@app.command("grant")
def grant(
    phone: Annotated[str, typer.Argument(help="The number with which the person signs in.")],
    role: Annotated[Role, typer.Argument()],
    area: Annotated[
        str | None, typer.Option(help="The area's 12-digit code; the whole city when not said.")
    ] = None,
    organisation: Annotated[
        UUID | None, typer.Option(help="The organisation's id, for a manager or member.")
    ] = None,
) -> None:
    """Give a role to somebody who has signed in before: `marketplace roles grant 13800000000 administrator`."""
    where = area or (None if organisation or role in ORGANISATION_ROLES else CITY)
    given = {"phone": phone, "role": role, "area_code": where, "organisation_id": organisation}
    output.print(f"Granted: {run(lambda house: _grant(house, given))}")


async def _grant(house: "House", given: dict[str, Any]) -> UUID:
    from marketplace.identity import operator
    from marketplace.identity.drafts import RoleDraft
    from marketplace.kernel.input import read

    draft = read(RoleDraft, given)
    async with house.database.unit_of_work() as session:
        return await operator.grant(session, house.vault, draft)


@app.command("revoke")
def revoke(grant: Annotated[UUID, typer.Argument(help="The grant's id, as `roles list` shows it.")]) -> None:
    """Take a role away. The last administrator of the city and the last manager of an organisation stay."""
    run(lambda house: _revoke(house, grant))
    output.print("Revoked.")


async def _revoke(house: "House", grant: UUID) -> None:
    from marketplace.identity import operator

    async with house.database.unit_of_work() as session:
        await operator.revoke(session, grant)


@app.command("list")
def list_open() -> None:
    """List who holds a role over an area; telephone numbers are masked."""
    found = run(_open_grants)
    for one in found:
        output.print(
            f"{one.id}  {one.held.role}  {one.held.area_code}  {one.person_name}  {one.phone}", markup=False
        )
    if not found:
        output.print("Nobody holds a role yet: `marketplace roles grant PHONE administrator`.", markup=False)


async def _open_grants(house: "House") -> "list[OpenGrant]":
    from marketplace.identity import operator

    async with house.database.reading() as session:
        return await operator.open_grants(session, house.vault)
