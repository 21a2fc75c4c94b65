"""Panels: how many, from whom, by which seed; who is left out, who declares, who is replaced, and that nobody can choose."""

import hashlib
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from marketplace.bootstrap import House
from marketplace.identity.models import RoleGrant
from marketplace.identity.viewer import Role
from marketplace.kernel.clock import local_day
from marketplace.kernel.errors import InputIsInvalid, NotFound, NotPermitted
from marketplace.kernel.ids import new_id
from marketplace.procurement import records
from marketplace.procurement.bids.models import Opener, Opening
from marketplace.procurement.evaluation import declarations, handlers, panels, sheets
from marketplace.procurement.evaluation.drafts import (
    ConflictDraft,
    ConflictKind,
    DeclarationDraft,
    PanelDraft,
    RecusalDraft,
    RepresentativeDraft,
)
from marketplace.procurement.evaluation.errors import (
    BidsAreNotOpen,
    DeclarationIsMissing,
    DeclarationIsNotConfirmed,
    MemberIsTied,
    PanelIsDrawn,
    TooFewExperts,
    TooManyRepresentatives,
)
from marketplace.procurement.evaluation.models import (
    Expert,
    Panel,
    PanelMember,
    PanelPromise,
    Score,
    ScoreSheet,
)
from tests import builders, buying, city
from tests.procurement.evaluation import scene as scenes

YEAR = timedelta(days=365)


async def test_a_panel_is_odd_of_five_with_two_thirds_of_experts(house: House) -> None:
    async with house.database.unit_of_work() as session:
        scene = await scenes.drawn(session, house)
        panel = await session.get_one(Panel, scene.tender.id)
        seated = await scenes.members(session, scene)
    assert (panel.size, panel.experts) == (5, 4)
    assert [member.kind for member, _ in seated] == ["expert"] * 4 + ["buyer"]
    assert [str(member.expert_id) for member, _ in seated[:4]] == panel.order[:4]


async def test_from_ten_million_yuan_it_is_of_seven(house: House) -> None:
    async with house.database.unit_of_work() as session:
        lots = (buying.lot(1, ceiling_fen=1_000_000_000),)
        scene = await scenes.opened(session, house, representatives=0)
        content = buying.file(session).model_copy(update={"lots": lots})
        tender = await buying.tender(session, content, opened_at=session.now())
        session.add(Opening(tender_id=tender.id, opened_at=session.now(), record={}, record_hash="0" * 64))
        await panels.draw(session, scene.officer, tender.id, PanelDraft(), house.vault)
        panel = await session.get_one(Panel, tender.id)
    assert (panel.size, panel.experts) == (7, 7)


async def test_the_draw_is_redone_by_hand(house: House) -> None:
    async with house.database.unit_of_work() as session:
        scene = await scenes.drawn(session, house)
        panel = await session.get_one(Panel, scene.tender.id)

    def sha(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()

    assert panel.commitment == sha(panel.secret)
    pool = sha("".join(f"{one}\n" for one in sorted(str(one) for one in scene.experts)))
    seed = sha(f"{panel.secret} {'ab' * 32} {pool}")
    assert panel.seed == seed
    assert panel.order == sorted(panel.pool, key=lambda one: sha(f"{seed} {one}"))


async def test_the_draw_is_promised_when_the_tender_is_published_and_once(house: House) -> None:
    async with house.database.unit_of_work() as session:
        tender = await buying.tender(session)
    await handlers.promise_all(house.database, house.vault)
    async with house.database.unit_of_work() as session:
        first = await session.get_one(PanelPromise, tender.id)
        again = await panels.promise(session, tender.id, house.vault)
        record = await records.entries(session, tender.id)
    assert first.commitment == again.commitment
    assert [(one.action, one.facts) for one in record] == [
        ("panel.promised", {"commitment": first.commitment})
    ]


async def test_a_panel_is_never_changed(house: House) -> None:
    async with house.database.unit_of_work() as session:
        await scenes.drawn(session, house)
    with pytest.raises(DBAPIError):
        async with house.database.unit_of_work() as session:
            await session.execute(text("UPDATE panels SET size = 3"))


async def test_before_the_opening_and_a_second_time_nobody_is_drawn(house: House) -> None:
    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
        tender = await buying.tender(session)
        with pytest.raises(BidsAreNotOpen):
            await panels.draw(session, officer, tender.id, PanelDraft(), house.vault)
        scene = await scenes.drawn(session, house, officer=officer)
        with pytest.raises(PanelIsDrawn):
            await panels.draw(session, officer, scene.tender.id, PanelDraft(), house.vault)


async def test_who_is_tied_or_does_not_fit_is_not_in_the_pool(house: House) -> None:
    async with house.database.unit_of_work() as session:
        scene = await scenes.opened(session, house)
        bidder = scene.bidders[0][0]

        async def grant(role: Role, scope: dict[str, object], ended: timedelta | None) -> str:
            person_id = await builders.person(session, "某人")
            session.add(
                RoleGrant(
                    id=new_id(), person_id=person_id, role=role.value, granted_at=session.now() - 5 * YEAR,
                    revoked_at=None if ended is None else session.now() - ended, **scope,
                )
            )  # fmt: skip
            return str(await scenes.expert(session, "某人", person_id))

        at_bidder: dict[str, object] = {"organisation_id": bidder}
        expected = {
            await grant(Role.ORGANISATION_MEMBER, at_bidder, None): "member",
            await grant(Role.ORGANISATION_MANAGER, at_bidder, 2 * YEAR): "member",
            await grant(Role.PROCUREMENT_OFFICER, {"area_code": city.CHANGNING}, None): "buys",
            str(await scenes.expert(session, "某人", employer_organisation_id=bidder)): "employed",
        }
        opener = await builders.person(session, "开标人")
        expected[str(await scenes.expert(session, "开标人", opener))] = "opens"
        session.add(
            Opener(
                id=new_id(), tender_id=scene.tender.id, number=1, person_id=opener, named_at=session.now(),
                named_by=scene.officer.person_id,
            )
        )  # fmt: skip
        fits = {str(one) for one in scene.experts}
        fits.add(await grant(Role.ORGANISATION_MANAGER, at_bidder, 4 * YEAR))
        fits.add(str(await scenes.expert(session, "全市", area_code=city.CITY)))
        await scenes.expert(session, "别处", area_code=city.XUHUI)
        await scenes.expert(session, "别行", fields=["children"])
        await scenes.expert(session, "后来", registered_at=session.now() + timedelta(seconds=1))
        await scenes.expert(session, "已退", ended_at=session.now() - timedelta(days=1))
        await session.flush()
        await panels.draw(
            session,
            scene.officer,
            scene.tender.id,
            PanelDraft(representatives=tuple(scene.phones)),
            house.vault,
        )
        panel = await session.get_one(Panel, scene.tender.id)
    assert set(panel.pool) == fits
    assert dict(panel.excluded) == expected


async def test_too_few_experts_and_too_many_representatives_are_refused_with_the_article(
    house: House,
) -> None:
    async with house.database.unit_of_work() as session:
        few = await scenes.opened(session, house, experts=3, representatives=0)
        with pytest.raises(TooFewExperts) as refused:
            await panels.draw(session, few.officer, few.tender.id, PanelDraft(), house.vault)
        assert refused.value.facts == {"wanted": 5, "found": 3}
        assert "第四十七" in (refused.value.article or "")
        many = await scenes.opened(session, house, representatives=2)
        with pytest.raises(TooManyRepresentatives):
            await panels.draw(
                session,
                many.officer,
                many.tender.id,
                PanelDraft(representatives=tuple(many.phones)),
                house.vault,
            )


async def test_whom_the_buyer_sends_opens_nothing_and_belongs_to_no_bidder(house: House) -> None:
    async with house.database.unit_of_work() as session:
        scene = await scenes.opened(session, house)
        await builders.grant(session, scene.representatives[0], Role.ORGANISATION_MEMBER, scene.bidders[0][0])
        with pytest.raises(MemberIsTied):
            await panels.draw(
                session,
                scene.officer,
                scene.tender.id,
                PanelDraft(representatives=tuple(scene.phones)),
                house.vault,
            )
        with pytest.raises(InputIsInvalid):
            await panels.draw(
                session,
                scene.officer,
                scene.tender.id,
                PanelDraft(representatives=("+8613999999999",)),
                house.vault,
            )


async def test_only_an_officer_of_the_area_draws(house: House) -> None:
    async with house.database.unit_of_work() as session:
        scene = await scenes.opened(session, house)
        elsewhere = await buying.officer(session, "徐汇采购员", city.XUHUI)
        administrator = await builders.viewer(session, "管理员", Role.ADMINISTRATOR)
        for viewer in (elsewhere, administrator, scene.supervisor, scene.bidders[0][1]):
            with pytest.raises(NotPermitted):
                await panels.draw(session, viewer, scene.tender.id, PanelDraft(), house.vault)


async def test_a_tie_of_two_years_ago_replaces_the_member_and_voids_the_scores_on_record(
    house: House,
) -> None:
    """Scenario 22."""
    async with house.database.unit_of_work() as session:
        scene = await scenes.scoring(session, house)
        panel = await session.get_one(Panel, scene.tender.id)
        member, viewer = (await scenes.members(session, scene))[0]
        sheet_id = await sheets.submit(session, viewer, scene.lot, scenes.points(scene))
    async with house.database.unit_of_work() as session:
        tie = ConflictDraft(
            organisation_id=scene.bidders[1][0],
            kind=ConflictKind.EMPLOYMENT,
            until=local_day(session.now() - 2 * YEAR),
        )
        stays = await declarations.declare(
            session, viewer, scene.tender.id, DeclarationDraft(conflicts=(tie,), confirmed=True)
        )
    assert not stays
    async with house.database.unit_of_work() as session:
        old = await session.get_one(PanelMember, member.id)
        successor = (
            await session.scalars(select(PanelMember).where(PanelMember.replaces_id == member.id))
        ).one()
        sheet = await session.get_one(ScoreSheet, sheet_id)
        scores = (await session.scalars(select(Score).where(Score.sheet_id == sheet_id))).all()
        with pytest.raises(NotFound):
            await sheets.save(session, viewer, scene.lot, scenes.points(scene))
    assert (old.replaced_for, old.conflicts and old.conflicts[0]["kind"]) == ("declared", "employment")
    assert str(successor.expert_id) == panel.order[4]
    assert (successor.seat, successor.declared_at) == (member.seat, None)
    assert sheet.voided_at is not None
    assert sheet.submitted_at is not None
    assert len(scores) == 6


async def test_a_tie_that_ended_before_the_three_years_is_kept_and_harms_nothing(house: House) -> None:
    async with house.database.unit_of_work() as session:
        scene = await scenes.drawn(session, house)
        member, viewer = (await scenes.members(session, scene))[0]
        tie = ConflictDraft(
            organisation_id=scene.bidders[0][0],
            kind=ConflictKind.OFFICE,
            until=local_day(session.now() - 4 * YEAR),
        )
        assert await declarations.declare(
            session, viewer, scene.tender.id, DeclarationDraft(conflicts=(tie,), confirmed=True)
        )
        await session.refresh(member)
    assert member.replaced_at is None
    assert member.conflicts is not None


async def test_nobody_sees_a_bid_before_declaring_and_a_declaration_is_whole(house: House) -> None:
    async with house.database.unit_of_work() as session:
        scene = await scenes.drawn(session, house)
        _, viewer = (await scenes.members(session, scene))[0]
        with pytest.raises(DeclarationIsMissing):
            await sheets.my_sheet(session, viewer, scene.lot)
        with pytest.raises(DeclarationIsNotConfirmed):
            await declarations.declare(session, viewer, scene.tender.id, DeclarationDraft())
        with pytest.raises(InputIsInvalid):
            await declarations.declare(
                session, viewer, scene.tender.id,
                DeclarationDraft(
                    conflicts=(ConflictDraft(organisation_id=new_id(), kind=ConflictKind.KIN),), confirmed=True
                ),
            )  # fmt: skip


async def test_whoever_left_the_register_since_is_drawn_and_passes_the_seat_on(house: House) -> None:
    async with house.database.unit_of_work() as session:
        scene = await scenes.drawn(session, house)
        panel = await session.get_one(Panel, scene.tender.id)
        await session.execute(
            update(Expert).where(Expert.id == UUID(panel.order[4])).values(ended_at=session.now())
        )
        member, _ = (await scenes.members(session, scene))[1]
        await panels.recuse(
            session, scene.supervisor, scene.tender.id, member.id, RecusalDraft(reason="住院，不能参加评审")
        )
        seated = await scenes.members(session, scene)
        passed = (
            await session.scalars(select(PanelMember).where(PanelMember.expert_id == UUID(panel.order[4])))
        ).one()
    assert passed.replaced_for == "ended"
    assert str(seated[1][0].expert_id) == panel.order[5]


async def test_a_vacant_seat_of_the_buyer_goes_to_somebody_else_whom_it_sends(house: House) -> None:
    async with house.database.unit_of_work() as session:
        scene = await scenes.drawn(session, house, representatives=1)
        member, _ = (await scenes.members(session, scene))[4]
        await panels.recuse(
            session, scene.officer, scene.tender.id, member.id, RecusalDraft(reason="调离岗位")
        )
        assert len(await scenes.members(session, scene)) == 4
        phone = scenes.PHONE.format(77)
        other = await builders.person(
            session, "接替", phone_fingerprint=house.vault.fingerprint(phone, "phone")
        )
        await panels.name_representative(
            session, scene.officer, scene.tender.id, RepresentativeDraft(phone=phone), house.vault
        )
        seated = await scenes.members(session, scene)
    assert seated[4][0].person_id == other
    assert seated[4][0].replaces_id == member.id


async def test_only_the_trade_of_the_area_takes_somebody_off_a_panel(house: House) -> None:
    async with house.database.unit_of_work() as session:
        scene = await scenes.drawn(session, house)
        seated = await scenes.members(session, scene)
        stranger = await builders.viewer(session, "路人")
        for viewer in (stranger, seated[1][1], scene.bidders[0][1]):
            with pytest.raises(NotFound):
                await panels.recuse(
                    session, viewer, scene.tender.id, seated[0][0].id, RecusalDraft(reason="不想让他评")
                )
