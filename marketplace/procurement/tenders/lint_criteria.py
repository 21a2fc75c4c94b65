"""Criteria: their weights, their scales, that nothing is both asked and scored, and that users' ratings are quantified (87号 article 55)."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

from marketplace.procurement.tenders.file import Condition, Criterion, CriterionKind, ScaleStep
from marketplace.procurement.tenders.findings import Finding, Severity, refused
from marketplace.procurement.tenders.linted import Linted

_FULL = 100
_LEAST_STEPS = 2
_SHORT = 4
_ALIKE = 0.8
_RATINGS = re.compile(
    r"用户评价|居民评价|群众评价|服务对象评价|公众评价|评价得分|评价分|评分卡|评价卡|满意度|口碑|好评|差评"
    r"|scorecard|users?ratings?|usersratings?|residentsratings?|residentratings?|customerratings?|satisfactionscore|reviewscore"
)
"""Words for what the people who were served say of a bidder, folded: without spaces and signs, in small letters."""
_OF_THIS_CONTRACT = re.compile(r"满意度调查|满意度测评|满意度回访|satisfactionsurvey")
"""How the service of this very purchase will be checked, which is no rating of the bidder."""
_NUMBER = re.compile(r"[0-9]|[一二三四五六七八九十百]分")
_VAGUE = frozenset(
    [
        "优",
        "良",
        "中",
        "差",
        "好",
        "较好",
        "很好",
        "一般",
        "较差",
        "优秀",
        "良好",
        "合格",
        "不合格",
        "excellent",
        "good",
        "fair",
        "average",
        "poor",
        "bad",
    ]
)


def findings(linted: Linted) -> Iterator[Finding]:
    """What is wrong with the criteria."""
    yield from _keys(linted)
    yield from _weights(linted)
    yield from _price(linted)
    for at, one in enumerate(linted.file.criteria):
        if one.kind is CriterionKind.QUALITY:
            yield from _scale(linted, at, one)
            yield from _scored_conditions(linted, at, one)
            yield from _rated_criterion(linted, at, one)
    for at, condition in enumerate(linted.file.conditions):
        yield from _rated_condition(linted, at, condition)


def _keys(linted: Linted) -> Iterator[Finding]:
    for place, rows in (("criteria", linted.file.criteria), ("conditions", linted.file.conditions)):
        for key, count in Counter(row.key for row in rows).items():
            if count > 1:
                yield refused("lint_key_twice", place, key=key)


def _weights(linted: Linted) -> Iterator[Finding]:
    rule = linted.profile.rule("weights")
    total, wanted = sum(one.weight for one in linted.file.criteria), rule.value["total_percent"]
    if total != wanted:
        code = "lint_weights_over" if total > wanted else "lint_weights_under"
        yield refused(code, "criteria", rule, total=total, wanted=wanted, difference=abs(total - wanted))
    for at, one in enumerate(linted.file.criteria):
        if one.weight == 0:
            yield refused("lint_weight_zero", f"criteria.{at}.weight", rule, name=one.name)


def _price(linted: Linted) -> Iterator[Finding]:
    rule = linted.profile.rule("price_weight")
    least, most = rule.value["least_percent"], rule.value["most_percent"]
    prices = [(at, one) for at, one in enumerate(linted.file.criteria) if one.kind is CriterionKind.PRICE]
    if not prices:
        yield refused("lint_price_missing", "criteria", rule, least=least, most=most)
    if len(prices) > 1:
        yield refused("lint_price_twice", "criteria", rule)
    for at, one in prices:
        if one.weight < least:
            yield refused(
                "lint_price_weight_low",
                f"criteria.{at}.weight",
                rule,
                weight=one.weight,
                least=least,
                most=most,
            )
        elif one.weight > most:
            yield refused(
                "lint_price_weight_high",
                f"criteria.{at}.weight",
                rule,
                weight=one.weight,
                least=least,
                most=most,
            )


def _scale(linted: Linted, at: int, one: Criterion) -> Iterator[Finding]:
    rule, place = linted.profile.rule("quantified"), f"criteria.{at}.scale"
    if len(one.scale) < _LEAST_STEPS:
        yield refused("lint_unquantified", place, rule, name=one.name)
        return
    points = [step.points for step in one.scale]
    if len(set(points)) < len(points):
        yield refused("lint_scale_points_twice", place, rule, name=one.name)
    elif points != sorted(points, reverse=True):
        falling = sorted(one.scale, key=lambda step: -step.points)
        yield Finding(
            "lint_scale_not_falling", place, Severity.REFUSE, rule.article, {"name": one.name},
            _with_scale(linted, at, falling),
        )  # fmt: skip
    if max(points) != _FULL or min(points) != 0:
        yield refused("lint_scale_ends", place, rule, name=one.name, most=max(points), least=min(points))
    vague = [step.description for step in one.scale if _fold(step.description) in _VAGUE]
    if vague:
        yield refused("lint_scale_vague", place, rule, name=one.name, words="、".join(vague))


def _with_scale(linted: Linted, at: int, scale: list[ScaleStep]) -> dict[str, object]:
    changed = list(linted.file.criteria)
    changed[at] = changed[at].model_copy(update={"scale": tuple(scale)})
    return {"criteria": [one.model_dump(mode="json") for one in changed]}


def _scored_conditions(linted: Linted, at: int, one: Criterion) -> Iterator[Finding]:
    rule = linted.profile.rule("scored_conditions")
    for condition in linted.file.conditions:
        if _is_scored(condition, one):
            yield refused(
                "lint_condition_scored", f"criteria.{at}.name", rule, name=one.name, condition=condition.text
            )
            return


def _rated_criterion(linted: Linted, at: int, one: Criterion) -> Iterator[Finding]:
    """A criterion may speak of users' ratings only where every step above nothing says with numbers what earns it."""
    told = [one.name, one.description or "", *(step.description for step in one.scale)]
    words = _ratings_in(" ".join(told))
    if words is None:
        return
    earning = [step.description for step in one.scale if step.points > 0]
    if not earning or not all(_NUMBER.search(unicodedata.normalize("NFKC", text)) for text in earning):
        rule = linted.profile.rule("quantified")
        yield refused("lint_ratings_unquantified", f"criteria.{at}.scale", rule, name=one.name, words=words)


def _rated_condition(linted: Linted, at: int, condition: Condition) -> Iterator[Finding]:
    """A condition is met or not: it holds no steps in which a rating could be quantified, so it asks for none."""
    words = _ratings_in(f"{condition.text} {condition.proof or ''}")
    if words is not None:
        yield refused(
            "lint_ratings_as_condition",
            f"conditions.{at}.text",
            linted.profile.rule("quantified"),
            words=words,
        )


def _ratings_in(text: str) -> str | None:
    """The words for users' ratings in a text, or None."""
    found = _RATINGS.search(_OF_THIS_CONTRACT.sub("", _fold(text)))
    return found[0] if found else None


def _is_scored(condition: Condition, one: Criterion) -> bool:
    """Whether a criterion scores what a condition asks: they share their key, or nearly all of the criterion's name is in the
    condition, or the condition's words in the criterion's."""
    if condition.key == one.key:
        return True
    name, asked = _fold(one.name), _fold(condition.text)
    told = _fold(f"{one.name}{one.description or ''}{''.join(step.description for step in one.scale)}")
    if len(asked) >= _SHORT and asked in told:
        return True
    return len(name) >= _SHORT and _share(name, asked) >= _ALIKE


def _share(text: str, other: str) -> float:
    """How many of the pairs of characters of ``text`` stand in ``other``."""
    pairs = [text[at : at + 2] for at in range(len(text) - 1)]
    return sum(pair in other for pair in pairs) / len(pairs)


def _fold(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKC", text).lower() if char.isalnum())
