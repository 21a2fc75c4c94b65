"""May they: a saved search is its owner's alone, whatever roles others hold."""

from sqlalchemy import ColumnElement

from marketplace.discovery.saved_models import SavedSearch
from marketplace.identity.viewer import Viewer


def visible_to(viewer: Viewer) -> ColumnElement[bool]:
    """SQL: one's own saved searches; nobody else's."""
    return SavedSearch.person_id == viewer.person_id
