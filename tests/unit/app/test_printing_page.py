"""Slips and recovery sheets as PDF, made from the page that shows codes and passphrases once; personal slips."""

from __future__ import annotations

import re
from io import BytesIO
from uuid import UUID

import pytest
from pypdf import PdfReader
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from survey_app.crypto.codes import generate
from survey_app.extensions import db
from survey_app.models import UNUSED, AccessMode, AuditEntry, Invitation, Survey
from survey_app.printing import NoChineseFont
from survey_app.web import printing
from tests.committee_world import World, make_survey
from tests.page_checks import elements, parsed, text_of
from tests.visitor import Visitor

NAMES = "顾一鸣\n何静岚\n\n方砚秋\n"


@pytest.fixture
def secretary(world: World) -> Visitor:
    return world.as_user("secretary")


@pytest.fixture
def path(world: World) -> str:
    return draft(world)


def draft(world: World, **choices: object) -> str:
    """The page of a draft that can be opened."""
    with world.app.app_context():
        survey = make_survey(world, "C1", year=2026, audience="staff", **choices)
        db.session.commit()
        return f"/committee/surveys/{survey.id}"


def posted(page: TestResponse, to: str) -> dict[str, str]:
    """What the page's form to this address carries."""
    form = next(form for form in elements(parsed(page.text), "form") if (form.get("action") or "").endswith(to))
    assert form.get("target") == "_blank"  # the page shown once stays open, whatever comes back
    return {field.get("name"): field.get("value") for field in elements(form, "input")}


def words_of(response: TestResponse) -> list[str]:
    """Text of each page, without spaces."""
    return [re.sub(r"\s", "", page.extract_text()) for page in PdfReader(BytesIO(response.data)).pages]


def fingerprint_on(page: TestResponse) -> str:
    return next(text_of(span) for span in elements(parsed(page.text), "span") if span.get("class") == "check-print")


# ---- slips ----


@pytest.mark.parametrize(("per_page", "pages"), [("8", 2 + 2), ("12", 2 + 2)])
def test_every_slip_of_the_page_stands_in_the_pdf_with_the_sentence_on_anonymity(
    secretary: Visitor, path: str, per_page: str, pages: int
):
    opened = secretary.submit(path + "/open")
    carried = posted(opened, "/slips.pdf")
    printed = secretary.client.post(path + "/slips.pdf", data=carried | {"per_page": per_page})
    assert (printed.status_code, printed.mimetype) == (200, "application/pdf")
    assert printed.headers["Cache-Control"] == "no-store"
    assert "attachment" in printed.headers["Content-Disposition"]
    assert "Slips" in printed.headers["Content-Disposition"]
    words = words_of(printed)
    assert len(words) == pages
    codes = " ".join(value for name, value in carried.items() if name.startswith("codes-")).split()
    assert len(codes) == 29
    everything = "".join(words)
    assert all(code in everything for code in codes)
    assert everything.count(fingerprint_on(opened)) == 29
    assert "thissliphasnonumber" in everything


def test_a_code_that_is_not_an_unused_one_of_the_group_is_not_printed(secretary: Visitor, path: str, rng):
    carried = posted(secretary.submit(path + "/open"), "/slips.pdf") | {"per_page": "8"}
    first, second = (name for name in carried if name.startswith("codes-"))
    for codes, status in ((generate(rng), 404), ("7QK4", 422), (carried[second], 404)):
        refused = secretary.client.post(path + "/slips.pdf", data=carried | {first: codes})
        assert (refused.status_code, refused.mimetype) == (status, "text/html")


def test_nothing_to_print_and_a_wrong_number_of_slips_to_a_page_are_refused(secretary: Visitor, path: str):
    carried = posted(secretary.submit(path + "/open"), "/slips.pdf")
    assert secretary.client.post(path + "/slips.pdf", data=carried | {"per_page": "3"}).status_code == 400
    token = {"csrf_token": carried["csrf_token"], "per_page": "8"}
    assert secretary.client.post(path + "/slips.pdf", data=token).status_code == 400
    assert secretary.client.post(path + "/slips.pdf", data={"per_page": "8"}).status_code == 400


def test_a_server_without_chinese_font_says_so_and_the_browser_prints_the_slips(
    secretary: Visitor, path: str, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_given: object, **_also: object) -> bytes:
        raise NoChineseFont

    opened = secretary.submit(path + "/open")
    monkeypatch.setattr(printing, "slips_pdf", refuse)
    refused = secretary.client.post(path + "/slips.pdf", data=posted(opened, "/slips.pdf") | {"per_page": "8"})
    assert refused.status_code == 503
    assert "no Chinese font" in refused.text
    in_browser = secretary.client.post(path + "/slips", data=posted(opened, "/slips.pdf"))
    assert sum(1 for part in elements(parsed(in_browser.text), "section") if part.get("class") == "slip") == 29


def test_the_slips_of_a_whole_district_fit_into_one_request(secretary: Visitor, path: str, rng):
    carried = posted(secretary.submit(path + "/open"), "/slips.pdf") | {"per_page": "8"}
    field = next(name for name in carried if name.startswith("codes-"))
    carried[field] = " ".join([carried[field], *(generate(rng) for _ in range(3200))])
    assert secretary.client.post(path + "/slips.pdf", data=carried).status_code == 404  # read whole, code by code


# ---- recovery sheets ----


def test_each_scrutineer_gets_a_sheet_with_one_passphrase(secretary: Visitor, path: str):
    opened = secretary.submit(path + "/open")
    carried = posted(opened, "/recovery-sheets.pdf")
    printed = secretary.client.post(path + "/recovery-sheets.pdf", data=carried)
    assert printed.headers["Cache-Control"] == "no-store"
    assert "Recovery sheets" in printed.headers["Content-Disposition"]
    sheets, passphrases = words_of(printed), carried["passphrases"].split()
    assert len(sheets) == len(passphrases) == 3
    for sheet, passphrase in zip(sheets, passphrases, strict=True):
        assert [other in sheet for other in passphrases] == [other == passphrase for other in passphrases]
        assert fingerprint_on(opened) in sheet


@pytest.mark.parametrize("change", [lambda words: words[:-1], lambda words: [*words[:-1], "ABCD-EFGH"]])
def test_passphrases_of_the_wrong_number_or_form_are_not_printed(secretary: Visitor, path: str, change):
    carried = posted(secretary.submit(path + "/open"), "/recovery-sheets.pdf")
    carried["passphrases"] = " ".join(change(carried["passphrases"].split()))
    assert secretary.client.post(path + "/recovery-sheets.pdf", data=carried).status_code == 400


def test_neither_codes_nor_passphrases_are_written_down_anywhere(world: World, secretary: Visitor, path: str):
    opened = secretary.submit(path + "/open")
    for to in ("/slips.pdf", "/recovery-sheets.pdf"):
        carried = posted(opened, to)
        secretary.client.post(path + to, data=carried | {"per_page": "8"})
    secrets = [*posted(opened, "/recovery-sheets.pdf")["passphrases"].split(), posted_code(opened)]
    with world.app.app_context():
        tables = ("audit_entry", "survey", "reporting_group", "issue_box.invitation")
        stored = "".join(str(db.session.execute(text(f"SELECT * FROM {table}")).all()) for table in tables)
    assert not any(secret in stored or secret.replace("-", "") in stored for secret in secrets)


def test_who_had_slips_and_recovery_sheets_printed_is_written_down(world: World, secretary: Visitor, path: str):
    opened = secretary.submit(path + "/open")
    for to in ("/slips.pdf", "/slips", "/recovery-sheets.pdf"):
        carried = posted(opened, "/slips.pdf" if to == "/slips" else to)
        assert secretary.client.post(path + to, data=carried | {"per_page": "8"}).status_code == 200
    with world.app.app_context():
        entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(3)).all()
    assert [(entry.actor, entry.act, entry.detail) for entry in reversed(entries)] == [
        ("secretary", "survey.print_slips", {"slips": 29}),
        ("secretary", "survey.print_slips", {"slips": 29}),
        ("secretary", "survey.print_recovery", {}),
    ]


def posted_code(opened: TestResponse) -> str:
    return next(value for name, value in posted(opened, "/slips.pdf").items() if name.startswith("codes-")).split()[0]


# ---- personal slips ----


@pytest.fixture
def personal(world: World, secretary: Visitor) -> str:
    """An open survey whose slips are made for named people."""
    path = draft(world, access_mode=AccessMode.PERSONAL)
    opened = secretary.submit(path + "/open")
    assert "The personal slips are made next" in opened.text
    return path


def makers(secretary: Visitor, path: str) -> list[str]:
    """Where each group's slips are made."""
    links = elements(secretary.page(path), "a")
    return [a.get("href") for a in links if text_of(a).startswith("Make personal slips")]


def test_personal_slips_carry_the_names_and_the_names_are_kept_nowhere(world: World, secretary: Visitor, personal: str):
    first, _second = makers(secretary, personal)
    made = secretary.submit(first, typed=NAMES)
    assert made.headers["Cache-Control"] == "no-store"
    in_browser = secretary.client.post(personal + "/slips", data=posted(made, "/slips.pdf"))
    slips = [text_of(part) for part in elements(parsed(in_browser.text), "section") if part.get("class") == "slip"]
    assert [name in slip for name, slip in zip(NAMES.split(), slips, strict=True)] == [True] * 3
    printed = secretary.client.post(personal + "/slips.pdf", data=posted(made, "/slips.pdf") | {"per_page": "12"})
    assert all(name in "".join(words_of(printed)) for name in NAMES.split())
    with world.app.app_context():
        acts = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "survey.issue_personal_slips")).all()
        assert len(acts) == 1
        assert not any(name in str(entry.detail) for entry in acts for name in NAMES.split())
    assert not any(name in secretary.text(personal) for name in NAMES.split())


def test_making_personal_slips_again_ends_the_ones_not_used(world: World, secretary: Visitor, personal: str):
    first, _second = makers(secretary, personal)
    before = posted(secretary.submit(first, typed=NAMES), "/slips.pdf") | {"per_page": "8"}
    assert "stop working, so please enter everybody" in secretary.text(first)
    secretary.submit(first, typed="何静岚")
    assert secretary.client.post(personal + "/slips.pdf", data=before).status_code == 404
    with world.app.app_context():
        of_survey = Invitation.survey_id == UUID(personal.rpartition("/")[2])
        unused = db.session.scalars(select(Invitation).where(of_survey, Invitation.mark == UNUSED)).all()
        assert len(unused) == 1


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("  \n ", "Please enter the names."),
        ("顾一鸣\n12\n何静岚\t男\n" + "长" * 41, "Please look at line 2, 3, 4:"),
        (
            "\n".join(f"{name}某" for name in "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉"),
            "These are more codes than there may be.",
        ),
    ],
)
def test_bad_lines_and_too_many_names_are_told_and_everything_stays_typed(
    secretary: Visitor, personal: str, typed: str, told: str
):
    refused = secretary.submit(makers(secretary, personal)[0], typed=typed)
    assert refused.status_code == 422
    assert told in refused.text
    assert typed.strip() in refused.text


def test_a_name_that_stands_twice_gets_two_slips_and_a_word_of_warning(secretary: Visitor, personal: str):
    made = secretary.submit(makers(secretary, personal)[0], typed="王伟\n李娜\n王伟")
    assert "More than once on the list: 王伟." in made.text
    assert posted(made, "/slips.pdf").popitem()[1].split() == ["王伟", "李娜", "王伟"]


def test_drawn_slips_are_not_made_from_names(world: World, secretary: Visitor):
    with world.app.app_context():
        slug = db.session.get_one(Survey, world.surveys["open"]).groups[0].slug
    path = f"/committee/surveys/{world.surveys['open']}"
    assert makers(secretary, path) == []
    assert secretary.client.get(f"{path}/personal-slips/{slug}").status_code == 404
