"""A governed word, as needs and organisations carry it."""

import strawberry

from marketplace.catalogue import models
from marketplace.catalogue.models import TagKind

strawberry.enum(TagKind, description="What a tag says.")


@strawberry.type(
    description="A governed word: a category of service, a skill, who is served, a language, a topic."
)
class Tag:
    code: str
    kind: TagKind
    name_zh: str
    name_en: str

    @classmethod
    def of(cls, row: models.Tag) -> "Tag":
        return cls(code=row.code, kind=TagKind(row.kind), name_zh=row.name_zh, name_en=row.name_en)
