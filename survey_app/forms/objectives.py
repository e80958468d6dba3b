"""The form of a quality objective, and that of the questions which carry the comparison with the year before.

What levels can be named depends on what is measured: the view offers them once it knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DecimalField,
    HiddenField,
    RadioField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, InputRequired, Length, StopValidation, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from analysis.types import Definition, Measure
from survey_app.forms.account import stripped
from survey_app.forms.base import FlaskForm
from survey_app.forms.committee import ChoiceField, Choices, PercentField, fraction_of, unchosen

OTHER_LEVELS = "other_levels"
"""A satisfaction rate by other levels than those of the questionnaire: the second choice of the form."""
DEFINITIONS = (
    (Definition.SATISFIED.value, _l("Satisfaction rate: the share of the levels the questionnaire names as satisfied")),
    (OTHER_LEVELS, _l("Satisfaction rate by other levels: for example, basically satisfied counts too")),
    (Definition.INDEX.value, _l("Index: the mean turned into 0 to 100 points, from the worst level to the best")),
    (Definition.MEAN.value, _l("Mean: in points of the scale, for example 4.2 of 5")),
    (Definition.SCORE100.value, _l("Score out of 100: the mean of points that you set for every level; not the index")),
)  # fmt: skip


FIVE_LEVELS = (100, 80, 60, 30, 0)


class FigureField(DecimalField):
    """A number of at most 100 with at most two decimals; a percent sign or 分 behind it is passed over."""

    data: Decimal | None

    def __init__(self, label: Any = "", **kwargs: Any) -> None:
        super().__init__(label, places=None, **kwargs)

    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            super().process_formdata([value.strip().rstrip("%％分").strip() for value in valuelist])
        except ValueError:
            raise ValueError(_("A number such as 90 or 4.2.")) from None

    def pre_validate(self, form: Any) -> None:
        if self.data is None:
            return
        if not self.data.is_finite() or not 0 <= self.data <= 100 or self.data != round(self.data, 2):
            raise ValidationError(_("A number from 0 to 100, with at most two decimals."))

    @property
    def written(self) -> str:
        """The number without needless zeros: "85", "4.2"."""
        return f"{(self.data or Decimal(0)).normalize():f}"


class Ticks(SelectMultipleField):
    """Several of a list, as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class PointsField(FigureField):
    """The points of one level; needed where every level has its own."""

    def __init__(self, label: Any, **kwargs: Any) -> None:
        super().__init__(label, validators=[self.where_given], **kwargs)

    @staticmethod
    def where_given(form: ObjectiveForm, field: PointsField) -> None:
        if not form.gives_points:
            field.errors = []
            raise StopValidation
        if field.data is None:
            raise StopValidation(_("Please enter a number from 0 to 100."))


class ObjectiveForm(FlaskForm):
    """A quality objective: what is measured, by which figure, and what that has to reach."""

    title = StringField(
        _l("Objective"),
        description=_l("As it reads in the work plan."),
        filters=[stripped],
        validators=[
            DataRequired(_l("Please enter the objective.")),
            Length(max=100, message=_l("At most 100 characters.")),
        ],
    )
    measured = ChoiceField(_l("What is measured"))
    definition = RadioField(
        _l("Which figure"),
        description=_l(
            "It locks with the objective and is printed with every result. Participation is always a share."
        ),
        default=Definition.SATISFIED.value,
        validate_choice=False,
    )
    satisfied_levels = Ticks(_l("Levels that count as satisfied"), validate_choice=False)
    levels_of = HiddenField()
    """For which definition and measure the page showed the levels."""
    threshold = FigureField(
        _l("Not below"),
        description=_l(
            "Per cent for a rate (90), points for an index or a score (85), points of the scale for a mean (4.2)."
        ),
        validators=[InputRequired(_l("Please enter the target."))],
    )
    owner = StringField(
        _l("Person responsible"),
        filters=[stripped],
        validators=[
            DataRequired(_l("Please enter the person responsible.")),
            Length(max=50, message=_l("At most 50 characters.")),
        ],
    )
    evaluated = TextAreaField(
        _l("How it is evaluated (may be left blank)"),
        description=_l(
            "When, by whom and from what, for example: by the branch committee in January, from the annual survey."
        ),
        filters=[stripped],
        validators=[Length(max=300, message=_l("At most 300 characters."))],
        render_kw={"rows": 3},
    )
    reaches_below = BooleanField(
        _l("Units below are held against it too"),
        description=_l("Each with its own people. Without this the objective is judged for this unit alone."),
        default=True,
    )

    levels: ClassVar[Sequence[tuple[int, str]]] = ()
    """Level and words of what is measured, best first; see `objective_form`."""

    def offer(self, measures: Choices) -> None:
        self.measured.choices = unchosen(measures)
        self.definition.choices = list(DEFINITIONS)
        self.satisfied_levels.choices = [(str(level), words) for level, words in self.levels]

    @property
    def points(self) -> list[tuple[int, PointsField]]:
        return [(level, self[f"points_{level}"]) for level, _words in self.levels]

    @property
    def lacks_levels(self) -> bool:
        """The page on which this was filled in did not show the levels that it needs: they come next."""
        return (self.names_levels or self.gives_points) and self.levels_of.data != self._shown_for

    @property
    def _shown_for(self) -> str:
        return f"{self.chosen} {self.measured.data}"

    def show_levels(self, satisfied: Sequence[int]) -> None:
        """Put the levels on the page, those without an entry filled in as is usual."""
        if self.names_levels and self.lacks_levels:
            self.satisfied_levels.data = [str(level) for level in satisfied]
        if self.gives_points and self.lacks_levels:
            for (_level, field), usual in zip(self.points, usual_points(len(self.levels)), strict=True):
                field.data, field.raw_data = usual, None
        self.levels_of.data = self._shown_for

    @property
    def measure_and_target(self) -> tuple[str, str | None]:
        """`item:q3` -> ("item", "q3"); `overall` -> ("overall", None)."""
        measure, _colon, target = str(self.measured.data).partition(":")
        return measure, target or None

    @property
    def chosen(self) -> str:
        """The definition, of participation and where none was posted the usual rate."""
        known = {value for value, _words in DEFINITIONS}
        usual = self.measure_and_target[0] == Measure.PARTICIPATION or self.definition.data not in known
        return Definition.SATISFIED.value if usual else str(self.definition.data)

    @property
    def names_levels(self) -> bool:
        return self.chosen == OTHER_LEVELS and bool(self.levels)

    @property
    def gives_points(self) -> bool:
        return self.chosen == Definition.SCORE100 and bool(self.levels)

    @property
    def is_rate(self) -> bool:
        return self.chosen in (Definition.SATISFIED, OTHER_LEVELS)

    @property
    def kept_definition(self) -> Definition:
        return Definition.SATISFIED if self.is_rate else Definition(self.chosen)

    @property
    def kept_threshold(self) -> str:
        """As it is stored: a share for a rate, else the number as written."""
        return fraction_of(self.threshold.data or Decimal(0)) if self.is_rate else self.threshold.written

    @property
    def kept_levels(self) -> list[int] | None:
        return [int(level) for level in self.satisfied_levels.data or ()] if self.names_levels else None

    @property
    def kept_weights(self) -> dict[int, str] | None:
        if not self.gives_points:
            return None
        return {level: field.written for level, field in self.points}

    def validate_threshold(self, field: FigureField) -> None:
        figure = None if field.errors else field.data  # more than 100 has been refused: it may be too long to round
        if self.is_rate and figure is not None and (figure < 1 or figure != round(figure, 1)):
            raise ValidationError(_("A percentage from 1 to 100, with at most one decimal."))

    def validate_satisfied_levels(self, field: Ticks) -> None:
        if not self.names_levels:
            return
        if not field.data or not set(field.data) <= {str(level) for level, _words in self.levels}:
            raise ValidationError(_("Please tick the levels that count as satisfied."))


def objective_form(levels: Sequence[tuple[int, str]]) -> type[ObjectiveForm]:
    """The form for what is measured on these levels, with a field for the points of each."""
    fields = {f"points_{level}": PointsField(words) for level, words in levels}
    return type("ObjectiveForm", (ObjectiveForm,), {**fields, "levels": tuple(levels)})


def usual_points(count: int) -> list[Decimal]:
    """100, 80, 60, 30, 0 for five levels, as is customary; equal steps for others. Best first."""
    if count == len(FIVE_LEVELS):
        return [Decimal(points) for points in FIVE_LEVELS]
    return [Decimal(100 * step // (count - 1)) for step in range(count - 1, -1, -1)]


class FamilyForm(FlaskForm):
    """Which questions carry the comparison with the year before."""

    items = Ticks(_l("Questions that are compared"))

    def offer(self, items: Choices) -> None:
        self.items.choices = list(items)


class ResponseForm(FlaskForm):
    """How many of the eligible people are expected to answer; it stands in the address and changes nothing."""

    percent = PercentField(_l("Expected participation (per cent)"))
