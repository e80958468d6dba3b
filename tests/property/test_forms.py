"""Whatever is typed or sent: pages never break, and nothing typed is lost on the way through them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from instruments.model import Instrument
from survey_app.forms.fields import plain_text
from survey_app.forms.sheet import AnswerSheet
from tests.property.made_instruments import OFTEN, answers_to, instruments

LANGUAGES = st.sampled_from(["zh_Hans", "en"])


@st.composite
def posted(draw: st.DrawFn) -> tuple[Instrument, MultiDict[str, str]]:
    instrument = draw(instruments())
    form = draw(answers_to(instrument))
    if draw(st.booleans()):
        form["shown"] = " ".join(draw(st.permutations(["stranger", *instrument.by_code])))
    return instrument, form


@OFTEN
@given(posted(), LANGUAGES)
def test_every_posted_page_is_read_and_shown_again_without_breaking(case, language):
    sheet = AnswerSheet.posted(*case, language)
    for section in sheet.path:
        page = sheet.page(section, errors=sheet.errors_in(section))
        assert {question.code for question in page.mistakes} == set(sheet.errors_in(section))
    assert bool(sheet.review()) is bool(sheet.path)
    assert (sheet.accepted() is None) == (sheet.first_open_section() is not None)


@OFTEN
@given(posted())
def test_everything_typed_is_either_on_the_page_or_carried_along(case):
    instrument, form = case
    sheet = AnswerSheet.posted(instrument, form, "zh_Hans")
    ours = {f"q_{code}" for code in instrument.by_code}
    for section in sheet.path:
        on_page = {question.name for question in sheet.page(section).questions}
        carried = MultiDict(sheet.carried(section))
        assert on_page | set(carried) >= {name for name in form if name in ours and form.getlist(name)}
        assert all(carried.getlist(name) == form.getlist(name) for name in carried)


@OFTEN
@given(posted())
def test_the_order_of_a_shuffled_section_stays_from_page_to_page_and_to_the_review(case):
    instrument, form = case
    sheet = AnswerSheet.posted(instrument, form, "zh_Hans")
    for section in sheet.path:
        page = sheet.page(section)
        sent = MultiDict([*((name, word) for name, word in form.items(multi=True) if name != "shown")])
        sent["shown"] = page.shown
        again = AnswerSheet.posted(instrument, sent, "en").page(section)
        assert [question.code for question in again.questions] == [question.code for question in page.questions]


@OFTEN
@given(st.text(max_size=200))
def test_plain_text_is_plain_the_second_time_too(written):
    once = plain_text(written)
    assert plain_text(once) == once
    once.encode("utf-8")
