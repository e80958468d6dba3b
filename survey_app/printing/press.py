"""The press: a process of its own that makes one PDF, told by JSON on its input, and forgets.

typst keeps all it has seen for the life of its process: some 300 MB for 3,200 slips, codes and passphrases among it.
Run in a process that ends, it keeps nothing; what is printed crosses a pipe and touches no file.
This file is run by its path and imports nothing of the application, so that it starts at once.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

import typst

TEMPLATES = Path(__file__).parent
CHINESE_FAMILIES = ("Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", "WenQuanYi Micro Hei")
"""In this order; with none of them any other font that has the characters serves."""
CODES_FAMILY = "DejaVu Sans Mono"
"""Part of typst: the same on every machine, with a zero that is no O."""

SAMPLE = '#set document(title: "sample", date: none)\n测评结果'.encode()
ACCESSIBLE: Final = "ua-1"
NO_CHINESE_FONT = 3


def main() -> int:
    """Read a job, write a PDF; the exit status says whether Chinese text can be printed."""
    job = json.load(sys.stdin.buffer)
    fonts = typst.Fonts(include_system_fonts=job["system_fonts"])
    if not has_chinese(fonts):
        return NO_CHINESE_FONT
    if job["template"]:
        sys.stdout.buffer.write(pdf(job["template"], job["data"], fonts))
    return 0


def has_chinese(fonts: typst.Fonts) -> bool:
    """Whether Chinese text comes out as such: PDF/UA-1 allows no character that no font has."""
    try:
        typst.compile(SAMPLE, font_paths=fonts, pdf_standards=ACCESSIBLE)
    except typst.TypstError:
        return False
    return True


def pdf(template: str, data: dict[str, Any], fonts: typst.Fonts) -> bytes:
    """The PDF, as PDF/UA-1 wherever the fonts have every character."""
    source, inputs = (TEMPLATES / template).read_bytes(), inputs_of(data, fonts)
    try:
        return typst.compile(source, sys_inputs=inputs, font_paths=fonts, pdf_standards=ACCESSIBLE)
    except typst.TypstError:
        # A rare character of a name that no font has is printed as a box, in a PDF that is tagged but claims no
        # standard: these codes are shown only now, and one box must not cost them all.
        return typst.compile(source, sys_inputs=inputs, font_paths=fonts)


def inputs_of(data: dict[str, Any], fonts: typst.Fonts) -> dict[str, str]:
    """What a template reads: the data and the fonts to be used, as JSON."""
    installed = set(fonts.families())
    look = {"fonts": [family for family in CHINESE_FAMILIES if family in installed], "mono": CODES_FAMILY}
    return {"data": json.dumps({**data, "look": look}, ensure_ascii=False)}


if __name__ == "__main__":
    sys.exit(main())
