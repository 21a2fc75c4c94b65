"""A score explains itself: factors sum to it, hard rules say what would lift them, and what is not known is neutral."""

from dataclasses import replace
from datetime import timedelta
from random import Random
from uuid import UUID

import pytest

from matching.features import Busy, Lot, Opportunity, Provider, Rating, Stretch, Volunteer, decayed
from matching.index import Point
from matching.provider_factors import rating_fit
from matching.scoring import Explanation, explain, explain_provider, rank_lots, rank_providers
from matching.volunteer_factors import fairness_value, reliability_level, travel_value
from matching.weights import PROVIDER_WEIGHTS, VOLUNTEER_WEIGHTS, Weights, WeightsAreInvalid
from tests.matching import people
from tests.matching.people import MONDAY, TREE

HERE = Point(31.2204, 121.4245)
SHIFT = Opportunity(id=UUID(int=1), starts_at=MONDAY, ends_at=MONDAY + timedelta(hours=2))
ADULT = Volunteer(id=UUID(int=2), age=30)


def explained(volunteer: Volunteer = ADULT, opportunity: Opportunity = SHIFT) -> Explanation:
    return explain(volunteer, opportunity, VOLUNTEER_WEIGHTS, TREE)


def points(explanation: Explanation, name: str) -> int:
    return next(factor.points for factor in explanation.factors if factor.name == name)


def facts(explanation: Explanation, name: str) -> dict[str, object]:
    return dict(next(factor.facts for factor in explanation.factors if factor.name == name))


def lifts(explanation: Explanation) -> dict[str, object]:
    return {block.code: dict(block.lift) for block in explanation.blocks}


@pytest.mark.parametrize("seed", range(50))
def test_factors_sum_to_the_score_and_none_gives_more_than_it_may(seed: int) -> None:
    random = Random(seed)
    for explanation in (
        explained(people.volunteer(random), people.opportunity(random)),
        explain_provider(people.provider(random), people.lot(random), PROVIDER_WEIGHTS, TREE),
    ):
        assert explanation.score == sum(factor.points for factor in explanation.factors)
        assert all(0 <= factor.points <= factor.most for factor in explanation.factors)
        assert sum(factor.most for factor in explanation.factors) == 1000


def test_a_score_names_its_weights() -> None:
    assert explained().weights_version == VOLUNTEER_WEIGHTS.version


def test_a_narrower_skill_counts_whole_a_broader_one_half_and_a_synonym_is_the_thing() -> None:
    asked = replace(SHIFT, skills=frozenset({"erhu"}))
    scores = {
        held: points(explained(replace(ADULT, skills=frozenset({held})), asked), "skill")
        for held in ("erhu", "fiddle", "music", "piano")
    }
    assert scores == {"erhu": 250, "fiddle": 250, "music": 125, "piano": 0}
    broad = replace(SHIFT, skills=frozenset({"music"}))
    assert points(explained(replace(ADULT, skills=frozenset({"erhu"})), broad), "skill") == 250


def test_half_the_shift_free_is_half_the_points() -> None:
    free = (Stretch(weekday=0, from_minute=10 * 60, to_minute=12 * 60),)
    explanation = explained(replace(ADULT, availability=free))
    assert points(explanation, "availability") == 100
    assert facts(explanation, "availability") == {"minutes": 120, "free_minutes": 60}


def test_times_that_overlap_count_once() -> None:
    twice = (Stretch(0, 540, 550), Stretch(0, 540, 550), Stretch(0, 570, 580), Stretch(0, 582, 590))
    explanation = explained(replace(ADULT, availability=twice))
    assert facts(explanation, "availability")["free_minutes"] == 30


def test_a_shift_over_sunday_midnight_meets_the_beginning_of_the_week() -> None:
    sunday_night = replace(
        SHIFT, starts_at=MONDAY + timedelta(days=6, hours=14), ends_at=MONDAY + timedelta(days=6, hours=16)
    )
    free = (Stretch(6, 23 * 60, 24 * 60), Stretch(0, 0, 60))
    assert points(explained(replace(ADULT, availability=free), sunday_night), "availability") == 200


def test_what_is_not_known_is_neutral_and_says_so() -> None:
    explanation = explained(
        ADULT, replace(SHIFT, skills=frozenset({"music"}), languages=frozenset({"english"}))
    )
    for name in ("skill", "availability", "travel", "language", "interest", "reliability"):
        assert facts(explanation, name)["unknown"] is True
        assert 0 < points(explanation, name) < VOLUNTEER_WEIGHTS.most(name)


def test_the_way_halves_every_four_kilometres_and_the_district_counts() -> None:
    assert travel_value(0, True) == 1
    assert travel_value(40, False) == pytest.approx(0.4)
    assert travel_value(80, False) == pytest.approx(0.2)


def test_reliability_forgives_a_newcomer_one_miss_and_forgets_with_time() -> None:
    missed_once = reliability_level(0, 1)
    assert missed_once > reliability_level(0, 3)
    assert missed_once > 255 * 0.6
    assert reliability_level(0, decayed(720)) > missed_once
    assert decayed(180) == pytest.approx(0.5)


def test_who_rested_was_not_asked_and_is_new_comes_first_in_fairness() -> None:
    assert fairness_value(60, 0, True) == 1
    assert fairness_value(60, 0, False) > fairness_value(3, 0, False)
    assert fairness_value(60, 0, False) > fairness_value(60, 6, False)


def test_every_hard_rule_says_the_smallest_change_that_would_lift_it() -> None:
    demanding = replace(
        SHIFT,
        minimum_age=16,
        is_uninsured=True,
        qualifications=frozenset({"nurse", "first_aid", "driver_c1"}),
        place=HERE,
    )
    pupil = replace(
        ADULT,
        age=14,
        unverified=frozenset({"nurse"}),
        expired=frozenset({"first_aid"}),
        home=Point(31.2204, 121.4745),
        radius_metres=3000,
        busy=(Busy(MONDAY + timedelta(minutes=90), MONDAY + timedelta(hours=5)),),
    )
    found = lifts(explained(pupil, demanding))
    assert found["nobody_insured"] == {"insurance": True}
    assert found["too_young"] == {"years": 2}
    assert found["guardian_has_not_consented"] == {"guardian_consent": True}
    assert found["qualification_not_verified"] == {"verification": "nurse"}
    assert found["qualification_expired"] == {"renewal": "first_aid"}
    assert found["qualification_missing"] == {"qualification": "driver_c1"}
    assert found["clash"] == {"free_minutes": 30}
    assert found["too_far"] == {"kilometres": pytest.approx(1.8, abs=0.4)}


def test_each_change_lifts_its_block_and_one_step_less_does_not() -> None:
    far = replace(SHIFT, place=HERE)
    walker = replace(ADULT, home=Point(31.2204, 121.4745), radius_metres=3000)
    block = explained(walker, far).blocks[0]
    metres = 3000 + round(float(str(block.lift["kilometres"])) * 1000)
    assert not explained(replace(walker, radius_metres=metres), far).blocks
    assert explained(replace(walker, radius_metres=metres - 100), far).blocks


def test_an_unknown_age_blocks_and_touching_shifts_do_not() -> None:
    assert lifts(explained(replace(ADULT, age=None))) == {"age_unknown": {"birth_date": True}}
    before = Busy(MONDAY - timedelta(hours=2), MONDAY)
    assert not explained(replace(ADULT, busy=(before,))).blocks


def test_a_home_is_coarse_before_anything_is_computed_of_it() -> None:
    near, nearer = Point(31.22040, 121.42450), Point(31.22060, 121.42470)
    one, other = (explained(replace(ADULT, home=home), replace(SHIFT, place=HERE)) for home in (near, nearer))
    assert one == other


def test_an_organisation_is_judged_by_service_never_by_size_and_unverified_ones_are_barred() -> None:
    lot = Lot(id=UUID(int=3), fields=frozenset({"elderly_care"}), area="310105002000", people=100)
    good = Provider(
        id=UUID(int=4),
        is_verified=True,
        fields=frozenset({"bathing_help"}),
        areas=frozenset({"310105000000"}),
        free_capacity=100,
        delivered=16,
        rating=Rating(4.8, 4.6, 4.9),
        grade=5,
    )
    poor = replace(good, id=UUID(int=5), rating=Rating(4.8, 3.0, 5.0), areas=frozenset({"310101000000"}))
    best, second = rank_providers([poor, good], lot, PROVIDER_WEIGHTS, 5, TREE)
    assert (best[0], second[0]) == (good, poor)
    assert points(best[1], "place") == 150 and points(second[1], "place") == 38
    assert points(second[1], "rating") == 75
    assert lifts(explain_provider(replace(good, is_verified=False), lot, PROVIDER_WEIGHTS, TREE)) == {
        "not_verified": {"verification": True}
    }
    assert [found for found, _ in rank_lots(good, [lot], PROVIDER_WEIGHTS, 3, TREE)] == [lot]


def test_a_rating_of_the_field_that_is_asked_counts_before_one_nearby_and_one_that_is_assumed() -> None:
    own, nearby, citys = Rating(4, 3, 5, 20), Rating(5, 4.5, 5, 50), Rating(4.2, 3.6, 4.8)
    lot = Lot(id=UUID(int=3), fields=frozenset({"bathing_help"}))
    new = Provider(id=UUID(int=4), assumed={"bathing_help": citys}, rating=Rating(4, 2, 5))
    for provider, low in (
        (replace(new, ratings={"bathing_help": own, "elderly_care": nearby}), 3),
        (replace(new, ratings={"elderly_care": nearby}), 4.5),
        (new, 3.6),
        (replace(new, assumed={}), 2),
    ):
        fit = rating_fit(provider, lot, TREE)
        assert (fit.value, fit.facts["low"]) == ((low - 1) / 4, low)
        assert ("assumed" in fit.facts) == (not provider.ratings)


def test_weights_that_do_not_sum_to_100_or_name_other_factors_are_refused() -> None:
    with pytest.raises(WeightsAreInvalid) as refused:
        Weights(2, {**VOLUNTEER_WEIGHTS.points, "skill": -5, "charm": 10} | {})
    codes = {code for code, _ in refused.value.problems}
    assert codes == {"factors_unknown", "points_negative", "points_do_not_sum_to_100"}
    with pytest.raises(WeightsAreInvalid):
        Weights(2, {"skill": 100})
