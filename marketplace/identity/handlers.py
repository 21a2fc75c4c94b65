"""What identity does by itself: forgets old codes and sessions, and brings its share of everybody's personal data."""

from datetime import timedelta
from functools import partial

from marketplace.identity import challenges, own_data, sessions
from marketplace.identity.personal_data import PersonalData
from marketplace.kernel.vault import Vault
from marketplace.outbox.registry import Registry


def register(registry: Registry, personal_data: PersonalData, vault: Vault) -> None:
    """Called when the house is opened."""
    registry.repeat("identity.forget_codes", timedelta(hours=6), challenges.forget_old)
    registry.repeat("identity.forget_sessions", timedelta(days=1), sessions.forget_old)
    personal_data.add("identity", partial(own_data.collect, vault), own_data.erase)
