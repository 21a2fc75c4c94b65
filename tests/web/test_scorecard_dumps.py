"""The dumps of scorecards on the open-data page: downloaded by anybody, with a tag that saves a transfer."""

import io
import zipfile

import pytest

from marketplace.bootstrap import House
from marketplace.kernel.errors import NotFound
from marketplace.opendata import scorecard_keeping
from tests.delivery.scorecards import scene
from tests.opendata import scorecards
from tests.web.visitor import Visitor


async def _keep_up(house: House) -> None:
    await scorecard_keeping.keep_up(house.database, house.files, "")


async def test_anybody_downloads_it_and_whoever_has_it_is_told_so(house: House, visitor: Visitor) -> None:
    empty = await visitor.get("/open-data")
    assert empty.status == 200 and "No month has closed yet" in empty.text
    await scorecards.rated(house)
    await _keep_up(house)
    page = await visitor.get("/open-data")
    address = "/open-data/scorecards/2026-10.zip"
    assert address in page.links and "15 ratings" in page.text
    chinese = await visitor.get("/open-data", **{"accept-language": "zh-CN"})
    assert "评价与服务评分卡" in chinese.text
    answer = await visitor.client.get(address)
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == 'attachment; filename="scorecards-2026-10.zip"'
    assert int(answer.headers["content-length"]) == len(answer.content)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None and "ratings.csv" in archive.namelist()
    tag = answer.headers["etag"]
    again = await visitor.client.get(address, headers={"if-none-match": tag})
    assert again.status_code == 304 and not again.content
    head = await visitor.client.head(address)
    assert head.status_code == 200 and head.headers["etag"] == tag and not head.content


async def test_months_without_a_dump_and_no_months_are_not_found(house: House, visitor: Visitor) -> None:
    await scorecards.rated(house)
    await _keep_up(house)
    for month in ("2026-09", "2026-13", "2026-1", "x", "2026-10-01", "%00", "../2026-10", "9" * 500):
        answer = await visitor.client.get(f"/open-data/scorecards/{month}.zip")
        assert answer.status_code == 404, month
    async with house.database.reading() as session:
        (kept,) = await scorecard_keeping.newest(session)
    await house.files.delete(kept.sha256)
    gone = await visitor.client.get("/open-data/scorecards/2026-10.zip")
    assert gone.status_code == 404
    async with house.database.reading() as session:
        with pytest.raises(NotFound):
            await scorecard_keeping.of_month(session, scene.LAST_DAY)
