"""Ready scales: those of the field, fit to use as they are, and the same as in the ready questionnaires."""

from __future__ import annotations

import pytest

from instruments import catalogue
from instruments.checks import scale_problems
from instruments.library import LIBRARY, points
from instruments.loader import load


@pytest.mark.parametrize(
    ("name", "levels", "satisfied"),
    [
        ("satisfaction", "非常满意 满意 一般 不满意 非常不满意", 2),
        ("satisfaction_three", "满意 基本满意 不满意", 1),
        ("grade", "好 较好 一般 差", 2),
        ("group_grade", "优秀 良好 一般 较差", 2),
        ("member_grade", "优秀 合格 基本合格 不合格", 2),
        ("cadre_grade", "优秀 称职 基本称职 不称职", 2),
    ],
)
def test_the_levels_and_grades_of_the_field_are_there(name, levels, satisfied):
    scale = LIBRARY[name].scale
    assert [level.label.zh_Hans for level in scale.levels] == levels.split()
    assert scale.satisfied == tuple(level.code for level in scale.levels[:satisfied])
    assert [extra.kind for extra in scale.unscored] == ["dont_know"]


def test_every_ready_scale_is_fit_to_publish_and_complete_in_both_languages(small):
    scales = {name: ready.scale for name, ready in LIBRARY.items()}
    assert list(scale_problems(small.model_copy(update={"scales": scales}))) == []
    for ready in LIBRARY.values():
        labels = [ready.title, *(part.label for part in (*ready.scale.levels, *ready.scale.unscored))]
        assert all(label.en for label in labels)


def test_a_scale_of_the_same_name_in_a_ready_questionnaire_has_the_same_levels():
    found = set()
    for name in catalogue.names():
        for code, scale in load(catalogue.read_text(name)).scales.items():
            if code in LIBRARY:
                found.add(code)
                assert (scale.levels, scale.satisfied) == (LIBRARY[code].scale.levels, LIBRARY[code].scale.satisfied)
    assert found >= {"satisfaction", "agreement", "improvement", "extent", "grade", "group_grade"}


def test_points_have_their_ends_named_and_their_upper_third_satisfied():
    seven = points(7).scale
    assert [level.label.zh_Hans for level in seven.levels][::6] == ["7 分（最高）", "1 分（最低）"]
    assert (seven.satisfied, points(10).scale.satisfied, points(5).scale.satisfied) == ((7, 6), (10, 9, 8), (5, 4))
    for n in (2, 11):
        with pytest.raises(ValueError, match="points"):
            points(n)
