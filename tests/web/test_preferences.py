"""Language and type size: chosen once, kept on the device, and never a way to another site."""

import pytest

from marketplace.bootstrap import House
from tests import builders
from tests.web.visitor import Visitor

pytestmark = pytest.mark.anyio


async def test_the_browser_language_is_followed_until_one_is_chosen(visitor: Visitor) -> None:
    assert 'lang="en"' in (await visitor.get("/")).html
    assert 'lang="zh-Hans"' in (await visitor.get("/", **{"accept-language": "zh-CN,zh;q=0.9"})).html
    page = await visitor.get("/about")
    after = await visitor.submit_and_follow(page, "/preferences", locale="zh_Hans")
    assert after.answer.url.path == "/about"
    assert 'lang="zh-Hans"' in after.html


async def test_a_signed_in_persons_language_comes_before_the_browsers(visitor: Visitor, house: House) -> None:
    async with house.database.unit_of_work() as session:
        person = await builders.person(session, locale="zh_Hans")
    await visitor.sign_in(person)
    page = await visitor.get("/")
    assert 'lang="zh-Hans"' in page.html
    assert "林小满" in page.text


async def test_large_type_is_kept(visitor: Visitor) -> None:
    page = await visitor.submit_and_follow(await visitor.get("/preferences"), "/preferences", type="large")
    assert 'data-type="large"' in page.html


async def test_unknown_choices_change_nothing(visitor: Visitor) -> None:
    answer = await visitor.submit(await visitor.get("/preferences"), "/preferences", type="huge", locale="xx")
    assert answer.status == 303
    assert not {"locale", "type"} & set(visitor.client.cookies)


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb", ""],
)
async def test_the_way_back_never_leads_to_another_site(visitor: Visitor, elsewhere: str) -> None:
    answer = await visitor.submit(await visitor.get("/preferences"), "/preferences", next=elsewhere)
    assert answer.location == "/"
