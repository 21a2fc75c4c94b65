"""`make smoke`: the demo as a newcomer meets it. A real process, the pages in both languages, a sign-in by the forms, GraphQL, an end.

Prints what it does. Exit code 1 with the reason when anything is not as it should be. Needs nothing but what runs the house.
"""

import base64
import http.cookiejar
import json
import re
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from html import unescape
from pathlib import Path

from tests.servers import Server, ServerFailed, server

VOLUNTEER, ADMINISTRATOR = "13800000001", "13800000005"
PUBLIC = {
    "/": ("五社", "Wushe"),
    "/needs": ("需求", "need"),
    "/about": ("五社", "Wushe"),
    "/sign-in": ("登录", "Sign in"),
    "/terms": ("五社", "Terms"),
}
OWN = ("/", "/my/shifts", "/my/hours", "/inbox", "/profile", "/check-in", "/my/calendar")
DESK = ("/desk", "/desk/jobs", "/desk/tags", "/rules", "/organisations")
QUERY = "query Needs($first: Int!) { needs(first: $first) { nodes { id title organisation { name } } } }"
_FORM = re.compile(r"<form[^>]*\baction=\"([^\"]*)\"[^>]*>(.*?)</form>", re.DOTALL)
_HIDDEN = re.compile(r"<input[^>]*type=\"hidden\"[^>]*>")
_ATTRIBUTE = re.compile(r"\b(name|value)=\"([^\"]*)\"")


class NotAsItShouldBe(Exception):
    """What was expected, and what came instead."""


class Browser:
    """Cookies, pages, and forms sent as a browser without scripts sends them."""

    def __init__(self, address: str, language: str) -> None:
        self.address, self.language = address, language
        jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))

    def get(self, path: str) -> str:
        return self._open(urllib.request.Request(self.address + path))

    def submit(self, page: str, action: str, **filled: str) -> str:
        """Send the form of ``page`` that goes to ``action``, and follow to the page it leads to."""
        for where, inside in _FORM.findall(page):
            if unescape(where) == action:
                hidden = [dict(_ATTRIBUTE.findall(field)) for field in _HIDDEN.findall(inside)]
                fields = {field["name"]: unescape(field.get("value", "")) for field in hidden} | filled
                body = urllib.parse.urlencode(fields).encode()
                return self._open(urllib.request.Request(self.address + action, data=body))
        raise NotAsItShouldBe(f"there is no form to {action}")

    def ask(self, query: str, **variables: object) -> dict[str, object]:
        """A GraphQL question."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        headers = {"content-type": "application/json"}
        answer = json.loads(
            self._open(urllib.request.Request(f"{self.address}/graphql", data=body, headers=headers))
        )
        if answer.get("errors") or not answer.get("data"):
            raise NotAsItShouldBe(f"GraphQL answered {answer}")
        return dict(answer["data"])

    def _open(self, request: urllib.request.Request) -> str:
        request.add_header("accept-language", self.language)
        if request.data is not None:
            request.add_header("origin", self.address)
        try:
            with self._opener.open(request, timeout=20) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            raise NotAsItShouldBe(f"{request.full_url} answered {error.code}") from None


def say(what: str) -> None:
    print(f"  {what}", flush=True)


def must(holds: object, what: str) -> None:
    if not holds:
        raise NotAsItShouldBe(what)


def strangers_see_pages(one: Server) -> None:
    for place, language in enumerate(("zh-CN", "en")):
        browser = Browser(one.address, language)
        for path, words in PUBLIC.items():
            must(words[place].lower() in browser.get(path).lower(), f"{path} does not say {words[place]!r}")
        say(f"{len(PUBLIC)} public pages in {language}")


def sign_in(one: Server, phone: str, language: str) -> Browser:
    browser = Browser(one.address, language)
    page = browser.submit(browser.get("/sign-in"), "/sign-in", phone=phone)
    code = re.search(r"<strong>(\d{6})</strong>", page)
    must(code, "the demo does not show its code")
    assert code is not None
    page = browser.submit(page, "/sign-in/code", code=code.group(1))
    viewer = browser.ask("{ viewer { name } }")["viewer"]
    must(viewer, "signed in, and still a stranger")
    say(f"signed in by the forms: {viewer}")
    return browser


def people_see_their_pages(one: Server) -> None:
    volunteer = sign_in(one, VOLUNTEER, "zh-CN")
    for path in OWN:
        volunteer.get(path)
    say(f"{len(OWN)} pages of one's own")
    administrator = sign_in(one, ADMINISTRATOR, "en")
    for path in DESK:
        administrator.get(path)
    say(f"{len(DESK)} pages of the desk")


def _plain_id(global_id: str) -> str:
    return base64.urlsafe_b64decode(global_id + "==").decode().partition(":")[2]


def programs_are_answered(one: Server) -> None:
    data = Browser(one.address, "en").ask(QUERY, first=50)
    nodes = dict(data["needs"])["nodes"]  # type: ignore[call-overload]
    must(len(nodes) == 50, f"{len(nodes)} needs instead of 50")
    path = f"/needs/{_plain_id(nodes[0]['id'])}"
    must(nodes[0]["title"] in unescape(Browser(one.address, "zh").get(path)), f"{path} lacks its title")
    say("GraphQL: 50 needs, and the page of the first")


def machines_are_told(one: Server) -> None:
    browser = Browser(one.address, "en")
    browser.get("/livez")
    ready = json.loads(browser.get("/readyz"))
    must(ready["ready"], f"not ready: {ready}")
    must("# TYPE" in browser.get("/metrics"), "/metrics holds no metric")
    say("alive, ready, measured")


def smoke() -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = {"WUSHE_DATA_FOLDER": str(Path(folder) / "var")}
        with server("demo", environment=environment, folder=Path(folder)) as one:
            seconds = one.become_ready()
            say(f"the demo is ready at {one.address} after {seconds:.1f} s")
            strangers_see_pages(one)
            people_see_their_pages(one)
            programs_are_answered(one)
            machines_are_told(one)
            must(one.stop() == 0, f"exit code {one.process.returncode}\n{one.last_words()}")
            must("Traceback" not in one.last_words(), one.last_words())
            say("stopped, exit code 0")


def main() -> int:
    begun = time.perf_counter()
    try:
        smoke()
    except (NotAsItShouldBe, ServerFailed) as error:
        print(f"smoke: {error}", file=sys.stderr)
        return 1
    print(f"smoke: all well in {time.perf_counter() - begun:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
