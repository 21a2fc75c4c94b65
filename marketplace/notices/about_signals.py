"""Notices about signals: a whistle was blown, and answered; wishes became a draft."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from marketplace.areas.models import Area
from marketplace.catalogue.models import Tag
from marketplace.db.session import Session
from marketplace.delivery.properties.models import Compound, PropertyContract
from marketplace.delivery.signals.events import WhistleAnswered, WhistleBlown, WishesTakenUp
from marketplace.delivery.signals.judging import cause
from marketplace.delivery.signals.models import ServiceWish, Whistle, WishDraft
from marketplace.delivery.signals.policy import BUYERS
from marketplace.identity.viewer import COMMUNITY_ROLES
from marketplace.kernel.local_forms import Named
from marketplace.notices import audience, links
from marketplace.notices.facts import Fact, Word
from marketplace.notices.kinds import Kind
from marketplace.notices.telling import News, tell
from marketplace.organisations.models import Organisation
from marketplace.procurement.contracts.models import Contract


async def blown(session: Session, event: WhistleBlown) -> None:
    """Who bought the service, or the community of the compound, hears that the numbers slip, and so does the provider."""
    whistle = await session.get_one(Whistle, event.whistle_id)
    facts = await _facts(session, whistle)
    # Who buys or looks after an area is asked to answer; the provider only reads.
    for people, kind in (
        (await _answering(session, whistle), Kind.WHISTLE_BLOWN),
        (await audience.managers(session, whistle.organisation_id), Kind.WHISTLE_ABOUT_YOU),
    ):
        await tell(session, people, News(kind, f"{kind}:{whistle.id}", facts, links.whistle(whistle.id)))


async def answered(session: Session, event: WhistleAnswered) -> None:
    """The provider hears what was said of it."""
    whistle = await session.get_one(Whistle, event.whistle_id)
    kind = Kind.WHISTLE_ANSWERED
    news = News(kind, f"{kind}:{whistle.id}", await _facts(session, whistle), links.whistle(whistle.id))
    await tell(session, await audience.managers(session, whistle.organisation_id), news)


async def taken_up(session: Session, event: WishesTakenUp) -> None:
    """Everybody who wished hears what became of it; how many they are is told to nobody."""
    draft = await session.get_one(WishDraft, event.draft_id)
    tag = await session.get_one(Tag, draft.service_type)
    area = await session.get_one(Area, draft.area_code)
    people = await session.scalars(
        select(ServiceWish.person_id).where(
            ServiceWish.draft_id == draft.id, ServiceWish.withdrawn_at.is_(None)
        )
    )
    facts: Mapping[str, Fact] = {
        "service": Named(tag.name_zh, tag.name_en),
        "area": Named(area.name, area.name_en),
        "became": Word("wish_draft.need" if draft.need_id is not None else "wish_draft.item"),
    }
    kind = Kind.WISH_TAKEN_UP
    await tell(session, people.all(), News(kind, f"{kind}:{draft.id}", facts, links.WISHES))


async def _answering(session: Session, whistle: Whistle) -> Sequence[UUID]:
    roles = BUYERS if whistle.contract_id is not None else COMMUNITY_ROLES
    return await audience.nearest(session, whistle.area_code, *roles)


async def _facts(session: Session, whistle: Whistle) -> Mapping[str, Fact]:
    provider = await session.get_one(Organisation, whistle.organisation_id)
    about = (
        select(Contract.title).where(Contract.id == whistle.contract_id)
        if whistle.contract_id is not None
        else select(Compound.name)
        .join(PropertyContract, PropertyContract.compound_id == Compound.id)
        .where(PropertyContract.id == whistle.property_contract_id)
    )
    return {
        "what": Word(f"whistle.{cause(whistle.kind, whistle.facts)}"),
        "contract": await session.scalar(about) or "",
        "provider": provider.name,
    }
