"""The public addresses of open data: packages that are valid, cursors, tags that save a transfer, files that stream, the page beside."""

import gzip
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from starlette.applications import Starlette
from starlette.routing import Match

from marketplace.bootstrap import House, open_house
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.ids import new_id
from marketplace.opendata.packages import RecordPackage, ReleasePackage
from marketplace.opendata.reading import validate
from marketplace.procurement.tenders.file import FileDocument
from marketplace.settings import Settings
from tests import buying
from tests.opendata import procurement, standard
from tests.web.visitor import Visitor
from web.app import create_app


async def _get(visitor: Visitor, path: str, **headers: str) -> Any:
    """The answer as it travels: nothing unpacked by itself."""
    return await visitor.client.get(path, headers={"accept-encoding": "identity", **headers})


def _package(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/json", answer.text
    package = dict(orjson.loads(answer.content))
    assert validate(package) == ()
    kind = "records" if "records" in package else "releases"
    (RecordPackage if kind == "records" else ReleasePackage).read(package)
    if standard.SCHEMA.exists():
        assert list(standard.need_schema().faults(kind, package)) == []
    return package


async def test_the_feed_is_followed_from_page_to_page_by_anybody(house: House, visitor: Visitor) -> None:
    for _ in range(3):
        await procurement.published(house)
    seen, pages, path = [], 0, "/ocds/releases.json?limit=2"
    while pages < 9:
        answer = await _get(visitor, path)
        if answer.status_code == 204:
            break
        package, pages = _package(answer), pages + 1
        assert package["links"]["self"] == package["uri"] == f"http://testserver{path}"
        seen += [release["id"] for release in package["releases"]]
        path = package["links"]["next"].removeprefix("http://testserver")
    assert pages == 2 and seen == [release["id"] for release in await procurement.releases(house)]
    await procurement.published(house)
    assert len(_package(await _get(visitor, path))["releases"]) == 1


async def test_a_process_has_its_releases_and_its_record(house: House, visitor: Visitor) -> None:
    purchase = await procurement.published(house)
    await procurement.opened(house, purchase)
    record = await procurement.record(house, purchase.tender.id)
    releases = await procurement.releases(house, purchase.tender.id)
    package = _package(await _get(visitor, f"/ocds/releases/{record['ocid']}.json"))
    assert package["releases"] == releases
    whole = _package(await _get(visitor, f"/ocds/records/{record['ocid']}.json"))["records"][0]
    assert whole["compiledRelease"] == record and whole["ocid"] == record["ocid"]
    assert [one["tag"] for one in whole["releases"]] == [["tender"], ["tenderUpdate"]]
    assert whole["releases"][0]["url"] == f"{package['uri']}#{releases[0]['id']}"


@pytest.mark.parametrize(
    "path",
    [
        "/ocds/releases.json",
        "/ocds/records/{ocid}.json",
        "/ocds/releases/{ocid}.json",
        "/ocds/bulk/2026.jsonl",
    ],
)
async def test_what_did_not_change_is_not_sent_again(house: House, visitor: Visitor, path: str) -> None:
    purchase = await procurement.published(house)
    path = path.format(ocid=(await procurement.record(house, purchase.tender.id))["ocid"])
    first = await _get(visitor, path)
    tag = first.headers["etag"]
    assert tag.startswith('"') and first.headers["access-control-allow-origin"] == "*"
    for known in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        again = await _get(visitor, path, **{"if-none-match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert (await _get(visitor, path, **{"if-none-match": '"other"'})).content == first.content
    packed = await _get(visitor, path, **{"accept-encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip" and packed.headers["etag"] != tag
    assert packed.content == first.content
    assert "Accept-Encoding" in packed.headers["vary"]
    await procurement.opened(house, purchase)
    assert (await _get(visitor, path, **{"if-none-match": tag})).status_code == 200


async def test_every_address_of_ours_in_a_release_is_one_of_our_pages(
    house: House, visitor: Visitor, app: Starlette
) -> None:
    async with house.database.reading() as session:
        paper = FileDocument(id=new_id(), title="服务规范", sha256="d" * 64)
        file = buying.file(session).model_copy(update={"documents": (paper,)})
    purchase = await procurement.published(house, file=file)
    offers = await procurement.opened(house, purchase)
    await procurement.contracted(house, purchase, await procurement.awarded(house, purchase, offers[1]))
    release = (await procurement.releases(house, purchase.tender.id))[-1]
    parts = [release["tender"], *release["awards"], *release["contracts"]]
    told = {document["url"] for part in parts for document in part["documents"] if "url" in document}
    ours = {url.removeprefix("http://testserver") for url in told if url.startswith("http://testserver/")}
    assert len(ours) == 5
    for path in ours:
        scope = {"type": "http", "method": "GET", "path": path}
        assert any(route.matches(scope)[0] is Match.FULL for route in app.routes), path


async def test_a_year_is_one_line_a_process(house: House, visitor: Visitor) -> None:
    purchases = [await procurement.published(house) for _ in range(2)]
    answer = await _get(visitor, "/ocds/bulk/2026.jsonl")
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    lines = [orjson.loads(line) for line in answer.content.splitlines()]
    records = [await procurement.record(house, one.tender.id) for one in purchases]
    assert lines == sorted(records, key=lambda record: record["ocid"])
    raw = visitor.client.build_request(
        "GET", "/ocds/bulk/2026.jsonl", headers={"accept-encoding": "gzip;q=0.5"}
    )
    stream = await visitor.client.send(raw, stream=True)
    packed = b"".join([part async for part in stream.aiter_raw()])
    assert gzip.decompress(packed) == answer.content
    refused = await _get(visitor, "/ocds/bulk/2026.jsonl", **{"accept-encoding": "gzip;q=0"})
    assert "content-encoding" not in refused.headers


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/ocds/releases.json?limit=0", 422, "feed_limit_is_invalid"),
        ("/ocds/releases.json?limit=101", 422, "feed_limit_is_invalid"),
        ("/ocds/releases.json?limit=many", 422, "input_is_invalid"),
        ("/ocds/releases.json?cursor=forged", 422, "cursor_is_invalid"),
        ("/ocds/records/ocds-wushe0-nobody.json", 404, "not_found"),
        (f"/ocds/releases/{quote('a/b#?%00', safe='')}.json", 404, "not_found"),
        (f"/ocds/records/{'x' * 5000}.json", 404, "not_found"),
        ("/ocds/bulk/2025.jsonl", 404, "not_found"),
        ("/ocds/bulk/99999.jsonl", 404, "not_found"),
        ("/ocds/bulk/２０２６.jsonl", 404, "not_found"),
        ("/ocds/extension/secret.json", 404, "not_found"),
    ],
)
async def test_programs_are_refused_in_json_with_a_sentence(
    house: House, visitor: Visitor, path: str, status: int, code: str
) -> None:
    answer = await _get(visitor, path)
    said = orjson.loads(answer.content)["error"]
    assert (answer.status_code, said["code"]) == (status, code)
    assert said["message"] and said["message"] != f"error.{code}"


async def test_the_feed_is_empty_before_anything_is_published(house: House, visitor: Visitor) -> None:
    answer = await _get(visitor, "/ocds/releases.json")
    assert (answer.status_code, answer.content) == (204, b"") and int(answer.headers["retry-after"]) > 0
    page = await visitor.get("/open-data")
    assert "Nothing is published yet" in page.text and "/ocds/releases.json" in page.links


async def test_the_page_leads_to_what_there_is_in_both_languages(house: House, visitor: Visitor) -> None:
    await procurement.published(house)
    page = await visitor.get("/open-data")
    assert page.status == 200 and "/ocds/bulk/2026.jsonl" in page.links
    assert "1 process" in page.text and "1 release so far" in page.text and "ocds-wushe0" in page.text
    chinese = await visitor.get("/open-data", **{"accept-language": "zh-CN"})
    assert "开放数据" in chinese.text and "1 个过程" in chinese.text


async def test_what_we_add_to_the_standard_is_told_as_an_extension(house: House, visitor: Visitor) -> None:
    purchase = await procurement.published(house)
    ocid = (await procurement.record(house, purchase.tender.id))["ocid"]
    package = _package(await _get(visitor, f"/ocds/releases/{ocid}.json"))
    own = [one for one in package["extensions"] if one.startswith("http://testserver/")]
    extension = orjson.loads((await _get(visitor, own[0].removeprefix("http://testserver"))).content)
    schema = (await _get(visitor, f"/ocds/extension/{extension['schemas'][0]}")).content
    assert "contentHash" in orjson.loads(schema)["definitions"]["Document"]["properties"]
    named = " ".join(package["extensions"])
    assert all(f"ocds_{name}_extension/v1.1.5/" in named for name in ("lots", "enquiry", "bid"))


async def test_a_licence_is_named_where_one_is_chosen(
    house: House, settings: Settings, clock: FixedClock
) -> None:
    purchase = await procurement.published(house)
    ocid = (await procurement.record(house, purchase.tender.id))["ocid"]
    licence = "https://creativecommons.org/licenses/by/4.0/"
    licensed = open_house(settings.model_copy(update={"ocds_license": licence}), clock=clock)
    try:
        visitor = Visitor(create_app(licensed), licensed)
        assert _package(await _get(visitor, f"/ocds/records/{ocid}.json"))["license"] == licence
        assert licence in (await visitor.get("/open-data")).links
        plain = Visitor(create_app(house), house)
        assert "license" not in _package(await _get(plain, f"/ocds/records/{ocid}.json"))
    finally:
        await licensed.close()


async def test_asking_for_the_head_of_a_file_reads_none_of_it(house: House, visitor: Visitor) -> None:
    await procurement.published(house)
    whole = await _get(visitor, "/ocds/bulk/2026.jsonl")
    head = await visitor.client.head("/ocds/bulk/2026.jsonl", headers={"accept-encoding": "identity"})
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", whole.headers["etag"])
