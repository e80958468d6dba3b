"""Can Chinese be drawn and printed? Without a font charts lack their words, and nothing is printed at all."""

from __future__ import annotations

from collections.abc import Iterator

from instruments.wording import N_
from survey_app.doctor.finding import Finding, trouble, warning, well
from survey_app.doctor.installation import Installation

INSTALL = N_("Install a Chinese font, then start the service again: apt-get install fonts-noto-cjk")


def check_charts(_installation: Installation) -> Iterator[Finding]:
    from survey_app.charts.render import chinese_font_available

    if chinese_font_available():
        yield well(N_("Charts for documents are drawn with Chinese words."))
    else:
        yield warning(N_("No Chinese font is installed: charts in documents lack their words."), INSTALL)


def check_print(_installation: Installation) -> Iterator[Finding]:
    from survey_app.printing.compile import NoChineseFont, require_chinese_font

    try:
        require_chinese_font()
    except NoChineseFont:
        yield trouble(
            N_("No Chinese font is installed: slips, recovery sheets and reports cannot be printed."), INSTALL
        )
    else:
        yield well(N_("Slips and reports are printed with Chinese characters."))
