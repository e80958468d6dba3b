"""The forms of the parts of a questionnaire: what they change in the file, what they refuse, what they never lose."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable
from copy import deepcopy
from functools import partial
from uuid import uuid4

import pytest

from instruments import catalogue
from instruments.library import LIBRARY
from instruments.loader import load_for_publishing
from instruments.model import Item, ItemType
from instruments.reading import read
from survey_app.models import QuestionnaireDraft
from survey_app.web.editor_desk import desk_at
from survey_app.web.editor_findings import findings, spot_of
from survey_app.web.editor_page import overview_of
from survey_app.web.editor_reading import look_at
from tests.committee_world import World
from tests.page_checks import check_page, elements, parsed, text_of
from tests.unit.app.small_draft import SMALL, begin_draft, source_of
from tests.visitor import Visitor


@pytest.fixture
def start(world: World) -> Callable[..., str]:
    return partial(begin_draft, world)


@pytest.fixture
def secretary(world: World) -> Visitor:
    return world.as_user("secretary")


def save(visitor: Visitor, page: str, **typed: str):
    return visitor.submit(page, go="save", **typed)


def changed_lines(before: str, after: str) -> list[str]:
    return [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[0] in "+-"]


def item(world: World, draft: str, code: str) -> Item:
    """The item as publishing would have it, words to read included."""
    sections = load_for_publishing(source_of(world, draft)).sections
    return next(one for section in sections for one in section.items if one.code == code)


def plain_items(world: World, draft: str) -> list[dict]:
    data = read(source_of(world, draft)).data
    return [one for section in data["sections"] for one in section["items"]]


def errors_on(html: str) -> list[str]:
    return [text_of(p) for p in elements(parsed(html), "p") if p.get("class") == "err"]


def values_on(html: str) -> dict[str, str]:
    """What stands in the controls of a page, seen or kept."""
    page = parsed(html)
    values = {c.get("name"): c.get("value", "") for c in elements(page, "input") if c.get("name")}
    values |= {c.get("name"): (c.text or "").removeprefix("\n").strip() for c in elements(page, "textarea")}
    for control in elements(page, "select"):
        chosen = [o.get("value", "") for o in elements(control, "option") if o.get("selected") is not None]
        values[control.get("name")] = chosen[0] if chosen else ""
    return values


# ---- what a form changes ----


def test_a_reworded_question_changes_its_line_and_nothing_else(world: World, start, secretary: Visitor):
    draft = start()
    saved = save(secretary, f"{draft}/sections/0/items/0", text_zh="讲得怎么样？", text_en="How was the talk?")
    assert saved.location == f"{draft}#edit-sections-0-items-0"
    assert changed_lines(SMALL, source_of(world, draft)) == [
        "-         text: {zh_Hans: 内容怎么样？, en: How was the content?}",
        "+         text: {zh_Hans: 讲得怎么样？, en: How was the talk?}",
    ]


@pytest.mark.parametrize("name", catalogue.names())
def test_a_form_saved_untouched_leaves_every_ready_questionnaire_as_it_is(world: World, name: str):
    source = catalogue.read_text(name)
    draft = QuestionnaireDraft(source=source, title="", changed_at=None, unit=None)
    look = look_at(source)
    places = [(), *(("scales", code) for code in look.scales)]
    places += [("dimensions", position) for position in range(len(look.dimensions))]
    places += [("sections", position) for position in range(len(look.sections))]
    places += [("sections", section, "items", position) for section, position, _item in look.placed_items()]
    with world.app.test_request_context():
        for place in places:
            assert desk_at(draft, place).changed() == source, place


def test_a_new_question_comes_at_the_end_of_its_section(world: World, start, secretary: Visitor):
    draft = start()
    saved = save(secretary, f"{draft}/sections/0/items/2", text_zh="时间合适吗？", type="yes_no")
    assert saved.status_code == 302
    assert [one["code"] for one in plain_items(world, draft)] == ["content", "why", "q1", "place"]
    assert item(world, draft, "q1").type is ItemType.YES_NO


def test_a_new_code_is_carried_into_the_rules_that_name_the_old_one(world: World, start, secretary: Visitor):
    draft = start()
    save(secretary, f"{draft}/sections/0/items/0", code="subject")
    assert item(world, draft, "why").visible_if == "subject == 1"
    save(secretary, f"{draft}/scales/0", code="marks")
    assert item(world, draft, "place").scale == "marks"


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("place", "'place' is the code of another part already"),
        ("1st", "'1st' cannot be a code"),
        ("has", "'has' is a word of the rules"),
        ("", "'' cannot be a code"),
    ],
)
def test_a_code_that_will_not_do_is_refused_and_everything_typed_is_there(
    world: World, start, secretary: Visitor, code: str, told: str
):
    draft = start()
    refused = save(secretary, f"{draft}/sections/0/items/0", code=code, text_zh="讲得怎么样？", matrix="甲")
    assert refused.status_code == 422
    assert any(told in words for words in errors_on(refused.text))
    typed = values_on(refused.text)
    assert (typed["code"], typed["text_zh"], typed["matrix"]) == (code, "讲得怎么样？", "甲")
    assert source_of(world, draft) == SMALL


@pytest.mark.parametrize(
    ("page", "typed", "told"),
    [
        ("/sections/0/items/0", {"text_zh": ""}, "the text is empty"),
        ("/sections/0/items/0", {"text_en": "x" * 2001}, "the text is longer than 2000 characters"),
        ("/sections/0/items/1", {"max_length": "many"}, "this has to be a whole number"),
        ("/sections/1/items/0", {"type": "ranking", "places": "77"}, "77 is too large"),
        ("/sections/0", {"title_zh": ""}, "the text is empty"),
        ("/settings", {"minutes": "600"}, "600 is too large"),
        ("/settings", {"code": "Branch Day"}, "'Branch Day' cannot be a code"),
        ("/settings", {"local_items": "many"}, "this has to be a whole number"),
        ("/scales/0", {"levels-0-code": "best"}, "this has to be a whole number"),
    ],
)
def test_what_cannot_be_understood_is_refused_beside_its_control_with_what_was_typed(
    world: World, start, secretary: Visitor, page: str, typed: dict[str, str], told: str
):
    draft = start()
    refused = save(secretary, draft + page, **typed)
    assert refused.status_code == 422
    assert any(told in words for words in errors_on(refused.text)), errors_on(refused.text)
    assert {name: values_on(refused.text)[name] for name in typed} == typed
    assert source_of(world, draft) == SMALL


def test_what_is_only_unfinished_is_saved_and_said_at_its_control(world: World, start, secretary: Visitor):
    draft = start()
    page = f"{draft}/sections/1/items/0"
    saved = save(
        secretary, page, type="single", **{"options-0-code": "1", "options-0-zh": "大会议室", "options-0-en": ""}
    )
    assert saved.location == page, "what is left to mend is shown at once"
    shown = secretary.get(page).text
    assert "a choice needs at least two options" in errors_on(shown)
    assert plain_items(world, draft)[2]["options"] == [{"code": 1, "label": {"zh_Hans": "大会议室"}}]


ODD = (None, [1], {"a": {}}, "x")


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_no_page_breaks_wherever_something_odd_stands_in_the_file(world: World, odd: object):
    """A file written by hand may hold anything anywhere; what is wrong with it is said, not stumbled over."""
    plain = read(CHOICE.replace("    satisfied: [3]", "    satisfied: [3]\n    unscored: [{kind: dont_know}]")).data
    with world.app.test_request_context():
        for path in (path for path in paths_in(plain) if path[-1] != "en"):
            data = deepcopy(plain)
            around = data
            for step in path[:-1]:
                around = around[step]
            around[path[-1]] = odd
            draft = QuestionnaireDraft(source=json.dumps(data), title="", changed_at=None, unit=None)
            draft.id = uuid4()
            look = look_at(draft.source)
            overview_of(draft, look)
            findings(draft, look, (*look.problems, *look.hints))
            places = [
                (),
                ("sections", 0),
                ("sections", 1, "items", 0),
                ("sections", 0, "items", 1),
                ("scales", "grades"),
            ]
            for place in places:
                desk = desk_at(draft, place)
                if desk is not None:
                    desk.tell(spot_of)
                    desk.phones()
                    assert desk.vocabulary
                    assert desk.kind != "items" or desk.earlier is not None


def paths_in(data: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    parts = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [found for step, part in parts for found in ((*path, step), *paths_in(part, (*path, step)))]


# ---- the type, the options ----


def test_another_type_shows_its_controls_and_loses_nothing(world: World, start, secretary: Visitor):
    draft = start()
    page = f"{draft}/sections/0/items/0"
    typed = {"text_zh": "讲得怎么样？", "hint_zh": "一句话", "matrix": "甲"}
    as_choice = secretary.submit(page, go="type", type="single", **typed)
    assert as_choice.status_code == 200
    shown = values_on(as_choice.text)
    assert {"options-0-zh", "options-1-zh"} <= set(shown)
    assert {name: shown[name] for name in typed} == typed
    again = secretary.client.post(page, data=shown | {"go": "type", "type": "scale"})
    check_page(again.text)
    kept = values_on(again.text)
    assert ({name: kept[name] for name in typed}, kept["scale"]) == (typed, "grades")
    assert source_of(world, draft) == SMALL, "nothing is stored before it is saved"


@pytest.mark.parametrize("kind", list(ItemType))
def test_every_type_has_a_form_and_a_preview(world: World, start, secretary: Visitor, kind: ItemType):
    draft = start()
    response = secretary.submit(f"{draft}/sections/1/items/0", go="type", type=kind.value)
    assert response.status_code == 200
    assert "场地怎么样？" in response.text


def test_what_the_new_type_does_not_have_goes_when_it_is_saved(world: World, start, secretary: Visitor):
    draft = start()
    save(secretary, f"{draft}/sections/1/items/0", type="text", max_length="80")
    assert plain_items(world, draft)[2] == {
        "code": "place",
        "text": {"zh_Hans": "场地怎么样？", "en": "How was the place?"},
        "type": "text",
        "max_length": 80,
    }


CHOICE = SMALL.replace(
    "        text: {zh_Hans: 场地怎么样？, en: How was the place?}\n        scale: grades\n",
    "        type: multiple\n        text: {zh_Hans: 哪里好？}\n        options:\n"
    "          - {code: 1, label: {zh_Hans: 宽敞}}  # the old hall\n"
    "          - {code: 2, label: {zh_Hans: 安静}}\n          - {code: 3, label: {zh_Hans: 都不好}}\n",
)


def test_options_are_added_taken_away_and_moved_by_buttons(world: World, start, secretary: Visitor):
    draft = start(CHOICE)
    page = f"{draft}/sections/1/items/0"
    shown = values_on(secretary.submit(page, go="options:add").text)
    assert shown["options-3-code"] == "4"
    shown |= {"options-3-zh": "别的", "options-3-other": "y", "options-2-exclusive": "y"}
    for button in ("options:up:1", "options:remove:1"):
        html = secretary.client.post(page, data=ticked(shown) | {"go": button}).text
        check_page(html)
        shown = values_on(html)
    assert source_of(world, draft) == CHOICE
    saved = secretary.client.post(page, data=ticked(shown) | {"go": "save"})
    assert saved.status_code == 302
    options = item(world, draft, "place").options
    assert [(one.code, one.label.zh_Hans) for one in options] == [(2, "安静"), (3, "都不好"), (4, "别的")]
    assert [one.exclusive for one in options] == [False, True, False]
    assert options[2].other


def ticked(shown: dict[str, str]) -> dict[str, str]:
    """As a browser sends it: boxes that are not ticked are left out. The ticks of these tests are the two named."""
    boxes = ("-exclusive", "-other")
    chosen = {"别的": "-other", "都不好": "-exclusive"}
    rows = {name.rsplit("-", 1)[0]: value for name, value in shown.items() if name.endswith("-zh")}
    keep = {f"{row}{chosen[words]}" for row, words in rows.items() if words in chosen}
    return {name: value for name, value in shown.items() if not name.endswith(boxes) or name in keep}


def test_an_option_that_moves_takes_along_what_stands_beside_it_in_the_file(world: World, start, secretary: Visitor):
    draft = start(CHOICE)
    page = f"{draft}/sections/1/items/0"
    shown = values_on(secretary.submit(page, go="options:down:0").text)
    secretary.client.post(page, data=ticked(shown) | {"go": "save"})
    lines = [line.strip() for line in source_of(world, draft).splitlines() if "code: 1, label: {zh_Hans: 宽敞" in line]
    assert lines == ["- {code: 1, label: {zh_Hans: 宽敞}}  # the old hall"]
    assert [one.code for one in item(world, draft, "place").options] == [2, 1, 3]


@pytest.mark.parametrize(
    "button",
    ["options:up:99", "options:remove:x", "options:up:" + "9" * 5000, "levels:add", "revision:add", "nonsense"],
    ids=range(6),
)
def test_a_button_that_is_not_there_changes_nothing(world: World, start, secretary: Visitor, button: str):
    draft = start(CHOICE)
    response = secretary.submit(f"{draft}/sections/1/items/0", go=button)
    assert response.status_code == 200
    assert source_of(world, draft) == CHOICE


# ---- scales and dimensions ----


def test_a_ready_scale_is_chosen_and_added_in_one_step(world: World, start, secretary: Visitor):
    draft, name = start(), next(iter(LIBRARY))
    save(secretary, f"{draft}/sections/1/items/0", scale=f"library:{name}")
    instrument = load_for_publishing(source_of(world, draft))
    assert instrument.by_code["place"].scale == name
    assert instrument.scales[name] == LIBRARY[name].scale


def test_a_new_dimension_is_made_with_the_question(world: World, start, secretary: Visitor):
    draft = start()
    save(secretary, f"{draft}/sections/1/items/0", dimension_zh="活动条件", dimension_en="Conditions")
    instrument = load_for_publishing(source_of(world, draft))
    assert [one.title.zh_Hans for one in instrument.dimensions] == ["活动条件"]
    assert instrument.by_code["place"].dimension == instrument.dimensions[0].code


def test_a_scale_of_ones_own_is_written_level_by_level(world: World, start, secretary: Visitor):
    draft = start()
    typed = {"code": "depth", "levels-0-zh": "很深", "levels-1-zh": "一般", "levels-2-zh": "不深"}
    page = f"{draft}/scales/1"
    shown = values_on(secretary.get(page).text) | typed | {"unscored-0-zh": "不了解"}
    shown = {name: value for name, value in shown.items() if not name.endswith("-satisfied")}
    unfinished = secretary.client.post(page, data=shown | {"go": "save"})
    assert unfinished.location == page
    assert "no level is named as satisfied; there is no default" in errors_on(secretary.get(page).text)
    now = values_on(secretary.get(page).text)
    shown |= {"levels-0-satisfied": "y", "revision": now["revision"], "was": now["was"]}
    saved = secretary.client.post(page, data=shown | {"go": "save"})
    assert saved.location == f"{draft}#edit-scales-depth"
    scale = load_for_publishing(source_of(world, draft)).scales["depth"]
    assert ([level.code for level in scale.levels], scale.satisfied) == ([5, 4, 3], (5,))
    assert [way.kind for way in scale.unscored] == ["dont_know"]


# ---- rules ----

RULED = "/sections/0/items/1"


def test_a_simple_rule_is_shown_as_rows_and_changed_there(world: World, start, secretary: Visitor):
    draft = start()
    shown = values_on(secretary.get(draft + RULED).text)
    assert [shown[f"rule-0-{part}"] for part in ("item", "operator", "answer")] == ["content", "==", "1"]
    save(secretary, draft + RULED, **{"rule-0-operator": "<=", "rule-0-answer": "2"})
    assert item(world, draft, "why").visible_if == "content <= 2"


def test_rows_are_joined_and_taken_away(world: World, start, secretary: Visitor):
    draft = start()
    more = {"rule-1-item": "content", "rule-1-operator": "==", "rule-1-answer": "2", "rule-joint": "or"}
    save(secretary, draft + RULED, **more)
    assert item(world, draft, "why").visible_if == "content == 1 or content == 2"
    save(secretary, draft + RULED, **{f"rule-{row}-{part}": "" for row in (0, 1) for part in ("item", "answer")})
    assert item(world, draft, "why").visible_if is None


def test_whoever_writes_the_text_has_the_last_word(world: World, start, secretary: Visitor):
    draft = start()
    save(secretary, draft + RULED, rule="not (content == 3)", **{"rule-0-answer": "2"})
    assert item(world, draft, "why").visible_if == "not (content == 3)"
    text = secretary.text(draft + RULED)
    assert "This rule says more than rows can show." in text
    save(secretary, draft + RULED, text_zh="为什么呢？")
    assert item(world, draft, "why").visible_if == "not (content == 3)"


def test_a_rule_that_cannot_be_read_is_refused_in_words_and_stays_typed(world: World, start, secretary: Visitor):
    draft = start()
    refused = save(secretary, draft + RULED, rule="content ==")
    assert refused.status_code == 422
    assert "the rule ends too early; possible here: 1, dont_know, not_applicable" in errors_on(refused.text)
    assert values_on(refused.text)["rule"] == "content =="


def test_a_row_without_its_answer_is_refused_and_stays(world: World, start, secretary: Visitor):
    draft = start()
    refused = save(secretary, draft + RULED, **{"rule-1-item": "content"})
    assert refused.status_code == 422
    assert any("in every line of the rule" in words for words in errors_on(refused.text))
    assert values_on(refused.text)["rule-1-item"] == "content"


def test_a_rule_that_makes_no_sense_is_saved_and_told_at_its_text(world: World, start, secretary: Visitor):
    draft = start()
    assert save(secretary, draft + RULED, rule="place == 1").location == draft + RULED
    told = errors_on(secretary.get(draft + RULED).text)
    assert any("a rule looks back only" in words for words in told)


# ---- the preview ----


def preview_of(visitor: Visitor, page: str, **typed: str) -> str:
    shown = values_on(visitor.get(page).text) | typed
    response = visitor.client.post(f"{page}/preview", data=shown)
    assert response.status_code == 200
    return response.text


def test_the_phone_shows_what_is_typed_and_cannot_be_filled_in(world: World, start, secretary: Visitor):
    draft = start()
    html = preview_of(secretary, f"{draft}/sections/1/items/0", text_zh="场地好不好？")
    assert "场地好不好？" in html
    assert "How was the place?" in html
    assert "Poor" in html
    page = html_of(html)
    fields = list(elements(page, "fieldset"))
    assert fields[0].get("disabled") is not None
    inside = {control for field in fields if field.get("disabled") is not None for control in elements(field, "input")}
    assert set(elements(page, "input")) == inside
    assert source_of(world, draft) == SMALL


def html_of(fragment: str):
    return parsed(f"<!doctype html><html lang=en><title>.</title><body>{fragment}</body></html>")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"scale": ""}, "please choose its scale"),
        ({"type": "single"}, "it has no options"),
        ({"text_zh": ""}, "something in it cannot be understood"),
        ({"type": "number", "minimum": "x"}, "something in it cannot be understood"),
    ],
)
def test_what_cannot_be_shown_yet_is_said_on_the_phone(
    world: World, start, secretary: Visitor, typed: dict[str, str], told: str
):
    assert told in preview_of(secretary, f"{start()}/sections/1/items/0", **typed)


def test_the_preview_is_that_of_the_language_of_each_phone(world: World, start, secretary: Visitor):
    html = preview_of(secretary, f"{start()}/sections/0/items/1", required="")
    assert "（可不填）" in html
    assert "(may be left blank)" in html


def test_the_whole_preview_shows_every_ready_questionnaire(world: World, start, secretary: Visitor):
    for name in ("branch-year", "training-evaluation"):
        source = catalogue.read_text(name)
        text = secretary.text(f"{start(source)}/preview")
        for one in load_for_publishing(source).items:
            assert " ".join(one.text.zh_Hans.split()) in text
        assert "is not shown yet" not in text


def test_a_form_sent_again_after_its_part_has_moved_or_gone_changes_no_other_part(
    world: World, start, secretary: Visitor
):
    draft = start()
    page = f"{draft}/sections/0/items/0"
    opened = values_on(secretary.get(page).text)
    before = codes_in_first_section(world, draft)
    new = f"{draft}/sections/0/items/{len(before)}"
    blank = values_on(secretary.get(new).text) | {"text_zh": "新的问题", "code": "brand_new"}
    first = secretary.client.post(new, data=blank | {"go": "save"})
    assert first.status_code == 302
    again = secretary.client.post(new, data=blank | {"go": "save"})
    assert again.status_code in (409, 422)
    stale = secretary.client.post(page, data=opened | {"go": "save"})
    assert stale.status_code == 409
    assert codes_in_first_section(world, draft) == [*before, "brand_new"]


def codes_in_first_section(world: World, draft: str) -> list[str]:
    return [item["code"] for item in read(source_of(world, draft)).data["sections"][0]["items"]]
