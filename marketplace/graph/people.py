"""People in the graph: one's own profile, qualifications and their verification, and a guardian's consent."""

from datetime import date, datetime
from typing import Annotated, TypeAlias
from uuid import UUID

import strawberry

from marketplace.graph.areas import Area
from marketplace.graph.connections import After, Connection, First, connection
from marketplace.graph.context import Context, Info
from marketplace.graph.inputs import given
from marketplace.graph.nodes import Node, fetch, global_id, key_of, node
from marketplace.graph.problems import Problems
from marketplace.graph.scalars import Minutes
from marketplace.identity import emails, models, profiles, qualifications, queries
from marketplace.identity.drafts import (
    BirthDateDraft,
    EmailDraft,
    ProfileDraft,
    QualificationDraft,
    ReasonDraft,
)
from marketplace.identity.queries import StatedQualification
from marketplace.identity.states import QualificationState, qualification_state
from marketplace.kernel.clock import local_day
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest

strawberry.enum(QualificationState, description="Only verified ones count, until they expire.")


@node(queries.people_by_ids)
@strawberry.type(description="A person; seen by themselves and by the officers of their area.")
class Person(Node):
    name: str
    birth_date: date | None
    home_code: strawberry.Private[str | None]

    @classmethod
    def of(cls, row: models.Person) -> "Person":
        return cls(
            id=global_id("Person", row.id),
            name=row.name,
            birth_date=row.birth_date,
            home_code=row.home_area_code,
        )

    @strawberry.field(description="Where the person lives.")
    async def home(self, info: Info) -> Area | None:
        return await fetch(info.context, Area, self.home_code)


@strawberry.type(description="A stretch of the week; weekday 0 is Monday, minutes count from local midnight.")
class WeeklyTime:
    weekday: int
    from_minute: Minutes
    to_minute: Minutes


@strawberry.type(description="Your own profile.")
class Profile:
    id: strawberry.ID
    name: str
    phone: str | None = strawberry.field(description="Masked.")
    email: str | None
    email_confirmed_at: datetime | None
    locale: str
    birth_date: date | None
    about: str | None
    travel_radius_metres: int | None
    skills: list[str] = strawberry.field(description="Codes of tags.")
    languages: list[str] = strawberry.field(description="Codes of tags.")
    availability: list[WeeklyTime]
    home_code: strawberry.Private[str | None]

    @classmethod
    def of(cls, row: queries.Profile) -> "Profile":
        return cls(
            id=global_id("Person", row.id),
            name=row.name,
            phone=row.phone,
            email=row.email,
            email_confirmed_at=row.email_confirmed_at,
            locale=row.locale,
            birth_date=row.birth_date,
            about=row.about,
            travel_radius_metres=row.travel_radius_metres,
            skills=list(row.skills),
            languages=list(row.languages),
            availability=[
                WeeklyTime(
                    weekday=item.weekday,
                    from_minute=Minutes(item.from_minute),
                    to_minute=Minutes(item.to_minute),
                )
                for item in row.availability
            ],
            home_code=row.home_area_code,
        )

    @strawberry.field(description="Where you live.")
    async def home(self, info: Info) -> Area | None:
        return await fetch(info.context, Area, self.home_code)


@strawberry.type(description="A qualification that somebody states.")
class Qualification:
    id: strawberry.ID
    code: str = strawberry.field(description="Of a qualification type.")
    state: QualificationState
    certificate_number: str | None
    issued_on: date | None
    expires_on: date | None
    refusal_reason: str | None

    @classmethod
    def of(cls, row: models.PersonQualification, today: date) -> "Qualification":
        return cls(
            id=global_id("Qualification", row.id),
            code=row.qualification_code,
            state=qualification_state(row, today),
            certificate_number=row.certificate_number,
            issued_on=row.issued_on,
            expires_on=row.expires_on,
            refusal_reason=row.refusal_reason,
        )


@strawberry.type(description="A qualification that waits for an officer, and who states it.")
class QualificationToVerify:
    qualification: Qualification
    person_id: strawberry.ID
    person_name: str
    stated_at: datetime


def _today(context: Context) -> date:
    return local_day(context.house.clock.now())


@strawberry.type
class PeopleQueries:
    @strawberry.field(description="Your own profile; null for a stranger.")
    async def my_profile(self, info: Info) -> Profile | None:
        return None if info.context.viewer.is_stranger else await _profile(info.context)

    @strawberry.field(description="The qualifications you stated, the newest first.")
    async def my_qualifications(self, info: Info) -> list[Qualification]:
        return await _qualifications(info.context)

    @strawberry.field(
        description="What waits for your verification, the longest waiting first; for officers."
    )
    async def qualifications_to_verify(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[QualificationToVerify]:
        context = info.context

        def of(item: StatedQualification) -> QualificationToVerify:
            return QualificationToVerify(
                qualification=Qualification.of(item.row, _today(context)),
                person_id=global_id("Person", item.row.person_id),
                person_name=item.person_name,
                stated_at=item.row.stated_at,
            )

        page = await context.ask(queries.qualifications_to_verify, PageRequest(first, after))
        return connection(page, of)


async def _profile(context: Context) -> Profile:
    async with context.reading() as session:
        return Profile.of(await queries.own_profile(session, context.house.vault, context.viewer))


async def _qualifications(context: Context) -> list[Qualification]:
    rows = await context.ask(queries.own_qualifications)
    return [Qualification.of(row, _today(context)) for row in rows]


@strawberry.input(
    description="A stretch of the week; weekday 0 is Monday, minutes count from local midnight."
)
class WeeklyTimeInput:
    weekday: int
    from_minute: Minutes
    to_minute: Minutes


@strawberry.input(description="What is left out stays; what is null or empty goes.")
class ChangeProfileInput:
    name: str | None = strawberry.UNSET
    about: str | None = strawberry.UNSET
    locale: str | None = strawberry.UNSET
    birth_date: date | None = strawberry.field(default=strawberry.UNSET, description="Can be said once.")
    home_area_code: str | None = strawberry.UNSET
    travel_radius_metres: int | None = strawberry.UNSET
    skills: list[str] | None = strawberry.UNSET
    languages: list[str] | None = strawberry.UNSET
    availability: list[WeeklyTimeInput] | None = strawberry.UNSET


@strawberry.input
class StateQualificationInput:
    qualification_code: str
    certificate_number: str | None = strawberry.UNSET
    issued_on: date | None = strawberry.UNSET
    expires_on: date | None = strawberry.UNSET


@strawberry.input
class RefuseQualificationInput:
    qualification_id: strawberry.ID
    reason: str = strawberry.field(description="Which its holder reads, at most 500 characters.")


@strawberry.input
class CorrectBirthDateInput:
    person_id: strawberry.ID
    birth_date: date
    reason: str


@strawberry.type(description="Your profile as it is now.")
class ChangedProfile:
    profile: Profile


@strawberry.type(description="Your qualifications as they are now.")
class ChangedQualifications:
    qualifications: list[Qualification]


@strawberry.type(description="The decision is on record.")
class DecidedQualification:
    qualification_id: strawberry.ID


@strawberry.type(description="The address is confirmed.")
class ConfirmedEmail:
    person_id: strawberry.ID


@strawberry.type(description="The person as they are now.")
class CorrectedPerson:
    person: Person | None


ProfileResult: TypeAlias = Annotated[ChangedProfile | Problems, strawberry.union("ProfileResult")]
QualificationsResult: TypeAlias = Annotated[
    ChangedQualifications | Problems, strawberry.union("QualificationsResult")
]
DecideQualificationResult: TypeAlias = Annotated[
    DecidedQualification | Problems, strawberry.union("DecideQualificationResult")
]
ConfirmEmailResult: TypeAlias = Annotated[ConfirmedEmail | Problems, strawberry.union("ConfirmEmailResult")]
CorrectPersonResult: TypeAlias = Annotated[
    CorrectedPerson | Problems, strawberry.union("CorrectPersonResult")
]


@strawberry.type
class PeopleMutations:
    @strawberry.mutation(description="Change your profile.")
    async def change_profile(self, info: Info, input: ChangeProfileInput) -> ProfileResult:
        lists = ("skills", "languages", "availability")
        named = given(input)
        named |= {name: named[name] or [] for name in lists if name in named}
        draft = read(ProfileDraft, named)
        await info.context.do(profiles.change, draft)
        return ChangedProfile(profile=await _profile(info.context))

    @strawberry.mutation(description="Give an e-mail address, or null for none; a link confirms it.")
    async def give_email(self, info: Info, email: str | None = strawberry.UNSET) -> ProfileResult:
        # Only a null that was written takes the address away.
        draft = read(EmailDraft, {} if email is strawberry.UNSET else {"email": email})
        await info.context.do(emails.give, draft)
        return ChangedProfile(profile=await _profile(info.context))

    @strawberry.mutation(description="Confirm an address by what the link in the message carries.")
    async def confirm_email(self, info: Info, token: str) -> ConfirmEmailResult:
        async with info.context.unit_of_work() as session:
            person_id = await emails.confirm(session, info.context.house.vault, token)
        return ConfirmedEmail(person_id=global_id("Person", person_id))

    @strawberry.mutation(description="As officer: set a birth date right, on record.")
    async def correct_birth_date(self, info: Info, input: CorrectBirthDateInput) -> CorrectPersonResult:
        handed_in = given(input)
        person_id: UUID = key_of("Person", handed_in.pop("person_id"))
        draft = read(BirthDateDraft, handed_in)
        await info.context.do(profiles.correct_birth_date, person_id, draft)
        return CorrectedPerson(person=await fetch(info.context, Person, person_id))

    @strawberry.mutation(description="State a qualification; it counts once an officer has verified it.")
    async def state_qualification(self, info: Info, input: StateQualificationInput) -> QualificationsResult:
        draft = read(QualificationDraft, given(input))
        await info.context.do(qualifications.state, draft)
        return ChangedQualifications(qualifications=await _qualifications(info.context))

    @strawberry.mutation(description="Take back a qualification you stated.")
    async def remove_qualification(self, info: Info, qualification_id: strawberry.ID) -> QualificationsResult:
        key = key_of("Qualification", qualification_id)
        await info.context.do(qualifications.remove, key)
        return ChangedQualifications(qualifications=await _qualifications(info.context))

    @strawberry.mutation(description="As officer: confirm that you have seen the proof.")
    async def verify_qualification(
        self, info: Info, qualification_id: strawberry.ID
    ) -> DecideQualificationResult:
        key = key_of("Qualification", qualification_id)
        await info.context.do(qualifications.verify, key)
        return DecidedQualification(qualification_id=qualification_id)

    @strawberry.mutation(description="As officer: turn it down with a reason.")
    async def refuse_qualification(
        self, info: Info, input: RefuseQualificationInput
    ) -> DecideQualificationResult:
        key = key_of("Qualification", input.qualification_id)
        draft = read(ReasonDraft, {"reason": input.reason})
        await info.context.do(qualifications.refuse, key, draft)
        return DecidedQualification(qualification_id=input.qualification_id)
