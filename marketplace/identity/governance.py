"""Who changes the shared catalogue: anybody proposes a tag, moderators decide, administrators change rules. All on record.

The catalogue lies a floor below people and cannot ask who somebody is; every door goes through here.
"""

from marketplace.catalogue import queries, rules, tags
from marketplace.catalogue.drafts import RuleDraft, TagDraft
from marketplace.catalogue.models import Tag
from marketplace.db import audit
from marketplace.db.session import Session
from marketplace.identity import policy
from marketplace.identity.drafts import ReasonDraft
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotPermitted
from marketplace.kernel.pagination import Page, PageRequest


async def propose_tag(session: Session, viewer: Viewer, draft: TagDraft) -> str:
    """Propose a tag; answers its code. Raises SignInNeeded, TagExistsAlready, TooManyProposals, InputIsInvalid."""
    by = viewer.signed_in()
    code = await tags.propose(session, by, draft)
    audit.record(session, by, "tag.proposed", ("tag", code))
    return code


async def approve_tag(session: Session, viewer: Viewer, code: str) -> None:
    """Take a proposed tag into use; a moderator's own proposal needs another one. Raises NotPermitted, NotFound, TagIsDecided."""
    _may_govern(viewer)
    proposed = (await queries.by_codes(session, [code])).get(code)
    if proposed is not None and proposed.proposed_by == viewer.person_id:
        raise NotPermitted()
    await tags.approve(session, code)
    audit.record(session, viewer.person_id, "tag.approved", ("tag", code))


async def refuse_tag(session: Session, viewer: Viewer, code: str, draft: ReasonDraft) -> None:
    """Turn a proposed tag down. Raises NotPermitted, NotFound, TagIsDecided."""
    _may_govern(viewer)
    await tags.refuse(session, code)
    audit.record(session, viewer.person_id, "tag.refused", ("tag", code), reason=draft.reason)


async def retire_tag(session: Session, viewer: Viewer, code: str, draft: ReasonDraft) -> None:
    """Take a tag out of use; what carries it keeps it. Raises NotPermitted, NotFound, TagIsDecided."""
    _may_govern(viewer)
    await tags.retire(session, code)
    audit.record(session, viewer.person_id, "tag.retired", ("tag", code), reason=draft.reason)


async def proposed_tags(session: Session, viewer: Viewer, request: PageRequest) -> Page[Tag]:
    """What waits for a moderator. Raises SignInNeeded, NotPermitted."""
    _may_govern(viewer)
    return await queries.proposals(session, request)


async def change_rule(session: Session, viewer: Viewer, draft: RuleDraft) -> None:
    """Write the newer row of a rule. Raises SignInNeeded, NotPermitted, and what ``rules.add`` raises."""
    by = viewer.signed_in()
    if not policy.may_change_rules(viewer):
        raise NotPermitted()
    row = await rules.add(session, by, draft)
    audit.record(
        session,
        by,
        "rule.changed",
        ("rule", draft.code),
        reason=draft.reason,
        in_force_from=row.in_force_from,
    )


def _may_govern(viewer: Viewer) -> None:
    viewer.signed_in()
    if not policy.may_govern_tags(viewer):
        raise NotPermitted()
