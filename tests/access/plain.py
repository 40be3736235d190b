"""A browser without JavaScript: a form is its fields, a button sends it, and the answer is the next page."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

from starlette.testclient import TestClient

from connector.access.rights import find_right

ORIGIN = "http://127.0.0.1"
_NOT_SENT = ("button", "submit", "reset", "image")
_CHOSEN = ("checkbox", "radio")
Attributes = dict[str, str | None]
Value = str | list[str] | bytes
"""Of a field: what is typed, what is chosen, or a file."""


@dataclass
class Field:
    """One control of a form. `values`: what is sent as it stands; `offered`: what may be, None: anything."""

    name: str
    kind: str
    values: list[str] = field(default_factory=list)
    offered: list[str] | None = None
    required: bool = False


@dataclass
class Form:
    """A form of a page. `hidden`: what is sent and not filled in; `buttons`: the name and value of each."""

    action: str
    method: str
    fields: dict[str, Field] = field(default_factory=dict)
    hidden: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    @property
    def pattern(self) -> str:
        """Of the route that it leads to."""
        found = find_right(self.method, urlsplit(self.action).path)
        assert found is not None, f"nobody may call {self.method} {self.action}"
        return found.pattern

    @property
    def ways(self) -> set[str]:
        """To send it: what its hidden decision is, or which of its named buttons is pressed."""
        decided = [f"decision={one}" for one in self.hidden.get("decision", [])]
        return set(decided or [f"{name}={value}" for name, value in self.buttons if name] or [""])

    def kind(self, way: str) -> str:
        """What tells it from other forms: where it leads to, what is filled in, how it is sent."""
        return " ".join(filter(None, [self.method, self.pattern, *sorted(self.fields), way]))


class Parser(HTMLParser):
    """The forms of a page, its text and its links."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.pieces: list[str] = []
        self._form: Form | None = None
        self._open: Field | None = None
        self.feed(page)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.pieces))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of: Attributes = dict(attrs)
        if tag == "a" and (of.get("href") or "").startswith("/"):
            self.links.append(of["href"] or "")
        elif tag == "form":
            assert self._form is None, "a form within a form"
            self._form = Form(of.get("action") or "", (of.get("method") or "get").upper())
            self.forms.append(self._form)
        elif tag in ("input", "select", "textarea", "button"):
            assert "form" not in of
            if self._form is not None:
                self._control(self._form, tag, of)
        elif tag == "option" and self._open is not None and self._open.offered is not None:
            value = of.get("value") or ""
            self._open.offered.append(value)
            if "selected" in of or not self._open.values:
                self._open.values = [value]

    def _control(self, form: Form, tag: str, of: Attributes) -> None:
        name, value = of.get("name") or "", of.get("value") or ""
        kind = (of.get("type") or ("submit" if tag == "button" else "text")) if tag != "select" else tag
        if kind in _NOT_SENT:
            assert kind == "submit", f"a button that does nothing without JavaScript: {of}"
            form.buttons.append((name, value))
        elif kind == "hidden":
            form.hidden.setdefault(name, []).append(value)
        elif name and "disabled" not in of:
            chosen = kind in _CHOSEN
            one = form.fields.setdefault(name, Field(name, kind))
            one.required |= "required" in of
            if chosen or tag == "select":
                one.offered = one.offered or []
            if chosen and one.offered is not None:
                one.offered.append(value)
            if tag not in ("select", "textarea") and kind != "file" and (not chosen or "checked" in of):
                one.values.append(value)
            self._open = one if tag in ("select", "textarea") else None
            if tag == "textarea":
                one.values.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag in ("select", "textarea"):
            self._open = None

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)
        if self._open is not None and self._open.kind == "text" and self._open.values:
            self._open.values[-1] += data


class Reader:
    """Somebody who is signed in and goes from page to page. `seen`: the kinds of forms on them, each with
    where it was first; `sent`: those that led to a page that said what was done."""

    def __init__(self, client: TestClient) -> None:
        self._client = client
        self.seen: dict[str, str] = {}
        self.sent: set[str] = set()
        self.address = ""
        self.page = Parser("")

    def open(self, address: str) -> None:
        """Go to a page."""
        assert self.tries(address), address

    def tries(self, address: str) -> bool:
        """Go there; whether it is a page that they may see."""
        answer = self._client.get(address, follow_redirects=True)
        assert answer.status_code < 500, address
        is_page = answer.status_code == 200 and answer.headers["content-type"].startswith("text/html")
        if is_page:
            self._shown(answer.url.path, answer.text)
        return is_page

    def unsent(self) -> list[str]:
        """The forms that were seen and never sent, each with where it was first."""
        return [f"{kind} ({where})" for kind, where in self.seen.items() if kind not in self.sent]

    def _shown(self, address: str, text: str) -> None:
        self.address, self.page = address, Parser(text)
        for form in self.page.forms:
            for way in form.ways:
                self.seen.setdefault(form.kind(way), address)

    def send(self, pattern: str, says: str, way: str = "", **filled: Value) -> None:
        """Fill in the form of the open page that leads to this route and send it: the next page says so."""
        form = self._find(pattern, way, filled)
        files = {name: ("file.csv", value) for name, value in filled.items() if isinstance(value, bytes)}
        sent = form.hidden | {name: one.values for name, one in form.fields.items()}
        sent |= {name: [value] for name, value in filled.items() if isinstance(value, str)}
        sent |= {name: value for name, value in filled.items() if isinstance(value, list)}
        for name, one in form.fields.items():
            assert one.offered is None or set(sent[name]) <= set(one.offered), (
                f"{pattern} {name}: {one.offered}"
            )
            assert not one.required or name in files or any(sent[name]), f"{pattern} wants {name}"
        if way:
            sent[way.partition("=")[0]] = [way.partition("=")[2]]
        answer = self._client.request(
            form.method,
            form.action,
            params=sent if form.method == "GET" else None,
            data=sent if form.method == "POST" else None,
            files=files or None,
            headers={"Origin": ORIGIN},
            follow_redirects=True,
        )
        # A page that a form made must not make it again when it is loaded anew.
        assert {one.status_code for one in answer.history} <= {303}
        self._shown(answer.url.path, answer.text)
        assert answer.status_code == 200, f"{pattern}: {answer.status_code} {self.page.text}"
        assert says in self.page.text, f"{pattern} does not say {says}: {self.page.text}"
        self.sent.add(form.kind(way))

    def _find(self, pattern: str, way: str, filled: dict[str, Value]) -> Form:
        """The one with the fewest fields beside these."""
        fitting = [
            form
            for form in self.page.forms
            if form.pattern == pattern and filled.keys() <= form.fields.keys() and way in form.ways
        ]
        shown = [form.kind(one) for form in self.page.forms for one in form.ways]
        assert fitting, f"{self.address} has no form for {pattern} {sorted(filled)} {way}: {shown}"
        return min(fitting, key=lambda form: len(form.fields))
