"""Where a notice leads: paths of pages, in one place. A test asks the site for each of them."""

from uuid import UUID

MY_SHIFTS = "/my/shifts"
MY_HOURS = "/my/hours"
PROFILE = "/profile"
REVIEWS = "/desk/reviews"
HOUR_ENTRIES = "/desk/hour-entries"
INBOX = "/inbox"
INVITATIONS = "/my/invitations"
SAVED_SEARCHES = "/my/searches"
PREFERENCES = "/profile/notices"
WISHES = "/wishes"


def need(need_id: UUID) -> str:
    return f"/needs/{need_id}"


def roster(shift_id: UUID) -> str:
    return f"/shifts/{shift_id}/roster"


def organisation(organisation_id: UUID) -> str:
    return f"/organisations/{organisation_id}"


def call(call_id: UUID) -> str:
    return f"/calls/{call_id}"


def lottery(lottery_id: UUID) -> str:
    return f"/lotteries/{lottery_id}"


def list_item(item_id: UUID) -> str:
    return f"/buying/items/{item_id}"


def list_edition(list_id: UUID, number: int) -> str:
    return f"/buying/lists/{list_id}/editions/{number}"


def opener(tender_id: UUID) -> str:
    return f"/openers/{tender_id}"


def tender_openers(tender_id: UUID) -> str:
    return f"/desk/buying/tenders/{tender_id}/openers"


def opening(tender_id: UUID) -> str:
    return f"/buying/tenders/{tender_id}/opening"


def panels() -> str:
    return "/panel"


def panel(tender_id: UUID) -> str:
    return f"/panel/{tender_id}"


def price_question(query_id: UUID) -> str:
    return f"/supplier/prices/{query_id}"


def evaluation_desk(tender_id: UUID) -> str:
    return f"/desk/buying/tenders/{tender_id}/evaluation"


def results(tender_id: UUID) -> str:
    return f"/buying/tenders/{tender_id}/results"


def award_desk(tender_id: UUID) -> str:
    return f"/desk/buying/tenders/{tender_id}/award"


def objection(objection_id: UUID) -> str:
    return f"/buying/objections/{objection_id}"


def objections_of(tender_id: UUID) -> str:
    return f"/buying/tenders/{tender_id}/objections"


def tender(tender_id: UUID) -> str:
    return f"/buying/tenders/{tender_id}"


def tender_desk(tender_id: UUID) -> str:
    return f"/desk/buying/tenders/{tender_id}"


def unsubscribe(token: str) -> str:
    return f"/unsubscribe/{token}"


def calendar(token: str) -> str:
    return f"/calendar/{token}.ics"


def confirm_email(token: str) -> str:
    return f"/confirm-email/{token}"


def weights(weights_id: UUID) -> str:
    return f"/desk/weights/{weights_id}"


def contract_desk(contract_id: UUID) -> str:
    return f"/desk/buying/contracts/{contract_id}"


def contract_of_supplier(contract_id: UUID) -> str:
    return f"/supplier/contracts/{contract_id}"


def contract_change(change_id: UUID) -> str:
    return f"/desk/buying/changes/{change_id}"


def call_off(call_off_id: UUID) -> str:
    return f"/buying/call-offs/{call_off_id}"


def call_off_offer(call_off_id: UUID) -> str:
    return f"/supplier/call-offs/{call_off_id}"


def whistle(whistle_id: UUID) -> str:
    return f"/signals/{whistle_id}"


def delivery(delivery_id: UUID) -> str:
    return f"/deliveries/{delivery_id}"


def my_services() -> str:
    return "/my/services"


def rating(rating_id: UUID) -> str:
    return f"/ratings/{rating_id}"


def ratings_to_answer() -> str:
    return "/ratings/mine"


def rating_moderation() -> str:
    return "/ratings/moderating"


def held_ratings() -> str:
    return "/ratings/held"


def compound(compound_id: UUID) -> str:
    return f"/compounds/{compound_id}"


def compound_demands(compound_id: UUID) -> str:
    return f"/compounds/{compound_id}/demands"


def owner_claim(owner_id: UUID) -> str:
    return f"/compounds/claims/{owner_id}"


def property_contract(property_contract_id: UUID) -> str:
    return f"/compounds/contracts/{property_contract_id}"


def renewal_talk(property_contract_id: UUID) -> str:
    return f"/compounds/contracts/{property_contract_id}/talk"
