"""Procedure profiles: the rules of one procedure and those of every procedure, as they stand, each with its article."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from marketplace.catalogue import rules
from marketplace.catalogue import shipped as catalogue
from marketplace.catalogue.rules import RuleInForce
from marketplace.db.session import Session

PREFIX: Final = "procurement."


class Procedure(StrEnum):
    """How a tender is run. OCDS procurementMethod: open, selective, selective, limited."""

    OPEN_TENDER = "open_tender"
    COMPETITIVE_CONSULTATION = "competitive_consultation"
    FRAMEWORK = "framework"
    BELOW_THRESHOLD = "below_threshold"


@dataclass(frozen=True, slots=True)
class Profile:
    """The rule book of one procedure. ``rule("deadline")`` is the procedure's own where it has one, else everybody's."""

    procedure: Procedure
    rules: Mapping[str, RuleInForce]

    def rule(self, name: str) -> RuleInForce:
        """Raises LookupError for a name that no row carries: a fault of ours."""
        own = self.rules.get(f"{PREFIX}{self.procedure}.{name}")
        return own or self.rules[PREFIX + name]

    def figure(self, name: str, key: str) -> Any:
        """One value of a rule, such as ``figure("price_weight", "least_percent")``."""
        return self.rule(name).value[key]


async def profile(session: Session, procedure: Procedure) -> Profile:
    """The profile in force now, in one statement."""
    return Profile(procedure, await rules.all_in_force(session, PREFIX))


def shipped(procedure: Procedure) -> Profile:
    """The profile as it ships with the house, for where a file is checked without any database."""
    return Profile(procedure, catalogue.rules(PREFIX))


async def rule(session: Session, name: str) -> RuleInForce:
    """A rule that is the same for every procedure, such as ``objection``."""
    return await rules.in_force(session, PREFIX + name)
