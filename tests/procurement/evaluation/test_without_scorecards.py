"""An open tender is evaluated by its file: no scorecard and no rating is read on the way from the opening to the report."""

import re

from marketplace.bootstrap import House
from tests import delivering
from tests.procurement.evaluation import scene as scenes
from tests.statements import counting

_OF_RATINGS = re.compile(r"\b(scorecards|city_means|ratings|rating_\w+|provider_facts|deliveries)\b")


async def test_evaluation_reads_no_scorecard_whatever_there_is(house: House) -> None:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        await delivering.scorecard(session, under.organisation_id)
    with counting(house) as sent:
        async with house.database.unit_of_work() as session:
            await scenes.evaluated(session, house)
    assert len(sent) > 50
    assert [statement for statement in sent if _OF_RATINGS.search(statement)] == []
