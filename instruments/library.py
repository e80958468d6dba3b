"""Ready scales and grade sets of the field, in both languages, with the words and codes of the ready questionnaires.

Whoever takes a scale from here can compare its items with those of every other questionnaire that did.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from instruments.model import Level, Scale, Translation, Unscored


@dataclass(frozen=True, slots=True)
class LibraryScale:
    title: Translation
    scale: Scale


Words = tuple[str, str]
"""Chinese and English."""

DONT_KNOW = Unscored(kind="dont_know", label=Translation(zh_Hans="不了解", en="Don't know"))
NOT_APPLICABLE = Unscored(kind="not_applicable", label=Translation(zh_Hans="不适用", en="Not applicable"))


def ready(title: Words, *levels: Words, satisfied: int, unscored: tuple[Unscored, ...] = ()) -> LibraryScale:
    """A scale of levels from best to worst, of which the first ones count as satisfied."""
    codes = range(len(levels), 0, -1)
    return LibraryScale(
        title=Translation(zh_Hans=title[0], en=title[1]),
        scale=Scale(
            levels=tuple(
                Level(code=code, label=Translation(zh_Hans=chinese, en=english))
                for code, (chinese, english) in zip(codes, levels, strict=True)
            ),
            satisfied=tuple(codes[:satisfied]),
            unscored=unscored,
        ),
    )


def points(n: int) -> LibraryScale:
    """1 to n points; satisfied are those in the upper 30 % of the way from 1 to n: 6 and 7 of 7, 8 to 10 of 10.

    Raises: ValueError unless 3 <= n <= 10.
    """
    if not 3 <= n <= 10:
        raise ValueError(f"a scale of {n} points")
    satisfied = sum(10 * (point - 1) >= 7 * (n - 1) for point in range(1, n + 1))
    levels = point_labels(n)
    return ready((f"{n} 分制", f"{n} points"), *levels, satisfied=satisfied, unscored=(DONT_KNOW,))


def point_labels(n: int) -> Iterable[Words]:
    ends = {n: ("（最高）", " (best)"), 1: ("（最低）", " (worst)")}
    for point in range(n, 0, -1):
        chinese, english = ends.get(point, ("", ""))
        yield f"{point} 分{chinese}", f"{point}{english}"


SATISFACTION: tuple[Words, ...] = (
    ("非常满意", "Very satisfied"),
    ("满意", "Satisfied"),
    ("一般", "Neither satisfied nor dissatisfied"),
    ("不满意", "Dissatisfied"),
    ("非常不满意", "Very dissatisfied"),
)
AGREEMENT: tuple[Words, ...] = (
    ("非常同意", "Strongly agree"),
    ("同意", "Agree"),
    ("一般", "Neither agree nor disagree"),
    ("不同意", "Disagree"),
    ("非常不同意", "Strongly disagree"),
)

LIBRARY: Mapping[str, LibraryScale] = MappingProxyType(
    {
        "satisfaction": ready(
            ("满意度（五级）", "Satisfaction (five levels)"), *SATISFACTION, satisfied=2, unscored=(DONT_KNOW,)
        ),
        "satisfaction_three": ready(
            ("满意度（满意 / 基本满意 / 不满意 / 不了解）", "Satisfaction (three levels and “don't know”)"),
            ("满意", "Satisfied"),
            ("基本满意", "Mostly satisfied"),
            ("不满意", "Dissatisfied"),
            satisfied=1,
            unscored=(DONT_KNOW,),
        ),
        "agreement": ready(("同意程度（五级）", "Agreement (five levels)"), *AGREEMENT, satisfied=2),
        "improvement": ready(
            ("同意程度（可选不了解、不适用）", "Agreement (with “don't know” and “not applicable”)"),
            *AGREEMENT,
            satisfied=2,
            unscored=(DONT_KNOW, NOT_APPLICABLE),
        ),
        "frequency": ready(
            ("频率（五级）", "Frequency (five levels)"),
            ("总是", "Always"),
            ("经常", "Often"),
            ("有时", "Sometimes"),
            ("很少", "Rarely"),
            ("从不", "Never"),
            satisfied=2,
            unscored=(DONT_KNOW,),
        ),
        "extent": ready(
            ("程度（五级）", "Extent (five levels)"),
            ("很高", "Very great"),
            ("较高", "Great"),
            ("一般", "Moderate"),
            ("较低", "Small"),
            ("很低", "Very small"),
            satisfied=2,
        ),
        "grade": ready(
            ("述职评议、民主测评（好 / 较好 / 一般 / 差）", "Grades of a review (good to poor)"),
            ("好", "Good"),
            ("较好", "Fairly good"),
            ("一般", "Average"),
            ("差", "Poor"),
            satisfied=2,
            unscored=(DONT_KNOW,),
        ),
        "group_grade": ready(
            ("领导班子等次（优秀 / 良好 / 一般 / 较差）", "Grades of a leading group (excellent to poor)"),
            ("优秀", "Excellent"),
            ("良好", "Good"),
            ("一般", "Average"),
            ("较差", "Poor"),
            satisfied=2,
            unscored=(DONT_KNOW,),
        ),
        "member_grade": ready(
            ("党员等次（优秀 / 合格 / 基本合格 / 不合格）", "Grades of a member (excellent to not qualified)"),
            ("优秀", "Excellent"),
            ("合格", "Qualified"),
            ("基本合格", "Basically qualified"),
            ("不合格", "Not qualified"),
            satisfied=2,
            unscored=(DONT_KNOW,),
        ),
        "cadre_grade": ready(
            ("干部等次（优秀 / 称职 / 基本称职 / 不称职）", "Grades of a cadre (excellent to not competent)"),
            ("优秀", "Excellent"),
            ("称职", "Competent"),
            ("基本称职", "Basically competent"),
            ("不称职", "Not competent"),
            satisfied=2,
            unscored=(DONT_KNOW,),
        ),
        "seven_points": points(7),
        "ten_points": points(10),
    }
)
"""Name, which is also the code offered for it in a questionnaire, and the scale."""
