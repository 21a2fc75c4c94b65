"""Who hears of an evaluation: members of their seats and what is awaited, the bidder of the question, the buyer of the end; nobody else."""

from uuid import UUID

from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.notices.models import Notice
from marketplace.procurement.evaluation import declarations, low_prices, panels, sheets
from marketplace.procurement.evaluation.drafts import ConflictDraft, ConflictKind, DeclarationDraft
from tests.deliveries import drain
from tests.procurement.evaluation import scene as scenes


async def _told(house: House, kind: str) -> list[UUID]:
    async with house.database.reading() as session:
        rows = await session.scalars(select(Notice.person_id).where(Notice.kind == kind).order_by(Notice.id))
        return list(rows)


async def test_members_hear_of_their_seats_and_of_what_is_awaited(house: House) -> None:
    async with house.database.unit_of_work() as session:
        scene = await scenes.drawn(session, house)
        seated = [(member.person_id, viewer) for member, viewer in await scenes.members(session, scene)]
    await drain(house)
    assert await _told(house, "panel_drawn") == [person_id for person_id, _ in seated]
    async with house.database.unit_of_work() as session:
        tie = ConflictDraft(organisation_id=scene.bidders[0][0], kind=ConflictKind.KIN)
        await declarations.declare(
            session, seated[0][1], scene.tender.id, DeclarationDraft(conflicts=(tie,), confirmed=True)
        )
        await declarations.declare(session, seated[1][1], scene.tender.id, DeclarationDraft(confirmed=True))
        await panels.remind(session, scene.officer, scene.tender.id)
    await drain(house)
    async with house.database.reading() as session:
        now = [member.person_id for member, _ in await scenes.members(session, scene)]
    assert await _told(house, "panel_left") == [seated[0][0]]
    assert (await _told(house, "panel_drawn"))[-1] == now[0]
    assert set(await _told(house, "panel_declaration_wanted")) == {now[0], *now[2:]}
    assert await _told(house, "panel_sheets_wanted") == []


async def test_the_bidder_hears_of_the_question_and_the_buyer_of_the_last_sheet(house: House) -> None:
    async with house.database.unit_of_work() as session:
        scene = await scenes.scoring(session, house, prices=(10_000_000, 9_000_000, 12_500_000, 5_000_000))
        await low_prices.ask(session, scene.officer, scene.offers[3])
        seated = await scenes.members(session, scene)
    await drain(house)
    assert await _told(house, "price_queried") == [scene.bidders[3][1].person_id]
    assert set(await _told(house, "panel_sheets_wanted")) == {member.person_id for member, _ in seated}
    for _, viewer in seated:
        assert await _told(house, "sheets_complete") == []
        async with house.database.unit_of_work() as session:
            await sheets.submit(session, viewer, scene.lot, scenes.points(scene, (88, 80, 95, 99)))
        await drain(house)
    assert await _told(house, "sheets_complete") == [scene.officer.person_id]
