"""A browser without pixels: fetches pages, checks what holds for every page, fills in and sends forms."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.page_checks import check_page, elements, text_of


@dataclass(frozen=True)
class Visitor:
    client: FlaskClient

    def get(self, path: str) -> TestResponse:
        """The response; whatever is a page is checked."""
        response = self.client.get(path)
        if response.mimetype == "text/html" and response.status_code not in (301, 302, 303, 308):
            check_page(response.text)
        return response

    def page(self, path: str) -> Element:
        response = self.get(path)
        assert response.status_code == 200, (path, response.status_code)
        return check_page(response.text)

    def text(self, path: str) -> str:
        return text_of(self.page(path))

    def submit(self, path: str, *, to: str | None = None, **typed: object) -> TestResponse:
        """Fetch a page, change some fields of its form, send it; `to` chooses the form by its address."""
        page = check_page(self.client.get(path).text)
        form = next(form for form in elements(page, "form") if _is_meant(form, to))
        values = _values(form) | typed
        address = form.get("action") or path
        multipart = form.get("enctype") == "multipart/form-data"
        response = self.client.post(
            address, data=values, **({"content_type": "multipart/form-data"} if multipart else {})
        )
        if response.status_code == 200 or response.status_code >= 400:
            check_page(response.text)
        return response


def _is_meant(form: Element, address: str | None) -> bool:
    if address is not None:
        return form.get("action") == address
    return not (form.get("action") or "").endswith("/logout")


def _values(form: Element) -> dict[str, object]:
    """What a browser would send of an untouched form, but for its files."""
    values: dict[str, object] = {}
    for control in elements(form, "input", "textarea", "select"):
        name, kind = control.get("name"), control.get("type", "text")
        if not name or kind in ("file", "submit"):
            continue
        if control.tag.endswith("select"):
            options = list(elements(control, "option"))
            chosen = [option for option in options if option.get("selected") is not None] or options[:1]
            values.update((name, option.get("value", "")) for option in chosen)
        elif kind in ("radio", "checkbox"):
            values.update({name: control.get("value", "on")} if control.get("checked") is not None else {})
        elif control.tag.endswith("textarea"):
            values[name] = (control.text or "").removeprefix("\n")
        else:
            values[name] = control.get("value", "")
    return values
