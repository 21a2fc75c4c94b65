"""The HTTP edge: whatever is sent, the answer is JSON with a code, and never a 500."""

import zlib
from dataclasses import replace

import orjson
import pytest

from marketplace.bootstrap import House
from marketplace.graph import answers
from tests import builders
from tests.graph.client import api_token, browser_cookie, graph_client
from tests.graph.garden import SCHEMA

VIEWER = orjson.dumps({"query": "{viewer{name}}"})


def code_of(answer: dict[str, object]) -> object:
    return answer["errors"][0]["extensions"]["code"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "body_is_not_json"),
        (b"{", "body_is_not_json"),
        (b"null", "body_is_not_json"),
        (b"true", "body_is_not_json"),
        (b"1", "body_is_not_json"),
        (b'"text"', "body_is_not_json"),
        (b'[{"query":"{viewer{name}}"}]', "body_is_not_json"),
        (b'{"query":"{viewer{name}}"} {}', "body_is_not_json"),
        (b'{"query":"{viewer{name}}","variables":{"a":NaN}}', "body_is_not_json"),
        (b'{"query":"{viewer{name}}","variables":{"a":-Infinity}}', "body_is_not_json"),
        (b'{"query":"\xff\xfe"}', "body_is_not_json"),
        (b"\xef\xbb\xbf" + VIEWER, "body_is_not_json"),
        (VIEWER.decode().encode("utf-16"), "body_is_not_json"),
        (b'{"query":"a","query":"b"}', "body_repeats_a_key"),
        (b'{"query":"a","variables":{"x":{"y":1,"y":2}}}', "body_repeats_a_key"),
        (b'{"query":"a","variables":{"x":' + b"9" * 5000 + b"}}", "number_is_too_long"),
        (b'{"query":"a","variables":{"x":1e999}}', "number_is_too_long"),
        (b'{"query":"a","variables":{"x":' + b"[" * 30 + b"]" * 30 + b"}}", "body_nests_too_deep"),
        (b"[" * 60_000, "body_nests_too_deep"),
        (b'{"query":"a\\u0000"}', "text_is_not_unicode"),
        (b'{"query":"a","variables":{"x":"\\ud800"}}', "text_is_not_unicode"),
        (b'{"query":"a","variables":{"\\udfff":1}}', "text_is_not_unicode"),
        (b"{}", "request_is_malformed"),
        (b'{"query":null}', "request_is_malformed"),
        (b'{"query":1}', "request_is_malformed"),
        (b'{"query":"a","variables":[]}', "request_is_malformed"),
        (b'{"query":"a","variables":"{}"}', "request_is_malformed"),
        (b'{"query":"a","operationName":1}', "request_is_malformed"),
        (b'{"query":"a","id":"persisted"}', "request_is_malformed"),
    ],
)
@pytest.mark.parametrize("backend", ["sqlite"])
async def test_a_body_that_is_no_request_is_refused_with_its_code(
    house: House, body: bytes, code: str
) -> None:
    async with graph_client(house) as client:
        response = await client.post(body)
    assert (response.status_code, code_of(response.json())) == (400, code)
    assert response.headers["content-type"] == "application/json"


@pytest.mark.parametrize("backend", ["sqlite"])
async def test_a_body_over_64_kilobytes_is_refused(house: House) -> None:
    async with graph_client(house) as client:
        at_the_limit = orjson.dumps({"query": "{viewer{name}}"}).ljust(64 * 1024)
        assert (await client.post(at_the_limit)).status_code == 200
        response = await client.post(at_the_limit + b" ")
    assert (response.status_code, code_of(response.json())) == (413, "body_is_too_large")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("backend", ["sqlite"])
async def test_only_post_is_answered(house: House, method: str) -> None:
    async with graph_client(house) as client:
        response = await client.send(method, b"", {})
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ('Application/JSON;charset="UTF-8"', 200),
        ("application/jsonx", 415),
        ("application/json; charset=gb18030", 415),
        ("application/json; boundary=x", 415),
        ("application/graphql", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("text/plain", 415),
        ("", 415),
    ],
)
@pytest.mark.parametrize("backend", ["sqlite"])
async def test_only_json_in_utf8_is_answered(house: House, content_type: str, status: int) -> None:
    async with graph_client(house) as client:
        response = await client.post(VIEWER, {"content-type": content_type})
    assert response.status_code == status


@pytest.mark.parametrize("backend", ["sqlite"])
async def test_a_compressed_body_is_refused(house: House) -> None:
    async with graph_client(house) as client:
        response = await client.post(zlib.compress(VIEWER), {"content-encoding": "deflate"})
    assert response.status_code == 415


@pytest.mark.parametrize("backend", ["sqlite"])
async def test_with_several_operations_the_name_chooses(house: House) -> None:
    two = "query A{viewer{name}} query B{__typename}"
    async with graph_client(house) as client:
        assert code_of(await client.ask(two)) == "operation_name_is_needed"
        chosen = await client.post(orjson.dumps({"query": two, "operationName": "B"}))
        unknown = await client.post(orjson.dumps({"query": two, "operationName": "C"}))
        no_operation = await client.ask("fragment F on Query{__typename}")
    assert chosen.json() == {"data": {"__typename": "Query"}}
    assert code_of(unknown.json()) == "operation_name_is_needed"
    assert "errors" in no_operation


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "document_is_invalid"),
        ("", "document_is_invalid"),
        ("{nothing}", "document_is_invalid"),
        ("{__schema{types{name}}}", "document_is_invalid"),
        ("subscription{trees{totalCount}}", "document_is_invalid"),
        ("query($n:Int!){trees(first:$n){totalCount}}", "variables_are_invalid"),
        ("{trees(first:51){totalCount}}", "page_size_is_invalid"),
        ('{trees(after:"rubbish"){totalCount}}', "cursor_is_invalid"),
        ('{trees(after:"W10"){totalCount}}', "cursor_is_invalid"),
    ],
)
@pytest.mark.parametrize("backend", ["sqlite"])
async def test_a_document_that_cannot_be_answered_says_why(house: House, query: str, code: str) -> None:
    async with graph_client(house, SCHEMA) as client:
        assert code_of(await client.ask(query)) == code


@pytest.mark.parametrize("value", ["text", 1.5, 2**40, [1], {"a": 1}, True, None])
@pytest.mark.parametrize("backend", ["sqlite"])
async def test_a_variable_of_the_wrong_type_says_so(house: House, value: object) -> None:
    async with graph_client(house, SCHEMA) as client:
        answer = await client.ask("query($n:Int!){trees(first:$n){totalCount}}", n=value)
    assert code_of(answer) == "variables_are_invalid"


async def test_a_stranger_an_outsider_and_a_member_are_told_apart(house: House) -> None:
    async with house.database.unit_of_work() as session:
        person = await builders.person(session, "林小满")
        token = await api_token(session, person, "read")
        cookie = await browser_cookie(session, person)
    async with graph_client(house) as client:
        assert await client.data("{viewer{name}}") == {"viewer": None}
        by_cookie = await client.ask(
            "{viewer{name scopes}}", {"cookie": cookie, "sec-fetch-site": "same-origin"}
        )
        wrong = await client.post(VIEWER, {"authorization": "Bearer nonsense"})
    async with graph_client(house, token=token) as client:
        by_token = await client.ask("{viewer{name scopes}}")
    assert by_cookie["data"] == {"viewer": {"name": "林小满", "scopes": None}}
    assert by_token["data"] == {"viewer": {"name": "林小满", "scopes": ["read"]}}
    assert (wrong.status_code, code_of(wrong.json())) == (401, "token_is_invalid")
    assert wrong.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Basic dTpw", "nonsense", "Bearer \x7f"])
@pytest.mark.parametrize("backend", ["sqlite"])
async def test_a_malformed_authorization_is_never_taken_for_a_stranger(house: House, header: str) -> None:
    async with graph_client(house) as client:
        response = await client.post(VIEWER, {"authorization": header})
    assert (response.status_code, code_of(response.json())) == (401, "token_is_invalid")


async def test_expired_and_revoked_tokens_are_refused(house: House) -> None:
    async with house.database.unit_of_work() as session:
        person = await builders.person(session)
        expired = await api_token(session, person, "read", expires_at=session.now())
        revoked = await api_token(session, person, "read", revoked_at=session.now())
    for token in (expired, revoked):
        async with graph_client(house, token=token) as client:
            assert (await client.post(VIEWER)).status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"origin": "http://testserver"}, 200),
        ({"sec-fetch-site": "same-site", "origin": "http://testserver"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "none"}, 403),
        ({"origin": "http://elsewhere.example"}, 403),
        ({"origin": "http://testserver.elsewhere.example"}, 403),
        ({"origin": "null"}, 403),
        ({}, 403),
    ],
)
@pytest.mark.parametrize("backend", ["sqlite"])
async def test_a_cookie_speaks_only_for_our_own_pages(
    house: House, headers: dict[str, str], status: int
) -> None:
    async with house.database.unit_of_work() as session:
        cookie = await browser_cookie(session, await builders.person(session))
    async with graph_client(house) as client:
        response = await client.post(VIEWER, {"cookie": cookie, **headers})
    assert response.status_code == status


@pytest.mark.parametrize("backend", ["sqlite"])
async def test_refusals_are_worded_in_the_language_of_the_request(house: House) -> None:
    async with graph_client(house, language="zh-CN,en;q=0.5") as client:
        chinese = (await client.post(b"")).json()["errors"][0]["message"]
    async with graph_client(house, language="en") as client:
        english = (await client.post(b"")).json()["errors"][0]["message"]
    assert chinese == "请求正文不是一个 UTF-8 编码的 JSON 对象。"
    assert english == "The body is not one JSON object in UTF-8."


@pytest.mark.parametrize("backend", ["sqlite"])
async def test_without_a_wish_the_persons_own_language_is_spoken(house: House) -> None:
    async with house.database.unit_of_work() as session:
        token = await api_token(session, await builders.person(session, locale="en"), "read")
    async with graph_client(house, token=token, language="") as client:
        assert (await client.data("{viewer{locale}}")) == {"viewer": {"locale": "en"}}


async def test_an_answer_that_takes_too_long_is_given_up(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "MAX_SECONDS", 0.05)
    async with graph_client(house, SCHEMA) as client:
        answer = await client.ask("{growth trees{totalCount}}")
        assert code_of(answer) == "answer_took_too_long"
        assert (await client.data("{trees{totalCount}}")) == {"trees": {"totalCount": 0}}
    assert house.database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize("backend", ["sqlite"])
async def test_a_demo_may_be_introspected_and_production_not(house: House) -> None:
    production = replace(house, settings=house.settings.model_copy(update={"mode": "production"}))
    question = "{__schema{queryType{name}}}"
    async with graph_client(house) as client:
        assert await client.data(question) == {"__schema": {"queryType": {"name": "Query"}}}
    async with graph_client(production) as client:
        assert code_of(await client.ask(question)) == "document_is_invalid"
        assert await client.data("{viewer{name}}") == {"viewer": None}
