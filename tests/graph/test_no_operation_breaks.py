"""Every query and mutation of the schema, as a stranger, an outsider and the strongest member, with good ids and bad input.

The operations are asked of the schema, so a new field is tried without a word here. Every answer is 200 with data, problems or errors
that have codes, none of them a fault of ours, and whatever was refused changed nothing.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from itertools import cycle
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
)
from sqlalchemy.engine import make_url

from marketplace.bootstrap import House
from marketplace.graph.nodes import global_id
from marketplace.graph.schema import schema
from marketplace.identity.viewer import Scope
from marketplace.kernel.pagination import encode_cursor
from tests import city, everything
from tests.everything import Everything
from tests.graph.client import Asking, api_token, graph_app
from tests.watching import Row, Watch, by_table

CORE = schema()._schema
# The kinds of global ids, and the tables whose keys they carry.
KINDS = {
    "AssignmentRun": "assignment_runs",
    "Attendance": "attendances",
    "Award": "awards",
    "AwardCorrection": "award_corrections",
    "Bid": "bids",
    "BidLot": "bid_lots",
    "Buyer": "buyers",
    "Call": "calls",
    "CallOff": "call_offs",
    "Compound": "compounds",
    "Contract": "contracts",
    "ContractChange": "contract_changes",
    "DeadJob": "outbox_events",
    "Delivery": "deliveries",
    "DeliveryEvidence": "delivery_evidence",
    "DeliveryRecipient": "delivery_recipients",
    "Device": "signed_in_sessions",
    "Expert": "experts",
    "FactSource": "fact_sources",
    "GuardianConsent": "guardian_consents",
    "HourEntryRequest": "hour_entry_requests",
    "HourReview": "hour_reviews",
    "Invitation": "invitations",
    "LedgerEntry": "ledger_entries",
    "ListComment": "list_comments",
    "ListEdition": "list_editions",
    "ListItem": "list_items",
    "Lot": "lots",
    "Lottery": "lotteries",
    "Milestone": "contract_milestones",
    "Mobilisation": "mobilisations",
    "Need": "needs",
    "NeedRole": "need_roles",
    "Notice": "notices",
    "Objection": "objections",
    "Opener": "tender_openers",
    "Organisation": "organisations",
    "OrganisationDocument": "organisation_documents",
    "OwnerClaim": "compound_owners",
    "PanelMember": "panel_members",
    "Payment": "contract_payments",
    "Person": "people",
    "PriceQuery": "price_queries",
    "PropertyCommitment": "property_commitments",
    "PropertyContract": "property_contracts",
    "PropertyDemand": "property_demands",
    "PropertyFact": "property_facts",
    "Proposal": "assignment_proposals",
    "Qualification": "person_qualifications",
    "Question": "tender_questions",
    "RankingWeights": "ranking_weights",
    "Rating": "ratings",
    "RatingHiding": "rating_hidings",
    "RatingReport": "rating_complaints",
    "RatingTicket": "rating_tickets",
    "RenewalMessage": "renewal_messages",
    "RoleGrant": "role_grants",
    "SavedSearch": "saved_searches",
    "ScoreSheet": "score_sheets",
    "Scorecard": "scorecards",
    "Series": "shift_series",
    "ServiceList": "service_lists",
    "ServiceWish": "service_wishes",
    "Shift": "shifts",
    "SignUp": "sign_ups",
    "Tender": "tenders",
    "TenderDocument": "tender_documents",
    "Token": "api_tokens",
    "Whistle": "whistles",
}
WORDS = ("陪老人就医", city.JIANGSU_COMMUNITY, "elderly_care", "first_aid", "13800000009", "123456", "")
A_THING_OF_ANOTHER_KIND = "another"
BAD: dict[str, tuple[Any, ...]] = {
    "ID": (
        "",
        "x",
        "长" * 9000,
        str(uuid4()),
        global_id("Need", "x"),
        global_id("Nothing", uuid4()),
        A_THING_OF_ANOTHER_KIND,
    ),
    "String": ("长" * 9000, "😀\u202e\x1b[31m", "-1", encode_cursor("x", 1), "' OR 1=1 --", "[1,2]", 5),
    "Int": (-1, 0, 2**31 - 1, -(2**31), 2**31, 1.5, "1"),
    "Float": (-1e308, 1e308, 5e-324, -91, "1"),
    "Boolean": (True, False, "true", 1),
    "UUID": ("", "x", str(uuid4()), 5),
    "DateTime": ("2026-02-30T00:00:00Z", "9999-12-31T23:59:59-14:00", "1900-01-01T00:00:00+14:00", "", 5),
    "Date": ("2026-02-30", "9999-12-31", "1900-01-01", "", 5),
    "Minutes": (-1, 0, 2**31 - 1, 2**63 - 1, 1.5, "60"),
}
GOOD: dict[str, Any] = {
    "Int": 2,
    "Float": 31.2,
    "Boolean": True,
    "DateTime": "2026-12-01T09:00:00+08:00",
    "Date": "2026-11-20",
    "Minutes": 60,
}
SIGN_IN_TABLES = {"sign_in_challenges", "signed_in_sessions"}
# That a token was used, and that wrong digits were typed, is noted whatever comes of it.
ALWAYS_NOTED = SIGN_IN_TABLES | {"api_tokens", "check_in_tries", "ticket_tries", "procurement_accesses"}


@dataclass
class Asker:
    """One visitor, the house that is watched, and what went wrong so far."""

    client: Asking
    things: Everything
    watch: Watch
    faults: list[str] = field(default_factory=list)

    async def ask(self, document: str, variables: dict[str, Any]) -> None:
        """Ask once; afterwards the house is as it was."""
        status, answer = await self.client.post(orjson.dumps({"query": document, "variables": variables}))
        changes = self.watch.changes()
        if changes:
            self.watch.restore()
        for why in self._wrong(status, answer, changes):
            self.faults.append(f"{document[:110]} {str(variables)[:300]}: {why}")

    def _wrong(self, status: int, answer: dict[str, Any], changes: dict[Row, Any]) -> Iterator[str]:
        errors, data = answer.get("errors", []), answer.get("data") or {}
        codes = [error["extensions"].get("code") for error in errors]
        if status != 200 or None in codes or "unexpected" in codes or "document_is_invalid" in codes:
            yield f"{status} {errors}"
        problems = [
            value["code"] for value in data.values() if isinstance(value, dict) and "message" in value
        ]
        changed = by_table(changes)
        if (codes or problems) and changed.keys() - ALWAYS_NOTED:
            yield f"{codes or problems} and yet it changed {changed}"
        yield from self.forbidden(changes)

    def forbidden(self, changes: dict[Row, Any]) -> Iterator[str]:
        """What this visitor may never change, whatever the answer was."""
        return iter(())


class Stranger(Asker):
    def forbidden(self, changes: dict[Row, Any]) -> Iterator[str]:
        if by_table(changes).keys() - SIGN_IN_TABLES - {"procurement_accesses", "ticket_tries"}:
            yield f"a stranger changed {by_table(changes)}"


class Outsider(Asker):
    def forbidden(self, changes: dict[Row, Any]) -> Iterator[str]:
        for (table, _), (old, _) in changes.items():
            is_mine = self.things.outsider.hex in (old.get("person_id"), old.get("id"))
            if old and not is_mine and table not in everything.MOVED_BY_OTHERS:
                yield f"an outsider changed somebody's row of {table}"


@pytest.fixture
async def asker(request: pytest.FixtureRequest, house: House) -> AsyncIterator[Asker]:
    things = await everything.build(house)
    async with house.database.unit_of_work() as session:
        person_id = things.member if request.param is Asker else things.outsider
        token = await api_token(session, person_id, *Scope)
    watch = Watch(Path(make_url(house.settings.database_url).database or ""))
    # Thousands of questions within a minute that stands still; how often one may ask is for test_limits.
    free = {"graphql_a_minute_by_person": 0, "graphql_a_minute_by_address": 0}
    house = replace(house, settings=house.settings.model_copy(update=free))
    client = Asking(graph_app(house), None if request.param is Stranger else token)
    yield request.param(client, things, watch)
    watch.close()


VISITORS = pytest.mark.parametrize(
    "asker", [Stranger, Outsider, Asker], indirect=True, ids=["stranger", "outsider", "member"]
)
ON_SQLITE = pytest.mark.parametrize("backend", ["sqlite"])


@ON_SQLITE
@VISITORS
@pytest.mark.parametrize("kind", ["query", "mutation"])
async def test_no_operation_breaks(asker: Asker, kind: str) -> None:
    root = CORE.query_type if kind == "query" else CORE.mutation_type
    assert root is not None
    choices = Choices(asker.things)
    for name, one in root.fields.items():
        document = _document(kind, name, one)
        types = {argument: given.type for argument, given in one.args.items()}
        for variables in choices.of(types):
            await asker.ask(document, variables)
    assert not asker.faults, "\n".join(asker.faults)


def _document(kind: str, name: str, one: GraphQLField) -> str:
    """The operation that asks for this field, with a variable for each of its arguments."""
    declared = ", ".join(f"${argument}: {given.type}" for argument, given in one.args.items())
    passed = ", ".join(f"{argument}: ${argument}" for argument in one.args)
    selection = _selection(get_named_type(one.type), 3)
    return f"{kind} {f'({declared})' if declared else ''} {{ {name}{f'({passed})' if passed else ''} {selection} }}"


def _selection(kind: Any, depth: int) -> str:
    """All that can be asked of a type without arguments, ``depth`` levels down."""
    if isinstance(kind, GraphQLUnionType):
        members = [member for member in kind.types if not member.name.endswith("Problem")]
        parts = [f"... on {member.name} {_selection(member, depth)}" for member in members]
        return f"{{ __typename ... on Problem {{ code message }} {' '.join(parts)} }}"
    if not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
        return ""
    parts = ["__typename"]
    for name, one in kind.fields.items():
        named = get_named_type(one.type)
        if any(isinstance(given.type, GraphQLNonNull) for given in one.args.values()):
            continue
        if is_leaf_type(named):
            parts.append(name)
        elif depth > 1:
            parts.append(f"{name} {_selection(named, depth - 1)}")
    return f"{{ {' '.join(parts)} }}"


class Choices:
    """Variables for an operation: things of every kind, and one spoilt value after the other among good ones."""

    def __init__(self, things: Everything) -> None:
        self._ids = {
            kind: [global_id(kind, one) for one in things.ids[table]] for kind, table in KINDS.items()
        }
        self._others = cycle([ids[0] for ids in self._ids.values()])
        self._words = cycle(WORDS)
        self._bad = {kind: cycle(values) for kind, values in BAD.items()}

    def of(self, types: dict[str, GraphQLInputType]) -> Iterator[dict[str, Any]]:
        if not types:
            yield {}
            return
        for number in range(4):
            yield {name: self._good(kind, name, number) for name, kind in types.items()}
        for path in list(_places(types)):
            for _ in range(2):
                yield {name: self._spoilt(kind, name, path, (name,)) for name, kind in types.items()}
        yield dict.fromkeys(types)
        yield {}

    def _good(self, kind: Any, name: str, number: int) -> Any:
        if isinstance(kind, GraphQLNonNull):
            return self._good(kind.of_type, name, number)
        if isinstance(kind, GraphQLList):
            return [self._good(kind.of_type, name, number)]
        if isinstance(kind, GraphQLInputObjectType):
            return {key: self._good(one.type, key, number) for key, one in kind.fields.items()}
        if isinstance(kind, GraphQLEnumType):
            return list(kind.values)[number % len(kind.values)]
        if kind.name == "ID":
            return self._id(name, number)
        return GOOD.get(kind.name) or next(self._words)

    def _id(self, name: str, number: int) -> str:
        wanted = name.removesuffix("Id").removesuffix("Ids").lower()
        for kind, ids in self._ids.items():
            if kind.lower().endswith(wanted):
                return ids[number % len(ids)]
        return next(self._others)

    def _spoilt(self, kind: Any, name: str, spoilt: tuple[str, ...], here: tuple[str, ...]) -> Any:
        """Good but for the value at ``spoilt``."""
        if isinstance(kind, GraphQLNonNull):
            return self._spoilt(kind.of_type, name, spoilt, here)
        if here == spoilt:
            return self._wrong(kind, name)
        if isinstance(kind, GraphQLInputObjectType) and spoilt[: len(here)] == here:
            return {
                key: self._spoilt(one.type, key, spoilt, (*here, key)) for key, one in kind.fields.items()
            }
        return self._good(kind, name, 0)

    def _wrong(self, kind: Any, name: str) -> Any:
        if isinstance(kind, GraphQLList):
            one = self._good(kind.of_type, name, 0)
            return next(self._bad.setdefault("[]", cycle(([], [one] * 60, [one, one], [None], one))))
        if isinstance(kind, GraphQLInputObjectType):
            return next(self._bad.setdefault("{}", cycle(({}, None, [], "x", {"nothing": 1}))))
        if isinstance(kind, GraphQLEnumType):
            return next(self._bad.setdefault("enum", cycle(("NOPE", "", None, 1))))
        if kind.name == "ID":
            bad = next(self._bad["ID"])
            return next(self._others) if bad is A_THING_OF_ANOTHER_KIND else bad
        return next(self._bad[kind.name])


def _places(types: dict[str, GraphQLInputType], here: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Where a value can be spoilt: every argument and every field of an input."""
    for name, kind in types.items():
        yield (*here, name)
        bare: Any = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        if isinstance(bare, GraphQLInputObjectType):
            yield from _places({key: one.type for key, one in bare.fields.items()}, (*here, name))
