"""What an organisation keeps to itself: its papers for the officer, and its people."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.kernel.errors import InputIsInvalid, NotPermitted
from marketplace.kernel.input import read
from marketplace.organisations import documents, members, policy, queries
from marketplace.organisations.drafts import DocumentDraft, DocumentKind, MemberDraft, MemberRole
from marketplace.organisations.states import organisation_state
from web.forms import WITH_FILE, Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, path_id, translator, viewer_of


async def organisation_documents(request: Request) -> Response:
    return await _show_documents(
        request, blank_form(request, {"kind": DocumentKind.REGISTRATION_CERTIFICATE})
    )


async def add_document(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request, WITH_FILE)
    organisation_id = path_id(request, "organisation_id")
    house = house_of(request)
    with form.catching():
        upload = form.files.get("document")
        if upload is None:
            raise InputIsInvalid.of("document", "missing")
        draft = read(DocumentDraft, {**form.given("kind"), "file_name": upload.name[:160]})
        async with house.database.unit_of_work() as session:
            await documents.add(
                session, viewer_of(request), house.files, organisation_id, draft, upload.content
            )
        return redirect(
            request, "organisation_documents", _("The paper is uploaded."), organisation_id=organisation_id
        )
    return await _show_documents(request, form)


async def remove_document(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    async with house_of(request).database.unit_of_work() as session:
        organisation_id = await documents.remove(session, viewer_of(request), path_id(request, "document_id"))
    return redirect(
        request, "organisation_documents", _("The paper is removed."), organisation_id=organisation_id
    )


async def document(request: Request) -> Response:
    """The bytes, never run by the browser: as an attachment of the type that they prove."""
    house = house_of(request)
    async with house.database.reading() as session:
        paper = await documents.read(
            session, viewer_of(request), house.files, path_id(request, "document_id")
        )
    ending = paper.content_type.rpartition("/")[2]
    headers = {
        "Content-Disposition": f'attachment; filename="paper.{ending}"',
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(paper.content, media_type=paper.content_type, headers=headers)


async def organisation_members(request: Request) -> Response:
    return await _show_members(request, blank_form(request, {"role": MemberRole.MEMBER}))


async def take_in_member(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    organisation_id = path_id(request, "organisation_id")
    house = house_of(request)
    with form.catching():
        draft = read(MemberDraft, form.given("phone", "role"))
        async with house.database.unit_of_work() as session:
            await members.take_in(session, viewer_of(request), house.vault, organisation_id, draft)
        return redirect(
            request, "organisation_members", _("The person is taken in."), organisation_id=organisation_id
        )
    return await _show_members(request, form)


async def let_member_go(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    organisation_id = path_id(request, "organisation_id")
    async with house_of(request).database.unit_of_work() as session:
        await members.let_go(session, viewer_of(request), organisation_id, path_id(request, "person_id"))
    return redirect(
        request, "organisation_members", _("The membership is ended."), organisation_id=organisation_id
    )


async def leave_organisation(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    async with house_of(request).database.unit_of_work() as session:
        await members.leave(session, viewer_of(request), path_id(request, "organisation_id"))
    return redirect(request, "organisations", _("You have left the organisation."))


async def _show_documents(request: Request, form: Form) -> Response:
    viewer, organisation_id = viewer_of(request), path_id(request, "organisation_id")
    viewer.signed_in()
    async with house_of(request).database.reading() as session:
        details = await queries.details(session, viewer, organisation_id)
        if not policy.may_manage(viewer, organisation_id):
            raise NotPermitted()
        papers = await queries.documents(session, viewer, organisation_id)
    context = {
        "form": form,
        "organisation": details.organisation,
        "state": organisation_state(details.organisation),
        "documents": papers,
        "kinds": list(DocumentKind),
        "has_certificate": any(paper.kind == DocumentKind.REGISTRATION_CERTIFICATE for paper in papers),
    }
    return render(request, "organisations/documents.html", context, form.status)


async def _show_members(request: Request, form: Form) -> Response:
    viewer, organisation_id = viewer_of(request), path_id(request, "organisation_id")
    viewer.signed_in()
    async with house_of(request).database.reading() as session:
        details = await queries.details(session, viewer, organisation_id)
        people = await queries.members(session, viewer, organisation_id)
    context = {
        "form": form,
        "organisation": details.organisation,
        "state": organisation_state(details.organisation),
        "members": people,
        "manages": policy.may_manage(viewer, organisation_id),
        "roles": list(MemberRole),
    }
    return render(request, "organisations/members.html", context, form.status)


_ONE = "/organisations/{organisation_id:uuid}"
routes: list[BaseRoute] = [
    Route(f"{_ONE}/documents", organisation_documents, name="organisation_documents"),
    Route(f"{_ONE}/documents", add_document, methods=["POST"], name="add_document"),
    Route("/organisations/documents/{document_id:uuid}", document, name="document"),
    Route(
        "/organisations/documents/{document_id:uuid}/remove",
        remove_document,
        methods=["POST"],
        name="remove_document",
    ),
    Route(f"{_ONE}/members", organisation_members, name="organisation_members"),
    Route(f"{_ONE}/members", take_in_member, methods=["POST"], name="take_in_member"),
    Route(f"{_ONE}/members/leave", leave_organisation, methods=["POST"], name="leave_organisation"),
    Route(f"{_ONE}/members/{{person_id:uuid}}/let-go", let_member_go, methods=["POST"], name="let_member_go"),
]
