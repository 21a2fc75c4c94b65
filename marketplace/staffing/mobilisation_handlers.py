"""What mobilisations add to the house: their waves, by the clock, and their share of every export and erasure."""

from datetime import timedelta
from functools import partial

from marketplace.identity.personal_data import PersonalData
from marketplace.outbox.registry import Registry
from marketplace.recommendations.inviting import Candidates
from marketplace.staffing import mobilisation_own_data, mobilisation_waves


def register(registry: Registry, personal_data: PersonalData, candidates: Candidates) -> None:
    """Put the repeated waves into the registry, and calls' share into every export and erasure."""
    registry.repeat_errand(
        "staffing.send_waves",
        timedelta(seconds=30),
        partial(mobilisation_waves.send_due, candidates=candidates),
    )
    personal_data.add("mobilisations", mobilisation_own_data.collect, mobilisation_own_data.erase)
