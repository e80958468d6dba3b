"""Whatever the figures: more never gives fewer points, ranges hold the face value, places stay within their bounds."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.tree import Rate
from survey_app.assessment.figures import FigureValue, Missing, Source, plan_figure
from survey_app.assessment.loader import SchemeError, load_scheme, sample_scheme
from survey_app.assessment.marking import AssessmentSheet, SiteFact, assess, points_of
from survey_app.assessment.ranges import range_of_rate
from survey_app.assessment.ranking import rank
from survey_app.assessment.scheme import Linear, Scheme, Steps
from survey_app.assessment.scrutiny import scrutiny

SAMPLE: Scheme = load_scheme(sample_scheme())
BY_SHARE = [point for point in SAMPLE.check_points if isinstance(point.rule, Steps | Linear)]
NOWHERE = Source("", "", "")
QUICK = settings(max_examples=60, deadline=None)

shares = st.fractions(0, 1, max_denominator=200)
out_of = st.integers(1, 2000).map(lambda hundredths: Decimal(hundredths).scaleb(-2))


def made_sheet(seed: int) -> AssessmentSheet:
    """A sheet of the sample from figures drawn at random: some hidden or absent, some marks unsigned or exempt."""
    made = Random(seed)
    figures = {}
    for name in sorted({name for point in SAMPLE.check_points for name in point.figures}):
        kind = made.choice(("value", "value", "value", "hidden", "absent"))
        low, value, high = sorted(Fraction(made.randint(0, 40), 40) for _ in range(3))
        if kind == "hidden":
            figures[name] = FigureValue(name, NOWHERE, missing=Missing.TOO_FEW)
        elif kind == "value":
            figures[name] = FigureValue(name, NOWHERE, value, low, high)
    site = {
        point.code: SiteFact(
            made.choice((None, Decimal(made.randint(0, 500)).scaleb(-2))), made.random() < 0.3, "", made.random() < 0.7
        )
        for point in SAMPLE.check_points
        if made.random() < 0.6
    }
    awaited = frozenset(made.sample(("member", "staff", "plan"), made.randint(0, 3)))
    return assess(SAMPLE, made.choice(SAMPLE.classes[:2]), figures, {}, site, awaited=awaited)


sheets = st.integers(0, 2**32).map(made_sheet)


@given(point=st.sampled_from(BY_SHARE), full=out_of, one=shares, other=shares)
def test_a_larger_share_never_gives_fewer_points(point, full, one, other):
    fewer, more = sorted((one, other))
    assert 0 <= points_of(point, full, fewer) <= points_of(point, full, more) <= full


@given(point=st.sampled_from(BY_SHARE), n=st.integers(1, 500), data=st.data())
def test_the_face_value_alone_decides_and_no_rounding_before_it(point, n, data):
    """A threshold is met exactly where satisfied x 100 >= per cent x n in whole numbers."""
    satisfied = data.draw(st.integers(0, n))
    if isinstance(point.rule, Steps):
        met = [points for share, points in point.rule.thresholds
               if satisfied * share.denominator >= share.numerator * n]  # fmt: skip
        assert points_of(point, point.points, Fraction(satisfied, n)) == max(met, default=Decimal())


@given(n=st.integers(2, 400), data=st.data())
def test_the_range_of_a_rate_holds_its_face_value(n, data):
    satisfied = data.draw(st.integers(0, n))
    population = data.draw(st.none() | st.integers(n, 2 * n))
    bound = data.draw(st.sampled_from(("exact", "at_least", "at_most")))
    known = range_of_rate(Rate(satisfied, n, population, bound))
    assert 0 <= known.low <= known.value == Fraction(satisfied, n) <= known.high <= 1


@QUICK
@given(found=sheets)
def test_a_total_lies_between_its_ends_and_within_the_points_there_are(found):
    assert found.low <= found.high <= found.out_of
    if found.rescaled_total is not None:
        assert 0 <= found.low <= found.rescaled_total <= found.high
    for line in found.lines:
        assert (line.points is None) is not line.why.has_points
        if line.points is not None:
            assert 0 <= line.low <= line.points <= line.high <= line.out_of
    assert found.total == sum((part.points for part in found.categories), Decimal())


@QUICK
@given(found=sheets)
def test_where_nothing_is_exempt_or_awaited_the_rescaled_total_is_the_plain_one(found):
    if all(line.why.has_points for line in found.lines):
        assert found.rescaled_total == found.total


@settings(max_examples=25, deadline=None)
@given(found=st.lists(sheets, min_size=1, max_size=6))
def test_places_and_grades_lie_within_what_they_could_be(found):
    units = {f"B{position}": sheet for position, sheet in enumerate(found)}
    standings = rank(units, SAMPLE)
    order = [grade.code for grade in SAMPLE.grades]
    assert {standing.unit for standing in standings} == set(units)
    for standing in standings:
        if standing.place is None:
            continue
        best, worst = standing.could_be
        assert 1 <= best <= standing.place <= worst <= standing.out_of_units, standing
        top, bottom = standing.grade_could_be
        assert order.index(top) <= order.index(standing.grade) <= order.index(bottom)
    for one in standings:
        for other in standings:
            if one.points is not None and (one.unit_class, one.points) == (other.unit_class, other.points):
                assert (one.place, one.grade) == (other.place, other.grade)


@settings(max_examples=15, deadline=None)
@given(found=st.lists(sheets, max_size=5))
def test_contributions_make_one_wherever_totals_differ(found):
    reviews = scrutiny({f"B{position}": sheet for position, sheet in enumerate(found)}, SAMPLE)
    contributions = [review.contribution for review in reviews]
    if None not in contributions:
        assert abs(sum(contributions) - 1) < 1e-9
    assert all(review.spread is None or 0 <= review.spread <= 0.5 for review in reviews)


@given(done=st.integers(0, 50), more=st.integers(0, 50))
def test_a_count_of_the_plan_is_its_share(done, more):
    figure = plan_figure("actions_done", done, done + more)
    assert figure.value == (Fraction(done, done + more) if done + more else None)


LINES = sample_scheme().splitlines()


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """The sample with lines taken out, doubled, or with something else written into them."""
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 4))):
        row = draw(st.integers(0, len(lines) - 1))
        at = draw(st.integers(0, len(lines[row])))
        put = draw(st.sampled_from(
            ("", ": ", "- ", "{", "]", "%", "-1", "1e400", ".inf", "null", "true", "&a", "*a", "!!set", '"', "\t", "0x",
             "\u202e", "\ud800", "9" * 30, "[[[[", "member.item:", "100%")
        ))  # fmt: skip
        lines[row] = draw(st.sampled_from(("", lines[row][:at] + put + lines[row][at:], lines[row][:at] + put)))
    return "\n".join(lines)


@settings(max_examples=15, deadline=None)
@given(text=damaged())
def test_a_damaged_scheme_is_read_or_refused_with_sentences(text):
    reads_or_says_why(text)


@given(text=st.text(max_size=60) | st.binary(max_size=60))
def test_any_text_is_read_or_refused_with_sentences(text):
    reads_or_says_why(text)


def reads_or_says_why(text: str | bytes) -> None:
    try:
        scheme = load_scheme(text)
    except SchemeError as refused:
        assert refused.problems
        assert refused.reason
        assert all(problem.message.strip() and "%(" not in problem.message for problem in refused.problems)
        return
    for unit_class in scheme.classes:
        sheet = assess(scheme, unit_class, {}, {}, {})
        rank({"B": sheet}, scheme)
