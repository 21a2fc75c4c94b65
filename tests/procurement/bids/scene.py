"""A tender whose five openers have confirmed, two rivals who bid for it, and the way to its opening."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import update

from marketplace.bootstrap import House
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.ids import new_id
from marketplace.kernel.input import read
from marketplace.procurement.bids import bid_drafts, envelope, keys, openers, openings, submissions
from marketplace.procurement.bids.bid_drafts import Paper
from marketplace.procurement.bids.bid_file import BidFile, BidLot
from marketplace.procurement.bids.drafts import ActDraft, BidDraftInput, OpenerCodeDraft
from marketplace.procurement.bids.models import Opener
from marketplace.procurement.bids.submissions import Done
from marketplace.procurement.bids.tender_files import in_force
from marketplace.procurement.tenders.models import Tender
from tests import builders, buying
from tests.buying import PublishedTender

PDF = b"%PDF-1.7 " + bytes(500)


@dataclass
class Scene:
    """A published tender with its key, its openers and the codes on their papers."""

    tender: PublishedTender
    openers: list[Viewer]
    codes: list[str]
    opened: bool = field(default=False)

    @property
    def id(self) -> UUID:
        return self.tender.id


async def sealed_tender(house: House, **changes: Any) -> Scene:
    """A published tender, ready for bids. ``changes`` go into its file."""
    async with house.database.unit_of_work() as session:
        content = buying.file(session).model_copy(update=changes)
        tender = await buying.tender(session, content, published_at=None)
        people = [await builders.viewer(session, f"开标人{n}") for n in range(1, 6)]
        await _named(session, tender.id, people)
    codes = await confirmed(house, tender.id, people)
    async with house.database.unit_of_work() as session:
        await keys.must_be_ready(session, tender.id)
        await session.execute(update(Tender).where(Tender.id == tender.id).values(published_at=session.now()))
    return Scene(tender, people, codes)


async def _named(session: Session, tender_id: UUID, people: list[Viewer]) -> None:
    for number, one in enumerate(people, start=1):
        session.add(
            Opener(
                id=new_id(),
                tender_id=tender_id,
                number=number,
                person_id=one.signed_in(),
                named_at=session.now(),
                named_by=one.signed_in(),
            )
        )
    await session.flush()


async def confirmed(house: House, tender_id: UUID, people: list[Viewer]) -> list[str]:
    """Every opener makes a code and types it again."""
    codes = []
    for one in people:
        async with house.database.unit_of_work() as session:
            code = await openers.make_code(session, one, tender_id)
        async with house.database.unit_of_work() as session:
            await openers.confirm_code(session, one, tender_id, OpenerCodeDraft(code=code))
        codes.append(code)
    return codes


async def supplier(house: House, name: str = "暖阳助老服务社") -> tuple[UUID, Viewer]:
    async with house.database.unit_of_work() as session:
        return await buying.supplier(session, name)


def act(organisation_id: UUID, key: str = "", version: int = 1) -> ActDraft:
    return ActDraft(organisation_id=organisation_id, version=version, idempotency_key=key or str(new_id()))


def draft_of(scene: Scene, organisation_id: UUID, price: str = "150,000.00", **facts: Any) -> BidDraftInput:
    offers = [{"lot_id": lot_id, "price": price} for lot_id in scene.tender.lot_ids]
    answers = {"plan": "每周三次，每次两人。", "team": "持证护理员十二名。"}
    known = {"organisation_id": organisation_id, "offers": offers, "answers": answers}
    return read(BidDraftInput, {**known, "conditions": ["registered"], **facts})


async def bid(
    house: House,
    scene: Scene,
    organisation_id: UUID,
    viewer: Viewer,
    price: str = "150,000.00",
    *,
    key: str = "",
    papers: tuple[Paper, ...] = (Paper("方案.pdf", "application/pdf", PDF),),
    **facts: Any,
) -> Done:
    """Written in the page, sealed by the server, handed in."""
    async with house.database.unit_of_work() as session:
        draft = draft_of(scene, organisation_id, price, **facts)
        await bid_drafts.save(session, viewer, scene.id, draft, house.vault)
    async with house.database.unit_of_work() as session:
        version = (await in_force(session, scene.id)).version
        return await bid_drafts.seal_and_submit(
            session, viewer, scene.id, act(organisation_id, key, version), papers, house.vault, house.files
        )


async def sealed(house: House, scene: Scene, organisation_id: UUID, **changes: Any) -> bytes:
    """A bid sealed on a machine of one's own; ``changes`` are fields of its document."""
    async with house.database.reading() as session:
        key = await keys.public(session, scene.id)
        known = await in_force(session, scene.id)
    offers = tuple(
        BidLot(lot=lot_id, price=15_000_000, answers={"plan": "好", "team": "好"})
        for lot_id in scene.tender.lot_ids
    )
    facts = {
        "tender": scene.id,
        "tender_hash": known.content_hash,
        "bidder": organisation_id,
        "lots": offers,
        "conditions": ("registered",),
    }
    document = BidFile.model_validate({**facts, **changes})
    return envelope.seal(envelope.pack(document, []), bytes.fromhex(key.public_key))


async def hand_in(
    house: House, scene: Scene, organisation_id: UUID, viewer: Viewer, content: bytes, **facts: Any
) -> Done:
    async with house.database.unit_of_work() as session:
        return await submissions.submit(
            session, viewer, scene.id, act(organisation_id, **facts), content, house.vault, house.files
        )


async def give(house: House, scene: Scene, number: int, code: str | None = None) -> bool:
    """The opener with that number gives the part; whether that opened the bids."""
    async with house.database.unit_of_work() as session:
        draft = OpenerCodeDraft(code=code or scene.codes[number - 1])
        return await openings.give_share(
            session, scene.openers[number - 1], scene.id, draft, house.vault, house.files
        )


async def open_all(house: House, clock: FixedClock, scene: Scene, *numbers: int) -> None:
    """Past the deadline three openers come."""
    clock.set(max(clock.now(), await deadline(house, scene)) + timedelta(minutes=1))
    for number in numbers or (1, 3, 5):
        scene.opened = await give(house, scene, number)


async def deadline(house: House, scene: Scene) -> Any:
    async with house.database.reading() as session:
        return (await session.get_one(Tender, scene.id)).submissions_end_at
