"""The kinds of notices, by topic, and which of them go out by which channel unless the reader wishes otherwise."""

from collections.abc import Mapping
from enum import StrEnum

from marketplace.identity.viewer import Viewer


class ChannelName(StrEnum):
    """Ways out of the house. The inbox on the site is none of them: it always has everything."""

    EMAIL = "email"


class Kind(StrEnum):
    """What is told. Words are keyed ``notice.<kind>.name``, ``.title`` and ``.body``."""

    SIGN_UP_CONFIRMED = "sign_up_confirmed"
    SIGN_UP_ADDED = "sign_up_added"
    SIGN_UP_WAITING = "sign_up_waiting"
    SIGN_UP_DECLINED = "sign_up_declined"
    SIGN_UP_RELEASED = "sign_up_released"
    PLACE_OFFERED = "place_offered"
    PLACE_PLANNED = "place_planned"
    OFFER_LAPSED = "offer_lapsed"
    SIGN_UP_LAPSED = "sign_up_lapsed"
    LOTTERY_DRAWN = "lottery_drawn"
    LOTTERY_CALLED_OFF = "lottery_called_off"
    LOTTERY_SHIFT_MOVED = "lottery_shift_moved"
    INVITED = "invited"
    CALLED = "called"
    CALLED_IN_EMERGENCY = "called_in_emergency"
    CALL_DRILL = "call_drill"
    CALL_ENDED = "call_ended"
    SHIFT_MOVED = "shift_moved"
    SHIFT_PLACE_CHANGED = "shift_place_changed"
    SHIFT_NOTED = "shift_noted"
    SHIFT_CANCELLED = "shift_cancelled"
    SHIFT_TOMORROW = "shift_tomorrow"
    SHIFT_SOON = "shift_soon"
    NEED_TERMS_CHANGED = "need_terms_changed"
    NEED_SUSPENDED = "need_suspended"
    NEED_RESUMED = "need_resumed"
    NEED_PUBLISHED = "need_published"
    NEED_DECLINED = "need_declined"
    NEED_CLOSED = "need_closed"
    NEED_CANCELLED = "need_cancelled"
    NEED_RAISED = "need_raised"
    SEARCH_MATCHED = "search_matched"
    SEARCH_DIGEST = "search_digest"
    SIGN_UP_APPLIED = "sign_up_applied"
    SIGN_UP_WITHDRAWN = "sign_up_withdrawn"
    REVIEW_OPENED = "review_opened"
    HOURS_REQUESTED = "hours_requested"
    HOURS_RECORDED = "hours_recorded"
    HOURS_REVERSED = "hours_reversed"
    HOURS_IN_REVIEW = "hours_in_review"
    HOURS_NOT_COUNTED = "hours_not_counted"
    HOURS_REFUSED = "hours_refused"
    ROLE_GRANTED = "role_granted"
    ROLE_REVOKED = "role_revoked"
    QUALIFICATION_VERIFIED = "qualification_verified"
    QUALIFICATION_REFUSED = "qualification_refused"
    ORGANISATION_SUBMITTED = "organisation_submitted"
    ORGANISATION_VERIFIED = "organisation_verified"
    ORGANISATION_REFUSED = "organisation_refused"
    ORGANISATION_SUSPENDED = "organisation_suspended"
    LIST_ITEM_FINAL = "list_item_final"
    LIST_ITEM_CHANGED = "list_item_changed"
    LIST_ITEM_REMOVED = "list_item_removed"
    LIST_ITEM_TENDERED = "list_item_tendered"
    LIST_COMMENT_ANSWERED = "list_comment_answered"
    TENDER_PUBLISHED = "tender_published"
    TENDER_AMENDED = "tender_amended"
    TENDER_AMENDED_BIDS = "tender_amended_bids"
    TENDER_ASKED = "tender_asked"
    TENDER_ANSWERED = "tender_answered"
    TENDER_CANCELLED = "tender_cancelled"
    TENDER_UNSUCCESSFUL = "tender_unsuccessful"
    AWARD_WON = "award_won"
    BID_RANKED = "bid_ranked"
    BID_NOT_RANKED = "bid_not_ranked"
    AWARD_ENDED = "award_ended"
    CORRECTION_PROPOSED = "correction_proposed"
    OBJECTION_RAISED = "objection_raised"
    OBJECTION_DUE = "objection_due"
    OBJECTION_ANSWERED = "objection_answered"
    COMPLAINT_RAISED = "complaint_raised"
    COMPLAINT_DECIDED = "complaint_decided"
    TENDER_SUSPENDED = "tender_suspended"
    TENDER_RESUMED = "tender_resumed"
    CONTRACT_TO_SIGN = "contract_to_sign"
    CONTRACT_SIGNED = "contract_signed"
    MILESTONE_SOON = "milestone_soon"
    MILESTONE_LATE = "milestone_late"
    MILESTONE_REPORTED = "milestone_reported"
    MILESTONE_ACCEPTED = "milestone_accepted"
    MILESTONE_SENT_BACK = "milestone_sent_back"
    PAYMENT_RECORDED = "payment_recorded"
    PAYMENT_REVERSED = "payment_reversed"
    CHANGE_PROPOSED = "change_proposed"
    CHANGE_APPROVED = "change_approved"
    CHANGE_REFUSED = "change_refused"
    CONTRACT_ACCEPTED = "contract_accepted"
    CONTRACT_TERMINATED = "contract_terminated"
    CALL_OFF_OPENED = "call_off_opened"
    CALL_OFF_DECIDED = "call_off_decided"
    OPENER_CODE_WANTED = "opener_code_wanted"
    OPENING_KEY_READY = "opening_key_ready"
    OPENING_DUE = "opening_due"
    BIDS_OPENED = "bids_opened"
    BID_REFUSED = "bid_refused"
    PANEL_DRAWN = "panel_drawn"
    PANEL_LEFT = "panel_left"
    PANEL_DECLARATION_WANTED = "panel_declaration_wanted"
    PANEL_SHEETS_WANTED = "panel_sheets_wanted"
    PRICE_QUERIED = "price_queried"
    SHEETS_COMPLETE = "sheets_complete"
    WEIGHTS_PROPOSED = "weights_proposed"
    WEIGHTS_APPROVED = "weights_approved"
    WEIGHTS_REFUSED = "weights_refused"
    DELIVERY_PLANNED = "delivery_planned"
    DELIVERY_MOVED = "delivery_moved"
    DELIVERY_CANCELLED = "delivery_cancelled"
    DELIVERY_DONE = "delivery_done"
    DELIVERY_DISPUTED = "delivery_disputed"
    DELIVERY_ACCEPTED = "delivery_accepted"
    DELIVERY_SENT_BACK = "delivery_sent_back"
    DELIVERY_PUT_RIGHT = "delivery_put_right"
    RATING_WANTED = "rating_wanted"
    RATING_WAITS = "rating_waits"
    RATINGS_APPEARED = "ratings_appeared"
    RATINGS_HELD = "ratings_held"
    RATING_ANSWERED = "rating_answered"
    RATING_PART_HIDDEN = "rating_part_hidden"
    HIDING_APPEALED = "hiding_appealed"
    HIDING_DECIDED = "hiding_decided"
    WHISTLE_BLOWN = "whistle_blown"
    WHISTLE_ABOUT_YOU = "whistle_about_you"
    WHISTLE_ANSWERED = "whistle_answered"
    WISH_TAKEN_UP = "wish_taken_up"
    OWNER_CLAIMED = "owner_claimed"
    OWNER_CONFIRMED = "owner_confirmed"
    OWNER_REFUSED = "owner_refused"
    DEMAND_DECLINED = "demand_declined"
    PROPERTY_CONTRACT_ASKED = "property_contract_asked"
    PROPERTY_CONTRACT_AGREED = "property_contract_agreed"
    PROPERTY_CONTRACT_ENDED = "property_contract_ended"
    RENEWAL_TALK_OPENED = "renewal_talk_opened"


class Topic(StrEnum):
    """Kinds that belong together for a reader. Words are keyed ``notice.topic.<topic>``."""

    SHIFTS = "shifts"
    HOURS = "hours"
    NEEDS = "needs"
    SEARCHES = "searches"
    BUYING = "buying"
    SERVICES = "services"
    ORGANISING = "organising"
    ACCOUNT = "account"


TOPICS: Mapping[Topic, tuple[Kind, ...]] = {
    Topic.SHIFTS: (
        Kind.SIGN_UP_CONFIRMED,
        Kind.SIGN_UP_ADDED,
        Kind.SIGN_UP_WAITING,
        Kind.PLACE_OFFERED,
        Kind.PLACE_PLANNED,
        Kind.OFFER_LAPSED,
        Kind.SIGN_UP_LAPSED,
        Kind.SIGN_UP_DECLINED,
        Kind.SIGN_UP_RELEASED,
        Kind.LOTTERY_DRAWN,
        Kind.LOTTERY_CALLED_OFF,
        Kind.LOTTERY_SHIFT_MOVED,
        Kind.INVITED,
        Kind.CALLED_IN_EMERGENCY,
        Kind.CALLED,
        Kind.CALL_DRILL,
        Kind.CALL_ENDED,
        Kind.SHIFT_MOVED,
        Kind.SHIFT_PLACE_CHANGED,
        Kind.SHIFT_NOTED,
        Kind.NEED_TERMS_CHANGED,
        Kind.NEED_SUSPENDED,
        Kind.NEED_RESUMED,
        Kind.SHIFT_CANCELLED,
        Kind.SHIFT_TOMORROW,
        Kind.SHIFT_SOON,
    ),
    Topic.HOURS: (
        Kind.HOURS_RECORDED,
        Kind.HOURS_REVERSED,
        Kind.HOURS_IN_REVIEW,
        Kind.HOURS_NOT_COUNTED,
    ),
    Topic.NEEDS: (Kind.NEED_PUBLISHED, Kind.NEED_DECLINED, Kind.NEED_CLOSED, Kind.NEED_CANCELLED),
    Topic.SEARCHES: (Kind.SEARCH_MATCHED, Kind.SEARCH_DIGEST),
    Topic.BUYING: (
        Kind.LIST_ITEM_FINAL,
        Kind.LIST_ITEM_CHANGED,
        Kind.LIST_ITEM_REMOVED,
        Kind.LIST_ITEM_TENDERED,
        Kind.LIST_COMMENT_ANSWERED,
        Kind.TENDER_PUBLISHED,
        Kind.TENDER_AMENDED,
        Kind.TENDER_AMENDED_BIDS,
        Kind.TENDER_ASKED,
        Kind.TENDER_ANSWERED,
        Kind.TENDER_CANCELLED,
        Kind.TENDER_UNSUCCESSFUL,
        Kind.AWARD_WON,
        Kind.BID_RANKED,
        Kind.BID_NOT_RANKED,
        Kind.AWARD_ENDED,
        Kind.CORRECTION_PROPOSED,
        Kind.OBJECTION_RAISED,
        Kind.OBJECTION_DUE,
        Kind.OBJECTION_ANSWERED,
        Kind.COMPLAINT_RAISED,
        Kind.COMPLAINT_DECIDED,
        Kind.TENDER_SUSPENDED,
        Kind.TENDER_RESUMED,
        Kind.CONTRACT_TO_SIGN,
        Kind.CONTRACT_SIGNED,
        Kind.MILESTONE_SOON,
        Kind.MILESTONE_LATE,
        Kind.MILESTONE_REPORTED,
        Kind.MILESTONE_ACCEPTED,
        Kind.MILESTONE_SENT_BACK,
        Kind.PAYMENT_RECORDED,
        Kind.PAYMENT_REVERSED,
        Kind.CHANGE_PROPOSED,
        Kind.CHANGE_APPROVED,
        Kind.CHANGE_REFUSED,
        Kind.CONTRACT_ACCEPTED,
        Kind.CONTRACT_TERMINATED,
        Kind.CALL_OFF_OPENED,
        Kind.CALL_OFF_DECIDED,
        Kind.OPENER_CODE_WANTED,
        Kind.OPENING_KEY_READY,
        Kind.OPENING_DUE,
        Kind.BIDS_OPENED,
        Kind.BID_REFUSED,
        Kind.PANEL_DRAWN,
        Kind.PANEL_LEFT,
        Kind.PANEL_DECLARATION_WANTED,
        Kind.PANEL_SHEETS_WANTED,
        Kind.PRICE_QUERIED,
        Kind.SHEETS_COMPLETE,
    ),
    Topic.SERVICES: (
        Kind.DELIVERY_PLANNED,
        Kind.DELIVERY_MOVED,
        Kind.DELIVERY_CANCELLED,
        Kind.DELIVERY_DONE,
        Kind.DELIVERY_DISPUTED,
        Kind.DELIVERY_ACCEPTED,
        Kind.DELIVERY_SENT_BACK,
        Kind.DELIVERY_PUT_RIGHT,
        Kind.RATING_WANTED,
        Kind.RATING_WAITS,
        Kind.RATINGS_APPEARED,
        Kind.RATINGS_HELD,
        Kind.RATING_ANSWERED,
        Kind.RATING_PART_HIDDEN,
        Kind.HIDING_APPEALED,
        Kind.HIDING_DECIDED,
        Kind.WISH_TAKEN_UP,
        Kind.WHISTLE_BLOWN,
        Kind.WHISTLE_ABOUT_YOU,
        Kind.WHISTLE_ANSWERED,
        Kind.OWNER_CONFIRMED,
        Kind.OWNER_REFUSED,
        Kind.DEMAND_DECLINED,
        Kind.PROPERTY_CONTRACT_AGREED,
        Kind.PROPERTY_CONTRACT_ENDED,
        Kind.RENEWAL_TALK_OPENED,
    ),
    Topic.ORGANISING: (
        Kind.NEED_RAISED,
        Kind.SIGN_UP_APPLIED,
        Kind.SIGN_UP_WITHDRAWN,
        Kind.REVIEW_OPENED,
        Kind.HOURS_REQUESTED,
        Kind.HOURS_REFUSED,
        Kind.ORGANISATION_SUBMITTED,
        Kind.ORGANISATION_VERIFIED,
        Kind.ORGANISATION_REFUSED,
        Kind.ORGANISATION_SUSPENDED,
        Kind.WEIGHTS_PROPOSED,
        Kind.WEIGHTS_APPROVED,
        Kind.WEIGHTS_REFUSED,
        Kind.OWNER_CLAIMED,
        Kind.PROPERTY_CONTRACT_ASKED,
    ),
    Topic.ACCOUNT: (
        Kind.ROLE_GRANTED,
        Kind.ROLE_REVOKED,
        Kind.QUALIFICATION_VERIFIED,
        Kind.QUALIFICATION_REFUSED,
    ),
}

# What is only worth knowing when one looks: the reader did it a moment ago, or nothing depends on it.
_KEPT_IN: Mapping[ChannelName, frozenset[Kind]] = {
    ChannelName.EMAIL: frozenset(
        {
            Kind.SIGN_UP_WAITING,
            Kind.SIGN_UP_WITHDRAWN,
            Kind.HOURS_RECORDED,
            Kind.HOURS_IN_REVIEW,
            Kind.NEED_CLOSED,
        }
    ),
}


def is_wanted_by_default(kind: Kind, channel: ChannelName) -> bool:
    """Whether ``kind`` goes out by ``channel`` to somebody who never said anything about it."""
    return kind not in _KEPT_IN[channel]


def passes_quiet_hours(kind: Kind) -> bool:
    """Whether it leaves the house at any hour: a true emergency, in which an answer in the morning helps nobody."""
    return kind is Kind.CALLED_IN_EMERGENCY


def topics_for(viewer: Viewer) -> Mapping[Topic, tuple[Kind, ...]]:
    """The topics on which the viewer may ever be told something: organising is for those who hold a role."""
    return {topic: kinds for topic, kinds in TOPICS.items() if topic is not Topic.ORGANISING or viewer.roles}
