"""What property services add to the house: their share of every export and erasure."""

from marketplace.delivery.properties.own_data import OwnData
from marketplace.identity.personal_data import PersonalData
from marketplace.kernel.vault import Vault


def register(personal_data: PersonalData, vault: Vault) -> None:
    """Put claims, demands and messages into every export and erasure."""
    own = OwnData(vault)
    personal_data.add("properties", own.collect, own.erase)
