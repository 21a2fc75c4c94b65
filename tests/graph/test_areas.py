"""Areas through the graph."""

from marketplace.bootstrap import House
from tests import city
from tests.graph.client import graph_client, operation


async def test_an_area_says_where_it_lies(house: House) -> None:
    async with graph_client(house) as client:
        area = (await client.data(operation("areas/area"), code=city.JIANGSU_ROAD))["area"]
        again = await client.data("query($id:ID!){node(id:$id){... on Area{code}}}", id=area["id"])
    assert (area["level"], area["nameEn"]) == ("SUBDISTRICT", "Jiangsu Road Subdistrict")
    assert area["parent"] == {"name": "长宁区"}
    assert [step["code"] for step in area["path"]] == [city.CITY, city.CHANGNING, city.JIANGSU_ROAD]
    assert again == {"node": {"code": city.JIANGSU_ROAD}}


async def test_the_areas_under_one_are_listed_by_code(house: House) -> None:
    async with graph_client(house) as client:
        under = (await client.data(operation("areas/areas_under"), code=city.CHANGNING))["areasUnder"]
    assert [area["code"] for area in under] == [city.HUAYANG, city.JIANGSU_ROAD]


async def test_a_code_that_nobody_knows_is_null(house: House) -> None:
    async with graph_client(house) as client:
        for code in ("310105999000", "", "长宁", "3101050000000", "x" * 1000, "３１０１０５００００００"):
            assert (await client.data(operation("areas/area"), code=code)) == {"area": None}
            assert (await client.data(operation("areas/areas_under"), code=code)) == {"areasUnder": []}
