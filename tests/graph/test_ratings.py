"""Public ratings over GraphQL: read by everybody, answered, reported, hidden, appealed; what is held is decided by auditors only."""

from functools import partial

import orjson

from marketplace.bootstrap import House
from marketplace.graph.nodes import global_id
from marketplace.kernel.ids import new_id
from tests.delivering import SERVICE
from tests.delivery.ratings import aftercare
from tests.graph import client

ask_as = partial(client.ask_as, "ratings")


async def test_everybody_reads_and_the_provider_answers_once_and_updates_once(house: House) -> None:
    at = await aftercare.public(house)
    provider = {"organisationId": global_id("Organisation", at.under.organisation_id)}
    found = (await ask_as(house, None, "provider_ratings", **provider, serviceType=SERVICE))["nodes"]
    (worded,) = [one for one in found if one["words"]]
    assert (len(found), worded["mean"], worded["month"], worded["isMine"]) == (10, 2.0, "2026-10-01", False)
    assert worded["points"][0] == {"dimension": "content", "points": 2}
    assert await ask_as(house, None, "provider_rating_counts", **provider) == [
        {"serviceType": SERVICE, "ratings": 10, "raters": 10, "held": 0, "leastRaters": 10}
    ]
    assert await ask_as(house, None, "rating", id=worded["id"]) == worded
    assert len((await ask_as(house, at.manager, "ratings_to_answer"))["nodes"]) == 10
    said = {"ratingId": worded["id"], "text": "向您致歉。"}
    assert (await ask_as(house, at.outsider, "reply_to_rating", input=said))["code"] == "not_permitted"
    assert (await ask_as(house, None, "reply_to_rating", input=said))["code"] == "sign_in_needed"
    early = await ask_as(house, at.manager, "update_rating_reply", input=said)
    assert early["code"] == "rating_is_not_answered"
    replied = (await ask_as(house, at.manager, "reply_to_rating", input=said))["rating"]
    assert (replied["reply"]["text"], replied["mayReply"], replied["mayUpdate"]) == (
        said["text"],
        False,
        True,
    )
    twice = await ask_as(house, at.manager, "reply_to_rating", input={**said, "text": "另一句"})
    assert twice["code"] == "reply_is_given"
    updated = (await ask_as(house, at.manager, "update_rating_reply", input={**said, "text": "已更换。"}))[
        "rating"
    ]
    assert (updated["update"]["text"], updated["mean"]) == ("已更换。", 2.0)
    long = await ask_as(house, at.manager, "reply_to_rating", input={**said, "text": "字" * 10_000})
    assert long["fields"][0]["field"] == "text"


async def test_words_are_reported_hidden_appealed_and_restored(house: House) -> None:
    at = await aftercare.public(house)
    rating_id = global_id("Rating", at.rating_id)
    part = {"ratingId": rating_id, "what": "WORDS"}
    told = await ask_as(house, at.outsider, "report_rating", input={**part, "text": "骂人"})
    assert told["rating"]["id"] == rating_id
    (waiting,) = (await ask_as(house, at.moderator, "rating_reports"))["nodes"]
    assert (waiting["what"], waiting["text"], waiting["rating"]["id"]) == ("WORDS", "骂人", rating_id)
    for viewer, code in ((None, "sign_in_needed"), (at.author, "not_permitted")):
        assert await ask_as(house, viewer, "rating_reports") == code
        assert await ask_as(house, viewer, "rating_appeals") == code
    hiding = {**part, "reason": "INSULT", "explanation": "第二句"}
    for viewer, code in (
        (None, "sign_in_needed"),
        (at.manager, "not_permitted"),
        (at.outsider, "not_permitted"),
    ):
        assert (await ask_as(house, viewer, "hide_rating_part", input=hiding))["code"] == code
    hidden = (await ask_as(house, at.moderator, "hide_rating_part", input=hiding))["rating"]["hidden"][0]
    public = await ask_as(house, None, "rating", id=rating_id)
    assert (public["words"], public["mean"]) == (None, 2.0)
    assert (public["hidden"][0]["reason"], public["hidden"][0]["explanation"]) == ("INSULT", None)
    settled = await ask_as(house, at.moderator, "dismiss_rating_reports", input=part)
    assert settled["code"] == "reports_are_settled"
    appeal = {"hidingId": hidden["id"], "text": "我没有骂人"}
    assert (await ask_as(house, at.manager, "appeal_hiding", input=appeal))[
        "code"
    ] == "only_the_author_appeals"
    assert (await ask_as(house, at.author, "appeal_hiding", input=appeal))["rating"]["hidden"][0][
        "isAppealed"
    ]
    (one,) = (await ask_as(house, at.second, "rating_appeals"))["nodes"]
    assert (one["hidingId"], one["mayDecide"], one["text"]) == (hidden["id"], True, appeal["text"])
    decision = {"hidingId": hidden["id"], "isRestored": True, "reason": "没有骂人"}
    own = await ask_as(house, at.moderator, "decide_hiding_appeal", input=decision)
    assert own["code"] == "another_moderator_decides"
    restored = (await ask_as(house, at.second, "decide_hiding_appeal", input=decision))["rating"]
    assert restored["words"] == "水太凉，来得也晚。"
    month = (await ask_as(house, None, "rating_care_months"))[0]
    assert {"name": "insult", "count": 1} in month["hidden"]
    assert (month["appeals"], month["restored"]) == (1, 1)


async def test_what_is_held_is_seen_and_decided_by_auditors(house: House) -> None:
    at = await aftercare.public(house)
    await aftercare.held(house, at, at.others[:2], ratings=40)
    ids = [global_id("Rating", one) for one in at.others[:2]]
    provider = {"organisationId": global_id("Organisation", at.under.organisation_id), "serviceType": SERVICE}
    for viewer, code in ((None, "sign_in_needed"), (at.manager, "not_permitted")):
        assert await ask_as(house, viewer, "held_rating_groups") == code
        assert await ask_as(house, viewer, "held_ratings", **provider) == code
    (group,) = (await ask_as(house, at.auditor, "held_rating_groups"))["nodes"]
    assert (group["ratings"], group["causes"]) == (2, [{"name": "burst", "count": 2}])
    shown = (await ask_as(house, at.auditor, "held_ratings", **provider))["ratings"]
    assert {one["ratingId"] for one in shown} == set(ids)
    assert orjson.loads(shown[0]["causes"][0]["evidence"]) == {"ratings": 40}
    decision = {"ratingIds": ids, "isUpheld": True, "reason": "同一地点集中"}
    assert (await ask_as(house, at.manager, "decide_held_ratings", input=decision))["code"] == "not_found"
    assert await ask_as(house, at.auditor, "decide_held_ratings", input=decision) == {"ratings": 2}
    again = await ask_as(house, at.auditor, "decide_held_ratings", input=decision)
    assert again["code"] == "hold_is_decided"
    forged = {**decision, "ratingIds": [global_id("Rating", new_id())]}
    assert (await ask_as(house, at.auditor, "decide_held_ratings", input=forged))["code"] == "not_found"
    wrong = {**decision, "ratingIds": [global_id("Tender", at.others[0])]}
    assert (await ask_as(house, at.auditor, "decide_held_ratings", input=wrong))["code"] == "not_found"
