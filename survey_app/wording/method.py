"""The method block: definitions, thresholds and fingerprints behind every figure, and how to reckon them again."""

from __future__ import annotations

from flask_babel import gettext as _

from analysis.agreement_results import FEWEST_UNITS
from analysis.reliability_results import FEWEST_COMPLETE
from analysis.tree import Report
from analysis.validity_results import (
    FEWEST_A_YEAR,
    FEWEST_FOR_CONFIRMATION,
    fewest_for_adequacy,
    fewest_for_structure,
)
from survey_app.wording.approval import approval
from survey_app.wording.labels import listed
from survey_app.wording.names import Names


def method_facts(report: Report, names: Names) -> tuple[tuple[str, str], ...]:
    """Terms and what they mean here, then where the figures come from."""
    return (*_definitions(report, names), *_origin(report, names))


def _definitions(report: Report, names: Names) -> tuple[tuple[str, str], ...]:
    if not report.items and report.hidden is None:
        return ((_("Small groups"), _small_choices(report)),)
    return (
        (approval(names).rate, _satisfied(names)),
        (_("Dimension"), _("Mean of the satisfaction rates of its questions.")),
        (_("Awareness"), _("Scored answers out of scored answers and “don't know”.")),
        (_("Index"), _("(mean − lowest level) ÷ (highest − lowest level) × 100.")),
        *_recommendation(report),
        (_("90% bounds"), _("Satisfied people among all eligible, exact (hypergeometric); a full census has none.")),
        (
            _("Interval (95%)"),
            _(
                "Of a rate: Wilson, with finite population where the number of eligible is known. "
                "Of a dimension: t, over people's shares. Of α: Feldt."
            ),
        ),
        (
            _("Strong and weak points"),
            _(
                "Questions whose whole Wilson interval (95%), without finite population, lies above or below the mean "
                "of the questions they stand among."
            ),
        ),
        (_("Verdict of an objective"), _verdict()),
        (_("Change of a year"), _change()),
        (_("Comparability of years"), _comparability()),
        *_measurement(report),
        *_importance(report),
        (_("Care in answering"), _("People are counted by what their answers look like; nobody is left out for it.")),
        (_("Small groups"), _small(report)),
    )


def _recommendation(report: Report) -> tuple[tuple[str, str], ...]:
    if all(item.recommendation is None for item in report.items):
        return ()
    return (
        (
            _("Net promoter score"),
            _("Share of promoters (9 and 10) less share of detractors (0 to 6), in points; score interval (Tango)."),
        ),
    )


def _measurement(report: Report) -> tuple[tuple[str, str], ...]:
    """From how many complete answers a figure of reliability or validity is printed."""
    if report.validity is None:
        return ()
    k = len(report.validity.items)
    return (
        (
            _("Reliability and validity"),
            _(
                "From complete answers only: α and ω from %(alpha)s, KMO and Bartlett's test from %(adequacy)s, "
                "explored factors from %(structure)s, confirmed structure and ordinal α from %(confirmed)s, two years "
                "from %(year)s each, differences between branches from %(units)s branches. Below, the figure of the "
                "nearest unit above is told with its name; differences between its branches are taken out of it.",
                alpha=FEWEST_COMPLETE,
                adequacy=fewest_for_adequacy(k),
                structure=fewest_for_structure(k),
                confirmed=FEWEST_FOR_CONFIRMATION,
                year=FEWEST_A_YEAR,
                units=FEWEST_UNITS,
            ),
        ),
    )


def _importance(report: Report) -> tuple[tuple[str, str], ...]:
    if report.importance is None:
        return ()
    told = _("Shares of the differences in overall satisfaction that go along with a dimension; association, no cause.")
    return ((_("Importance"), told),)


def _comparability() -> str:
    return _(
        "Not comparable: another wording, other levels, another definition, another audience or another way of "
        "answering. With reserve: another position, a changed translation, another season or reference day, "
        "participation 15 points or more apart. What is unknown of either year is not held against it."
    )


def _satisfied(names: Names) -> str:
    kinds = [_(" or ").join(levels) for levels in names.satisfied_of_scales()]
    return _(
        "Share of %(levels)s among scored answers; “don't know” and “not applicable” are not scored.",
        levels=listed(kinds),
    )


def _verdict() -> str:
    return _(
        "Certain: whatever the people not counted think. Confident: if the opposite were so, such a result would have "
        "a chance of at most 5%. At face value: by the rate of those who answered alone, in a unit with branches "
        "weighed by their people."
    )


def _change() -> str:
    return _(
        "Mann–Whitney test of the main figures, Holm correction over all of them at 5%; "
        "“about the same” only after an equivalence test."
    )


def _small(report: Report) -> str:
    return _(
        "Below %(n)s answers nothing is shown; below 20 only counts in two classes; below 30 three classes.",
        n=report.provenance.threshold,
    )


def _small_choices(report: Report) -> str:
    """Where nothing is scored."""
    return _(
        "Below %(n)s answers nothing is shown; how often each answer was chosen is shown from 30 answers on.",
        n=report.provenance.threshold,
    )


def _origin(report: Report, names: Names) -> tuple[tuple[str, str], ...]:
    return (
        (_("Questionnaire"), f"{names.title()} · sha256 {report.provenance.instrument_sha256[:16]}"),
        (_("Sealed data"), f"sha256 {report.provenance.dataset_sha256}"),
        (_("Software"), report.provenance.software),
        (_("Group threshold"), _("%(n)s answers", n=report.provenance.threshold)),
        (
            _("Reckoning again"),
            _(
                "With the sealed dataset (branch-survey export --format sealed): branch-survey analyse FILE --unit "
                "%(unit)s --threshold %(n)s gives this year's figures, branch-survey verify FILE checks the "
                "fingerprint.",
                unit=report.unit,
                n=report.provenance.threshold,
            ),
        ),
    )
