"""The dumps of scorecards over GraphQL: anybody reads which there are and where."""

from marketplace.bootstrap import House
from marketplace.opendata import scorecard_keeping
from tests.graph.client import graph_client, operation
from tests.opendata import scorecards


async def test_anybody_reads_where_the_dumps_are(house: House) -> None:
    async with graph_client(house) as client:
        none = await client.ask(operation("opendata/scorecard_dumps"))
        assert none["data"] == {"scorecardDumps": []}
        await scorecards.rated(house)
        await scorecard_keeping.keep_up(house.database, house.files, "")
        found = await client.ask(operation("opendata/scorecard_dumps"))
    (one,) = found["data"]["scorecardDumps"]
    assert one["path"] == "/open-data/scorecards/2026-10.zip"
    assert (one["startsOn"], one["endsOn"], one["scorecards"], one["ratings"]) == (
        "2026-10-01",
        "2026-10-31",
        1,
        15,
    )
    assert one["size"] == len(await house.files.get(one["sha256"]))
