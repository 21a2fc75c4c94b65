"""Whoever imports this has the libraries and dictionaries of the index in memory, and processes forked from it have them too."""

from matching.tantivy_documents import change_terms
from tests.matching import processes
from tests.matching.builders import CHANGNING, need

__all__ = ["processes"]

change_terms(need("a", "志愿服务", names=("长宁区",)), CHANGNING)
