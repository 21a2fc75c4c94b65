"""What notices listen to, and what they do by the clock."""

from datetime import timedelta

from marketplace.delivery.deliveries import events as deliveries
from marketplace.delivery.properties import events as properties
from marketplace.delivery.ratings import events as ratings
from marketplace.delivery.signals import events as signals
from marketplace.discovery.saved_events import NeedFitsSavedSearches
from marketplace.hours import events as hours
from marketplace.identity import events as identity
from marketplace.identity.personal_data import PersonalData
from marketplace.notices import (
    about_awards,
    about_call_offs,
    about_calls,
    about_contracts,
    about_deliveries,
    about_evaluation,
    about_hours,
    about_invitations,
    about_lists,
    about_lotteries,
    about_needs,
    about_objections,
    about_openings,
    about_people,
    about_properties,
    about_ratings,
    about_saved_searches,
    about_shifts,
    about_sign_ups,
    about_signals,
    about_tenders,
    about_tickets,
    inbox,
    own_data,
    reminders,
)
from marketplace.notices.confirming import Confirming
from marketplace.notices.sending import Sending
from marketplace.organisations import events as organisations
from marketplace.outbox.registry import Registry
from marketplace.procurement.awards import events as awards
from marketplace.procurement.bids.events import BidsOpened, OpenersNamed, OpeningKeyReady
from marketplace.procurement.contracts import events as contracts
from marketplace.procurement.evaluation import events as evaluation
from marketplace.procurement.lists import events as service_lists
from marketplace.procurement.tenders import events as tenders
from marketplace.recommendations import events as recommendations
from marketplace.staffing.lottery_events import LotteryCalledOff, LotteryDrawn
from marketplace.staffing.mobilisation_events import MobilisationStopped, WaveCalled
from marketplace.volunteering import events as volunteering


def register(
    registry: Registry, personal_data: PersonalData, sending: Sending, confirming: Confirming
) -> None:
    """Put the notices' consumers, reminders and postman into the registry, and their share into every export and erasure."""
    _volunteering(registry)
    registry.on(hours.HoursRecorded, "notices.tell_recorded", about_hours.recorded)
    registry.on(hours.ReviewOpened, "notices.tell_review_opened", about_hours.review_opened)
    registry.on(hours.ReviewDeclined, "notices.tell_review_declined", about_hours.review_declined)
    registry.on(hours.HourEntryRequested, "notices.tell_requested", about_hours.requested)
    registry.on(hours.HourEntryRefused, "notices.tell_refused", about_hours.refused)
    registry.on(identity.RoleGranted, "notices.tell_role_granted", about_people.role_granted)
    registry.on(identity.RoleRevoked, "notices.tell_role_revoked", about_people.role_revoked)
    registry.on(identity.QualificationDecided, "notices.tell_decided", about_people.qualification_decided)
    registry.on(identity.PersonErased, "notices.forget", own_data.forget)
    _organisations(registry)
    _recommendations(registry)
    _lists(registry)
    _tenders(registry)
    _evaluation(registry)
    _awards(registry)
    _contracts(registry)
    _properties(registry)
    _deliveries(registry)
    _tickets(registry)
    _signals(registry)
    registry.on(LotteryDrawn, "notices.tell_drawn", about_lotteries.drawn)
    registry.on(volunteering.ShiftMoved, "notices.tell_lottery_moved", about_lotteries.moved)
    registry.on(LotteryCalledOff, "notices.tell_lottery_off", about_lotteries.called_off)
    registry.on(WaveCalled, "notices.tell_called", about_calls.called)
    registry.on(MobilisationStopped, "notices.tell_call_ended", about_calls.ended)
    registry.on(NeedFitsSavedSearches, "notices.tell_fits", about_saved_searches.fits)
    registry.on(OpenersNamed, "notices.tell_openers_named", about_openings.openers_named)
    registry.on(OpeningKeyReady, "notices.tell_key_ready", about_openings.key_ready)
    registry.on(BidsOpened, "notices.tell_bids_opened", about_openings.opened)
    registry.repeat("notices.ask_openers", timedelta(minutes=5), about_openings.ask_openers)
    personal_data.add("notices", own_data.collect, own_data.erase)
    registry.repeat("notices.remind", timedelta(minutes=5), reminders.remind)
    registry.repeat("notices.remind_of_milestones", timedelta(hours=1), about_contracts.remind)
    registry.repeat("notices.forget_old", timedelta(days=1), inbox.forget_old)
    registry.repeat_errand("notices.send_digests", timedelta(minutes=5), about_saved_searches.send_digests)
    registry.repeat_errand("notices.send_due", timedelta(seconds=20), sending.send_due)
    registry.repeat_errand("notices.confirm_addresses", timedelta(seconds=20), confirming.send_due)


def _volunteering(registry: Registry) -> None:
    registry.on(volunteering.NeedRaised, "notices.tell_need_raised", about_needs.raised)
    registry.on(volunteering.NeedPublished, "notices.tell_need_published", about_needs.published)
    registry.on(volunteering.NeedDeclined, "notices.tell_need_declined", about_needs.declined)
    registry.on(volunteering.NeedClosed, "notices.tell_need_closed", about_needs.closed)
    registry.on(volunteering.NeedCancelled, "notices.tell_need_cancelled", about_needs.cancelled)
    registry.on(volunteering.ShiftMoved, "notices.tell_moved", about_shifts.moved)
    registry.on(volunteering.ShiftNoted, "notices.tell_noted", about_shifts.noted)
    registry.on(volunteering.NeedTermsChanged, "notices.tell_terms_changed", about_shifts.terms_changed)
    registry.on(volunteering.NeedSuspended, "notices.tell_need_suspended", about_shifts.suspended)
    registry.on(volunteering.NeedResumed, "notices.tell_need_resumed", about_shifts.resumed)
    registry.on(volunteering.ShiftCancelled, "notices.tell_cancelled", about_shifts.cancelled)
    registry.on(volunteering.SignUpApplied, "notices.tell_applied", about_sign_ups.applied)
    registry.on(volunteering.SignUpConfirmed, "notices.tell_confirmed", about_sign_ups.confirmed)
    registry.on(volunteering.SignUpWaiting, "notices.tell_waiting", about_sign_ups.waiting)
    registry.on(volunteering.PlaceOffered, "notices.tell_offered", about_sign_ups.offered)
    registry.on(volunteering.OfferLapsed, "notices.tell_lapsed", about_sign_ups.lapsed)
    registry.on(volunteering.SignUpLapsed, "notices.tell_not_placed", about_sign_ups.not_placed)
    registry.on(volunteering.SignUpDeclined, "notices.tell_sign_up_declined", about_sign_ups.declined)
    registry.on(volunteering.SignUpWithdrawn, "notices.tell_withdrawn", about_sign_ups.withdrawn)


def _organisations(registry: Registry) -> None:
    registry.on(
        organisations.OrganisationSubmitted, "notices.tell_submitted", about_people.organisation_submitted
    )
    registry.on(
        organisations.OrganisationVerified, "notices.tell_verified", about_people.organisation_verified
    )
    registry.on(
        organisations.OrganisationRefused, "notices.tell_not_verified", about_people.organisation_refused
    )
    registry.on(
        organisations.OrganisationChanged, "notices.tell_suspended", about_people.organisation_changed
    )


def _evaluation(registry: Registry) -> None:
    registry.on(evaluation.PanelDrawn, "notices.tell_panel_drawn", about_evaluation.drawn)
    registry.on(evaluation.PanelMemberReplaced, "notices.tell_panel_replaced", about_evaluation.replaced)
    registry.on(evaluation.PanelReminded, "notices.tell_panel_reminded", about_evaluation.reminded)
    registry.on(evaluation.PriceQueried, "notices.tell_price_queried", about_evaluation.price_queried)
    registry.on(evaluation.SheetsComplete, "notices.tell_sheets_complete", about_evaluation.sheets_complete)


def _awards(registry: Registry) -> None:
    registry.on(awards.AwardPublished, "notices.tell_award_published", about_awards.published)
    registry.on(awards.AwardEnded, "notices.tell_award_ended", about_awards.ended)
    registry.on(awards.CorrectionProposed, "notices.tell_correction", about_awards.correction_proposed)
    registry.on(awards.ObjectionRaised, "notices.tell_objection_raised", about_objections.raised)
    registry.on(awards.ObjectionAnswered, "notices.tell_objection_answered", about_objections.answered)
    registry.on(awards.TenderSuspended, "notices.tell_suspended_tender", about_objections.suspended)
    registry.on(awards.SuspensionLifted, "notices.tell_resumed_tender", about_objections.resumed)
    registry.repeat("notices.remind_objections", timedelta(hours=1), about_objections.remind)


def _lists(registry: Registry) -> None:
    registry.on(service_lists.EditionFinalised, "notices.tell_list_final", about_lists.finalised)
    registry.on(service_lists.CommentAnswered, "notices.tell_comment_answered", about_lists.answered)
    registry.on(tenders.TenderPublished, "notices.tell_item_tendered", about_lists.tendered)


def _tenders(registry: Registry) -> None:
    registry.on(tenders.TenderPublished, "notices.tell_tender_published", about_tenders.published)
    registry.on(tenders.TenderAmended, "notices.tell_tender_amended", about_tenders.amended)
    registry.on(tenders.QuestionAsked, "notices.tell_tender_asked", about_tenders.asked)
    registry.on(tenders.QuestionAnswered, "notices.tell_tender_answered", about_tenders.answered)
    registry.on(tenders.TenderCancelled, "notices.tell_tender_cancelled", about_tenders.cancelled)
    registry.on(tenders.TenderEndedUnsuccessful, "notices.tell_tender_ended", about_tenders.ended)


def _recommendations(registry: Registry) -> None:
    registry.on(recommendations.PersonInvited, "notices.tell_person_invited", about_invitations.invited)
    registry.on(recommendations.WeightsProposed, "notices.tell_weights", about_invitations.weights_proposed)
    registry.on(
        recommendations.WeightsDecided, "notices.tell_weights_decided", about_invitations.weights_decided
    )


def _contracts(registry: Registry) -> None:
    registry.on(contracts.ContractDrafted, "notices.tell_contract_drafted", about_contracts.drafted)
    registry.on(contracts.ContractSigned, "notices.tell_contract_signed", about_contracts.signed)
    registry.on(contracts.MilestoneReported, "notices.tell_milestone_reported", about_contracts.reported)
    registry.on(contracts.MilestoneDecided, "notices.tell_milestone_decided", about_contracts.decided)
    registry.on(contracts.PaymentRecorded, "notices.tell_payment", about_contracts.paid)
    registry.on(contracts.ChangeProposed, "notices.tell_change_proposed", about_contracts.proposed)
    registry.on(contracts.ContractChanged, "notices.tell_contract_changed", about_contracts.changed)
    registry.on(contracts.ChangeRefused, "notices.tell_change_refused", about_contracts.refused)
    registry.on(contracts.ContractAccepted, "notices.tell_contract_accepted", about_contracts.accepted)
    registry.on(contracts.ContractTerminated, "notices.tell_contract_ended", about_contracts.terminated)
    registry.on(contracts.CallOffOpened, "notices.tell_call_off", about_call_offs.opened)
    registry.on(contracts.CallOffDecided, "notices.tell_call_off_decided", about_call_offs.decided)


def _signals(registry: Registry) -> None:
    registry.on(signals.WhistleBlown, "notices.tell_whistle", about_signals.blown)
    registry.on(signals.WhistleAnswered, "notices.tell_whistle_answered", about_signals.answered)
    registry.on(signals.WishesTakenUp, "notices.tell_wishes_taken_up", about_signals.taken_up)


def _deliveries(registry: Registry) -> None:
    registry.on(deliveries.DeliveryPlanned, "notices.tell_delivery_planned", about_deliveries.planned)
    registry.on(deliveries.DeliveryMoved, "notices.tell_delivery_moved", about_deliveries.moved)
    registry.on(deliveries.DeliveryCancelled, "notices.tell_delivery_off", about_deliveries.cancelled)
    registry.on(deliveries.DeliveryDone, "notices.tell_delivery_done", about_deliveries.done)
    registry.on(deliveries.DeliveryDisputed, "notices.tell_delivery_disputed", about_deliveries.disputed)
    registry.on(deliveries.DeliveryDecided, "notices.tell_delivery_decided", about_deliveries.decided)
    registry.on(deliveries.DeliveryPutRight, "notices.tell_delivery_put_right", about_deliveries.put_right)


def _tickets(registry: Registry) -> None:
    registry.on(ratings.TicketsIssued, "notices.tell_rating_wanted", about_tickets.issued)
    registry.on(ratings.TicketIsWaiting, "notices.tell_rating_waits", about_tickets.waiting)
    registry.on(ratings.PeriodClosed, "notices.tell_ratings_appeared", about_ratings.appeared)
    registry.on(ratings.RatingAnswered, "notices.tell_rating_answered", about_ratings.answered)
    registry.on(ratings.WordsHidden, "notices.tell_rating_part_hidden", about_ratings.hidden)
    registry.on(ratings.HidingAppealed, "notices.tell_hiding_appealed", about_ratings.appealed)
    registry.on(ratings.AppealDecided, "notices.tell_hiding_decided", about_ratings.decided)


def _properties(registry: Registry) -> None:
    registry.on(properties.OwnerClaimed, "notices.tell_owner_claimed", about_properties.claimed)
    registry.on(properties.OwnerDecided, "notices.tell_owner_decided", about_properties.decided)
    registry.on(properties.DemandDeclined, "notices.tell_demand_declined", about_properties.declined)
    registry.on(properties.PropertyContractAsked, "notices.tell_property_asked", about_properties.asked)
    registry.on(properties.PropertyContractAgreed, "notices.tell_property_agreed", about_properties.agreed)
    registry.on(properties.PropertyContractEnded, "notices.tell_property_ended", about_properties.ended)
    registry.repeat("notices.open_renewal_talks", timedelta(hours=6), about_properties.open_talks)
