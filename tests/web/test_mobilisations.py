"""The pages of mobilisations: checked before they start, followed and stopped; answered with two big buttons, without scripts."""

from marketplace.bootstrap import House
from marketplace.identity.viewer import Role
from marketplace.kernel.ids import new_id
from marketplace.staffing.mobilisation_states import MobilisationKind
from tests import builders, city
from tests.recommendations import scene as people
from tests.staffing import mobilisation_scene as scene
from tests.web.visitor import Visitor


async def test_an_officer_checks_the_answers_starts_follows_and_stops(house: House, visitor: Visitor) -> None:
    at = await scene.flood(house)
    await scene.neighbours(house, 3)
    await visitor.sign_in(at.officer.signed_in())
    new = f"/shifts/{at.shift_id}/mobilisation"
    page = await visitor.get(new)
    wrong = await visitor.submit(page, f"{new}/check", kind="emergency", reason="")
    assert wrong.status == 422
    checked = await visitor.submit(
        page, f"{new}/check", kind="emergency", reason="暴雨红色预警", wave_size="2"
    )
    assert checked.status == 200 and "暴雨红色预警" in checked.text
    path = (await visitor.submit(checked, new)).location
    assert path is not None and path.startswith("/mobilisations/")
    path = path.partition("?")[0]
    await scene.wave(house)
    progress = await visitor.get(path)
    assert "<svg" in progress.html and "<table" in progress.html
    again = await visitor.get(new)
    assert (again.status, again.location) == (303, path)
    stopped = await visitor.submit_and_follow(progress, f"{path}/stop", reason="雨停了")
    assert "雨停了" in stopped.text and not [form for form in stopped.forms if "stop" in form.action]


async def test_a_community_worker_is_offered_what_they_may_start_and_stops_no_emergency(
    house: House, visitor: Visitor
) -> None:
    at = await scene.flood(house)
    worker = await scene.role(house, Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY)
    await visitor.sign_in(worker.signed_in())
    new = f"/shifts/{at.shift_id}/mobilisation"
    page = await visitor.get(new)
    assert 'value="large"' in page.html and 'value="drill"' in page.html
    assert 'value="emergency"' not in page.html and "第二十四条" in page.text
    refused = await visitor.submit(page, f"{new}/check", kind="emergency", reason="暴雨红色预警")
    assert refused.status == 403 and "第二十四条" in refused.text
    mobilisation_id = await scene.start(house, at)
    running = await visitor.get(f"/mobilisations/{mobilisation_id}")
    assert running.status == 200 and not [form for form in running.forms if "stop" in form.action]


async def test_the_called_person_sees_why_and_how_far_and_says_yes_or_no(
    house: House, visitor: Visitor
) -> None:
    at = await scene.flood(house)
    one = await people.volunteer(house, locale="en")
    mobilisation_id = await scene.start(house, at)
    await scene.wave(house)
    call = await scene.call_of(house, one, mobilisation_id)
    await visitor.sign_in(one.signed_in())
    page = await visitor.get(f"/calls/{call.id}")
    assert "暴雨红色预警" in page.text and "km from your home" in page.text
    answered = await visitor.submit_and_follow(page, f"/calls/{call.id}", answer="yes")
    assert "Thank you" in answered.text and "/my/shifts" in answered.links


async def test_a_drill_says_so(house: House, visitor: Visitor) -> None:
    at = await scene.flood(house)
    one = await people.volunteer(house, locale="en")
    mobilisation_id = await scene.start(house, at, kind=MobilisationKind.DRILL)
    await scene.wave(house)
    call = await scene.call_of(house, one, mobilisation_id)
    await visitor.sign_in(one.signed_in())
    page = await visitor.get(f"/calls/{call.id}")
    assert "This is a drill" in page.text and "as if it were real" in page.text
    answered = await visitor.submit_and_follow(page, f"/calls/{call.id}", answer="yes")
    assert "Thank you for answering" in answered.text and "count on you" not in answered.text
    assert "as if it were real" not in answered.text
    assert (await scene.call_of(house, one, mobilisation_id)).accepted is True


async def test_a_drill_that_is_over_asks_for_no_answer(house: House, visitor: Visitor) -> None:
    at = await scene.flood(house)
    one = await people.volunteer(house)
    mobilisation_id = await scene.start(house, at, kind=MobilisationKind.DRILL)
    await scene.wave(house)
    call = await scene.call_of(house, one, mobilisation_id)
    await scene.stop(house, at.officer, mobilisation_id)
    await visitor.sign_in(one.signed_in())
    page = await visitor.get(f"/calls/{call.id}")
    assert "这是演练" in page.text and "无须到场，也不记录时长。" in page.text
    assert "请按真实情况答复" not in page.text


async def test_an_answer_that_comes_too_late_reads_why(house: House, visitor: Visitor) -> None:
    at = await scene.flood(house)
    one = await people.volunteer(house)
    mobilisation_id = await scene.start(house, at)
    await scene.wave(house)
    call = await scene.call_of(house, one, mobilisation_id)
    await visitor.sign_in(one.signed_in())
    page = await visitor.get(f"/calls/{call.id}")
    await scene.stop(house, at.officer, mobilisation_id)
    late = await visitor.submit(page, f"/calls/{call.id}", answer="yes")
    assert late.status == 409 and "谢谢您。这次召集的答复时间已过。" in late.text


async def test_strangers_and_outsiders_see_nothing(house: House, visitor: Visitor) -> None:
    at = await scene.flood(house)
    one, outsider = await people.volunteer(house), await people.volunteer(house, "外人", invitable=False)
    mobilisation_id = await scene.start(house, at)
    await scene.wave(house)
    call = await scene.call_of(house, one, mobilisation_id)
    paths = (f"/calls/{call.id}", f"/mobilisations/{mobilisation_id}", f"/shifts/{at.shift_id}/mobilisation")
    for path in paths[:1]:
        assert (await visitor.get(path)).location == f"/sign-in?next={path}"
    await visitor.sign_in(outsider.signed_in())
    for path in (*paths[:2], f"/calls/{new_id()}"):
        assert (await visitor.get(path)).status == 404
    assert (await visitor.get(paths[2])).status in (403, 404)


async def test_only_who_may_start_one_is_shown_the_way_to_it(house: House, visitor: Visitor) -> None:
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(session)
    at = await scene.flood(house, organisation_id=organisation_id)
    manager = await scene.role(house, Role.ORGANISATION_MANAGER, organisation_id)
    way, edit = f"/shifts/{at.shift_id}/mobilisation", f"/shifts/{at.shift_id}/edit"
    await visitor.sign_in(at.officer.signed_in())
    assert way in (await visitor.get(edit)).links
    await visitor.sign_in(manager.signed_in())
    assert way not in (await visitor.get(edit)).links
