"""Comments in words: what was written and released, themes and most used words, what they cannot say."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _

from analysis.comments import ThemeCount
from analysis.tree import Comments, Report
from survey_app.wording.cells import Cell, Row, Table
from survey_app.wording.labels import listed, quoted
from survey_app.wording.names import Names
from survey_app.wording.sentences import paragraph

FIRST_THEMES = 3
"""So many themes are named in the sentence to read out."""


def readable(report: Report) -> list[Comments]:
    """Questions to which enough wrote that comments may be read."""
    return [asked for asked in report.comments if isinstance(asked.count, int)]


def comments_sentence(report: Report) -> str:
    asked = readable(report)
    written, released = sum(len_of(one) for one in asked), sum(len(one.texts) for one in asked)
    if not written:
        return _("Comments are shown from 10 answers and 5 comments on, so that nobody can be guessed from them.")
    counted = _("%(n)s comments were written; the committee has approved %(released)s of them for reading.",
                n=written, released=released) if released else _(
        "%(n)s comments were written; the committee has approved none for reading yet.", n=written
    )  # fmt: skip
    return paragraph((counted, *_most_spoken_of(asked)))


def len_of(asked: Comments) -> int:
    """Comments to a question; 0 where their number is not told."""
    return asked.count if isinstance(asked.count, int) else 0


def _most_spoken_of(asked: Sequence[Comments]) -> tuple[str, ...]:
    found = sorted(((theme, one) for one in asked for theme in one.themes), key=lambda told: -told[0].people)
    first = list({theme.title: (theme, one) for theme, one in reversed(found)}.values())[::-1][:FIRST_THEMES]
    if not first:
        return ()
    told = [
        _("%(theme)s (%(people)s)", theme=quoted(theme.title), people=people_told(one, theme.people))
        for theme, one in sorted(first, key=lambda told: -told[0].people)
    ]
    return (_("Most often they speak of %(themes)s.", themes=listed(told)),)


def comments_cannot() -> str:
    return paragraph(
        (
            _("Comments show what some people wanted to say, not how many think so."),
            _("Whoever did not write is not in them, and what was not approved cannot be read here."),
        )
    )


def comment_notes(report: Report) -> tuple[str, ...]:
    """Whose coding the themes are, from when on they are named, and what the marks in a quotation mean."""
    asked = readable(report)
    coded = sum(one.coded or 0 for one in asked)
    rest = sum(len_of(one) for one in asked) - coded
    said = (
        (coded and not rest, _("The committee has chosen the themes of every comment.")),
        (coded and rest, _("The committee has chosen the themes of %(coded)s comments; those of the other %(rest)s "
                           "were found by keywords.", coded=coded, rest=rest)),
        (not coded and rest, _("Themes were found by keywords; nobody has checked them yet.")),
        (asked, _("A theme or a word is named when at least 3 people bring it up; one comment may have several "
                  "themes. Words are counted in approved comments.")),
        (any(one.bands for one in asked), _("Numbers of people are told as 3, 5, 10 or 20 or more: the exact ones of "
                                            "several units, subtracted, could tell what few people wrote.")),
        (any(one.texts for one in asked), _("Approved comments stand in random order. ××× and words in 〔〕 stand for "
                                            "what could tell who somebody is; nothing has been added.")),
    )  # fmt: skip
    return tuple(text for applies, text in said if applies)


def people_told(asked: Comments, people: int) -> str:
    """How many bring up a theme or a word, as it stands for its band."""
    return _("%(count)s people or more", count=people) if asked.bands else _("%(count)s people", count=people)


def people_figure(asked: Comments, people: int) -> str:
    """The same under a heading that says that people are counted."""
    return people_told(asked, people) if asked.bands else str(people)


def by_people(themes: Sequence[ThemeCount]) -> list[ThemeCount]:
    """Themes in order of people, ties as in the committee's list."""
    return sorted(themes, key=lambda theme: -theme.people)


def theme_tables(report: Report, names: Names) -> tuple[Table, ...]:
    """Themes, then words, of each question that has any."""
    told = [one for one in report.comments if one.themes or one.words]
    found = []
    for one in told:
        asked = names.comments(one.code) if len(told) > 1 else ""
        themes = [(theme.title, people_figure(one, theme.people)) for theme in by_people(one.themes)]
        words = [(word.word, people_figure(one, word.people)) for word in one.words]
        found += [
            _counts(_of(_("Themes of the comments"), asked), _("Theme"), themes),
            _counts(_of(_("Most used words"), asked), _("Word used"), words),
        ]
    return tuple(table for table in found if table.rows)


def _of(caption: str, question: str) -> str:
    """Which question a table is about, where there are several."""
    return _("%(caption)s: %(question)s", caption=caption, question=question) if question else caption


def _counts(caption: str, corner: str, counted: Sequence[tuple[str, str]]) -> Table:
    rows = tuple(Row(head, (Cell(people),)) for head, people in counted)
    return Table(caption, corner, ((_("People"), True),), rows, shape="pairs")


def voices(report: Report, names: Names) -> tuple[tuple[str, tuple[tuple[str, tuple[str, ...]], ...]], ...]:
    """Question, then theme and the released comments that speak of it; each stands once, under its foremost theme."""
    return tuple((names.comments(asked.code), _grouped(asked)) for asked in report.comments if asked.texts)


def _grouped(asked: Comments) -> tuple[tuple[str, tuple[str, ...]], ...]:
    order = [theme.title for theme in by_people(asked.themes)]
    themes_of = asked.themes_of or tuple(() for _text in asked.texts)
    under: dict[str, list[str]] = {title: [] for title in (*order, "")}
    for text, titles in zip(asked.texts, themes_of, strict=True):
        under[next((title for title in order if title in titles), "")].append(text)
    rest = _("Other comments") if any(under[title] for title in order) else ""
    return tuple((title or rest, tuple(texts)) for title, texts in under.items() if texts)
