"""The file of a sealed survey: in parts that can be counted apart, and refused in words where it is not one."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.dataset import SealedDataset
from analysis.parquet import ROW_GROUP, UNIT_COLUMN, DatasetDamaged, opened, table_of
from tests.unit.analysis import synthetic


@pytest.fixture(scope="module")
def data() -> SealedDataset:
    return synthetic.sealed(units={"A": 30, "B": 25})


def as_bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return sink.getvalue().to_pybytes()


def test_a_large_survey_is_written_in_parts_and_comes_back_whole(data):
    rows = ROW_GROUP + 1000
    which = np.arange(rows) % data.rows
    large = replace(
        data,
        codes=data.codes[:, which],
        units=data.units[which],
        manifest=replace(data.manifest, rows=rows),
        whole=None,
    )
    written = large.to_parquet()
    assert opened(written)[0].num_row_groups == 2
    assert large.to_parquet() == written
    back = SealedDataset.from_parquet(written)
    assert (back.codes == large.codes).all()
    assert (back.units == large.units).all()


def test_a_dataset_read_keeps_the_hash_of_its_bytes_even_if_it_would_be_written_otherwise_today(data):
    older = as_bytes(table_of(data))
    back = SealedDataset.from_parquet(older)
    assert back.to_parquet() != older
    assert back.sha256 == sha256(older).hexdigest()


def test_a_column_missing_or_of_another_kind_is_named(data):
    table = table_of(data)
    position = table.column_names.index("l2")
    wider = table.set_column(position, "l2", table.column("l2").cast(pa.int64()))
    for strange in (table.drop_columns(["l2"]), wider):
        with pytest.raises(DatasetDamaged, match=r"not_a_dataset: .*l2"):
            SealedDataset.from_parquet(as_bytes(strange))
    with pytest.raises(DatasetDamaged, match="units"):
        SealedDataset.from_parquet(as_bytes(table.drop_columns([UNIT_COLUMN])))


@pytest.mark.parametrize("stranger", ["elsewhere", None])
def test_rows_of_a_unit_outside_the_survey_are_refused(data, stranger):
    table = table_of(data)
    units = pa.array([stranger, *table.column(UNIT_COLUMN).to_pylist()[1:]]).dictionary_encode()
    with pytest.raises(DatasetDamaged, match="unit"):
        SealedDataset.from_parquet(as_bytes(table.set_column(0, UNIT_COLUMN, units)))


def test_bytes_overwritten_inside_the_file_are_noticed(data):
    whole = data.to_parquet()
    with pytest.raises(DatasetDamaged, match="not_a_dataset"):
        SealedDataset.from_parquet(whole[:4] + bytes(400) + whole[404:])
