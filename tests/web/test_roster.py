"""The organiser's pages: the roster with names, and approving, declining, releasing and adding people without JavaScript."""

from uuid import UUID

from marketplace.bootstrap import House
from marketplace.kernel.ids import new_id
from tests.volunteering import scene
from tests.web.visitor import Visitor


def roster_path(shift_id: UUID) -> str:
    return f"/shifts/{shift_id}/roster"


async def test_the_organiser_approves_and_declines_on_the_roster(visitor: Visitor, house: House) -> None:
    at = await scene.shift(house, needs_approval=True)
    first = await scene.join(house, await scene.volunteer(house, "王芳"), at.shift_id, message="会量血压")
    second = await scene.join(house, await scene.volunteer(house, "李强"), at.shift_id)
    await scene.read_english(house, at.organiser)
    await visitor.sign_in(at.organiser.signed_in())
    roster = await visitor.get(roster_path(at.shift_id))
    assert "Applied (2)" in roster.text and "会量血压" in roster.text
    approved = await visitor.submit_and_follow(roster, f"/sign-ups/{first}/approve")
    assert "The place is confirmed." in approved.text and "Confirmed (1)" in approved.text
    decline = f"/sign-ups/{second}/decline"
    form = await visitor.get(decline)
    assert "李强" in form.text
    refused = await visitor.submit(form, decline, reason=" ")
    assert refused.status == 422
    declined = await visitor.submit_and_follow(refused, decline, reason="人手已够")
    assert "No longer on the list (1)" in declined.text and "人手已够" in declined.text


async def test_a_confirmed_person_is_released_with_a_reason(visitor: Visitor, house: House) -> None:
    at = await scene.shift(house, capacity=1)
    first = await scene.join(house, await scene.volunteer(house, "王芳"), at.shift_id)
    await scene.join(house, await scene.volunteer(house, "李强"), at.shift_id)
    await scene.read_english(house, at.organiser)
    await visitor.sign_in(at.organiser.signed_in())
    path = f"/sign-ups/{first}/release"
    roster = await visitor.submit_and_follow(await visitor.get(path), path, reason="来电请假")
    assert "Released." in roster.text and "Place offered" in roster.text
    assert await scene.places_taken(house, at.shift_id) == 1


async def test_who_clashes_is_added_by_override_with_a_reason(visitor: Visitor, house: House) -> None:
    at, elsewhere = await scene.shift(house), await scene.shift(house, title="别处的事")
    person = await scene.volunteer(house, "王芳")
    await scene.withdraw(house, person, await scene.join(house, person, at.shift_id))
    await scene.join(house, person, elsewhere.shift_id)
    await scene.read_english(house, at.organiser)
    await visitor.sign_in(at.organiser.signed_in())
    path = f"{roster_path(at.shift_id)}/add"
    form = await visitor.get(path)
    refused = await visitor.submit(form, path, person_id=str(person.person_id))
    assert refused.status == 409
    assert "another confirmed shift" in refused.text and "别处的事" not in refused.text
    without = await visitor.submit(refused, path, in_spite_of_clash="on")
    assert without.status == 422 and "needs a reason" in without.text
    added = await visitor.submit_and_follow(without, path, in_spite_of_clash="on", reason="两处只隔一条街")
    assert "Added. The person is told." in added.text
    assert "Added in spite of a clash: 两处只隔一条街" in added.text


async def test_nobody_chosen_or_somebody_unknown_is_told(visitor: Visitor, house: House) -> None:
    at = await scene.shift(house)
    person = await scene.volunteer(house, "王芳")
    await scene.withdraw(house, person, await scene.join(house, person, at.shift_id))
    await scene.read_english(house, at.organiser)
    await visitor.sign_in(at.organiser.signed_in())
    path = f"{roster_path(at.shift_id)}/add"
    form = await visitor.get(path)
    assert (await visitor.submit(form, path, person_id="")).status == 422
    assert (await visitor.submit(form, path, person_id="nobody")).status == 422
    assert (await visitor.submit(form, path, person_id=str(new_id()))).status == 404
    assert await scene.places_taken(house, at.shift_id) == 0


async def test_an_organiser_who_applied_sees_that_a_colleague_decides(visitor: Visitor, house: House) -> None:
    at = await scene.shift(house, needs_approval=True)
    own = await scene.join(house, at.organiser, at.shift_id)
    await scene.read_english(house, at.organiser)
    await visitor.sign_in(at.organiser.signed_in())
    roster = await visitor.get(roster_path(at.shift_id))
    assert "a colleague decides about it" in roster.text
    path = f"/sign-ups/{own}/decline"
    answer = await visitor.submit(await visitor.get(path), path, reason="不去了")
    assert answer.status == 403 and "ask a colleague" in answer.text


async def test_the_roster_is_closed_to_strangers_volunteers_and_others(
    visitor: Visitor, house: House
) -> None:
    at = await scene.shift(house, needs_approval=True)
    me, other = await scene.volunteer(house), await scene.volunteer(house, "邻居")
    mine = await scene.join(house, me, at.shift_id)
    paths = [roster_path(at.shift_id), f"{roster_path(at.shift_id)}/add"]
    for path in paths:
        assert (await visitor.get(path)).location == f"/sign-in?next={path}"
    for path in (f"/sign-ups/{mine}/decline", f"/sign-ups/{mine}/release"):
        assert (await visitor.get(path)).status == 404
    await visitor.sign_in(other.signed_in())
    assert [(await visitor.get(path)).status for path in paths] == [403, 403]
    assert (await visitor.get(f"/sign-ups/{mine}/decline")).status == 404
    await visitor.sign_in(me.signed_in())
    assert [(await visitor.get(path)).status for path in paths] == [403, 403]
    assert (await visitor.get(f"/sign-ups/{mine}/decline")).status == 403
    token = (await visitor.get(f"/my/shifts/{mine}/withdraw")).forms[-1].fields.get("csrf", [""])[0]
    for step in ("approve", "decline", "release"):
        answer = await visitor.client.post(f"/sign-ups/{mine}/{step}", data={"csrf": token, "reason": "r"})
        assert answer.status_code == 403
    assert (await scene.state_of(house, me, mine)).value == "applied"
