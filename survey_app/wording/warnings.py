"""Early warnings in words: what the control chart of a question over the pulses shows, and what it cannot say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _

from analysis.pulse_control import PulseChart, SignalKind
from analysis.tree import Hidden, Rate
from instruments.wording import N_
from survey_app.wording import figures
from survey_app.wording.cells import Cell, Row, Table, cell
from survey_app.wording.labels import hidden_label, listed, quoted
from survey_app.wording.sentences import paragraph

SIGNALS: Mapping[SignalKind, str] = {
    SignalKind.ABOVE: N_("above the upper limit"),
    SignalKind.BELOW: N_("below the lower limit"),
    SignalKind.RUN_ABOVE: N_("at least 8 times in a row above the middle"),
    SignalKind.RUN_BELOW: N_("at least 8 times in a row below the middle"),
    SignalKind.UNLIKE_ALL: N_("clearly unlike all earlier pulses"),
}


@dataclass(frozen=True, slots=True)
class UnitPulses:
    """A unit below with pulses of its own."""

    unit: str
    name: str
    pulses: int
    latest: date
    signals: tuple[tuple[str, SignalKind], ...] | None
    """Questions whose latest pulse is a signal; None where nobody has looked."""


def signal_label(kind: SignalKind) -> str:
    return _(SIGNALS[kind])


def sentence(found: PulseChart) -> str:
    """What the latest pulse says, to be read out."""
    last = found.points[-1]
    if isinstance(last.rate, Hidden):
        told = _("The latest pulse shows no figure: %(reason)s.", reason=hidden_label(last.rate))
    else:
        told = _("Latest pulse: %(rate)s.", rate=_rate(last.rate))
    if found.limits is None:
        return paragraph((told, _needs_more(found.missing)))
    if last.share is None:
        earlier = (_("An earlier pulse was a signal."),) if found.signals else ()
        return paragraph((told, _("There is no exact number to hold against the limits."), *earlier))
    if found.fresh is not None:
        words = _(
            "This is a signal: %(signal)s. It is worth asking whether something has changed.",
            signal=signal_label(found.fresh),
        )
        return paragraph((told, words))
    if found.signals:
        return paragraph((told, _("It lies within the usual ups and downs; an earlier pulse was a signal.")))
    return paragraph((told, _("All pulses lie within the usual ups and downs.")))


def _needs_more(missing: int) -> str:
    return _(
        "Limits need 8 earlier pulses with figures; %(n)s are missing. Until then the chart shows points only.",
        n=missing,
    )


def reading(found: PulseChart) -> str:
    if found.limits is None:
        return _("How to read it: each dot is a pulse, the filled one the latest.")
    if found.is_unanimous:
        return _(
            "How to read it: each dot is a pulse; dashes are the rate of the earlier ones. All their answers agree, so "
            "that there are no limits to draw; the latest is ringed if it differs from them by more than chance."
        )
    read = _(
        "How to read it: each dot is a pulse; dashes are the rate of the earlier pulses together, between the lines "
        "lie usual ups and downs. Ringed is what lies outside, or the eighth and later in a row on one side of them."
    )
    missing_side = None in (*found.limits.lower, *found.limits.upper)
    if not missing_side:
        return read
    return paragraph((read, _("Where a line is missing, no rate could lie outside on that side.")))


def cannot() -> str:
    return _(
        "A signal only suggests asking whether something has changed, not what and not why; among many questions and "
        "pulses one appears by chance now and then. No signal does not say that all is well, only that nothing stands "
        "out from the usual ups and downs."
    )


def table(found: PulseChart, caption: str) -> Table:
    """Latest first."""
    kinds = dict(found.signals)
    rows = [
        Row(
            point.day.isoformat(),
            (
                Cell(point.title),
                cell(_rate(point.rate), point.rate),
                Cell(_bounds(found, position)),
                Cell(signal_label(kinds[position]) if position in kinds else ""),
            ),
        )
        for position, point in enumerate(found.points)
    ]
    columns = ((_("Pulse"), False), (_("Satisfied"), True), (_("Limits"), True), (_("Signal"), False))
    return Table(caption, _("Day"), columns, tuple(reversed(rows)))


def _bounds(found: PulseChart, position: int) -> str:
    if found.limits is None or found.points[position].share is None:
        return _("not given")
    lower, upper = found.limits.lower[position], found.limits.upper[position]
    if lower is None and upper is None:
        return _("not given")
    return figures.percent_interval((lower or 0.0, 1.0 if upper is None else upper))


def told(found: PulseChart) -> str:
    """The chart for those who do not see it: every pulse, centre, signals."""
    kinds = dict(found.signals)
    said = [
        _("%(day)s %(rate)s", day=point.day.isoformat(), rate=_rate(point.rate))
        + (_(", ") + signal_label(kinds[position]) if position in kinds else "")
        for position, point in enumerate(found.points)
    ]
    if found.limits is not None:
        said.append(_("middle %(rate)s", rate=figures.percent(found.limits.centre, 0)))
    return _("; ").join(said)


def _rate(rate: Rate | Hidden) -> str:
    return figures.rate_with_people(rate) if isinstance(rate, Rate) else figures.rate_text(rate)


def summary(charts: Sequence[PulseChart], labels: Sequence[str]) -> str:
    """All questions of a unit in one sentence."""
    fresh = [quoted(label) for chart, label in zip(charts, labels, strict=True) if chart.fresh is not None]
    if fresh:
        return _("The latest pulse is a signal for %(items)s.", items=listed(fresh))
    if charts and all(chart.limits is None for chart in charts):
        return _needs_more(min(chart.missing for chart in charts))
    compared = sum(chart.limits is not None and chart.points[-1].share is not None for chart in charts)
    if compared == len(charts):
        return _("No question stands out in its latest pulse.")
    if not compared:
        return _("In its latest pulse no question can be held against limits.")
    return _("Of the %(n)s questions held against limits, none stands out in its latest pulse.", n=compared)


def units_table(rows: Sequence[UnitPulses]) -> Table:
    """Units below with pulses of their own, the latest first."""
    columns = ((_("Pulses"), True), (_("Latest"), True), (_("Signals of the latest pulse"), False))
    return Table(
        _("Units below with pulses of their own, the latest first"),
        _("Unit"),
        columns,
        tuple(
            Row(row.name, (Cell(str(row.pulses)), Cell(row.latest.isoformat()), Cell(_signals(row))), row.unit)
            for row in rows
        ),
    )


def _signals(row: UnitPulses) -> str:
    if row.signals is None:
        return _("see its own page")
    told = [_("%(name)s: %(signal)s", name=label, signal=signal_label(kind)) for label, kind in row.signals]
    return _("; ").join(told) or _("none")
