"""Random questionnaires survive the way to XLSForm and back; whatever is changed in a workbook is read or refused."""

from __future__ import annotations

import io
import zipfile

from hypothesis import given
from hypothesis import strategies as st
from pyxform.xls2xform import convert

from instruments.exporters.xlsform import write_xlsform
from instruments.importers.xlsform import read_xlsform
from instruments.loader import content_hash, load
from instruments.model import Audience, Instrument, Item, ItemType, Section, Translation
from instruments.problems import InstrumentError
from instruments.reading import FORBIDDEN
from tests.property.made_instruments import OFTEN, instruments

awkward = st.sampled_from(
    ["=1+1", "+2", "-x", "@a", "${q1}", "${", "$\u200b{x}", "a  b", "_x0041_", "“”", "<b>&amp;", "😀"]
)
words = st.lists(st.text(max_size=12) | awkward, min_size=1, max_size=4).map("\n".join)
texts = words.map(lambda text: FORBIDDEN.sub("", text).strip()).filter(bool)


@OFTEN
@given(instruments())
def test_a_questionnaire_comes_back_from_xlsform_as_it_was_and_pyxform_takes_it(instrument: Instrument):
    exported = write_xlsform(instrument)
    assert "<h:html" in convert(io.BytesIO(exported.content), validate=False).xform
    imported = read_xlsform(exported.content)
    assert content_hash(load(imported.source)) == content_hash(instrument)
    assert imported.left_out == ()


@OFTEN
@given(st.lists(texts, min_size=5, max_size=5), st.none() | texts)
def test_no_text_changes_on_the_way(words: list[str], english: str | None):
    title, note, section, text, short = (Translation(zh_Hans=word, en=english) for word in words)
    item = Item(code="q1", type=ItemType.TEXT, text=text, short=short, hint=note)
    instrument = Instrument(
        schema=1, code="x", title=title, note=note, audience=Audience.STAFF,
        sections=(Section(code="s", title=section, intro=note, items=(item,)),),
    )  # fmt: skip
    imported = read_xlsform(write_xlsform(instrument).content)
    assert load(imported.source) == instrument
    assert imported.left_out == ()


@OFTEN
@given(instruments(most_items=2), st.integers(0, 2**32), st.binary(min_size=1, max_size=6))
def test_a_workbook_with_bytes_changed_is_read_or_refused(instrument: Instrument, where: int, bytes_: bytes):
    content = bytearray(write_xlsform(instrument).content)
    at = where % len(content)
    content[at : at + len(bytes_)] = bytes_
    try:
        read_xlsform(bytes(content))
    except InstrumentError as error:
        assert error.problems


@OFTEN
@given(instruments(most_items=2), st.integers(0, 2**32), st.binary(max_size=4))
def test_a_sheet_with_bytes_changed_is_read_or_refused(instrument: Instrument, where: int, bytes_: bytes):
    """As above, but inside the package, where the sum over the bytes no longer protects."""
    stream = io.BytesIO()
    exported = write_xlsform(instrument).content
    with zipfile.ZipFile(io.BytesIO(exported)) as old, zipfile.ZipFile(stream, "w") as new:
        names = sorted(old.namelist())
        for name in names:
            part = bytearray(old.read(name))
            if name == names[where % len(names)]:
                part[where % len(part) : where % len(part) + 2] = bytes_
            new.writestr(name, bytes(part))
    try:
        imported = read_xlsform(stream.getvalue())
    except InstrumentError as error:
        assert error.problems
    else:
        assert imported.source
