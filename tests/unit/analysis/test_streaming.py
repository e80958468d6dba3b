"""Counting a file: the same bits in any chunks and processes, a clear word where the file is not what it should be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest

from analysis.parquet import DatasetDamaged, table_of
from analysis.streaming import counted_file, sha256_of, tabulate_parquet
from analysis.tabulation import tabulate
from tests.unit.analysis import synthetic
from tests.unit.analysis.test_tables import all_counts


@pytest.fixture(scope="module")
def data():
    return synthetic.sealed(units={"A": 140, "B": 120, "C": 60}, dont_know=0.1)


@pytest.fixture(scope="module")
def path(data, tmp_path_factory):
    """In seven row groups, as a large survey's file would be."""
    found = tmp_path_factory.mktemp("sealed") / "answers.parquet"
    pq.write_table(table_of(data), found, row_group_size=50)
    return found


def same(first, second) -> bool:
    ours, theirs = all_counts(first), all_counts(second)
    return ours.keys() == theirs.keys() and all((ours[name] == theirs[name]).all() for name in ours)


@pytest.mark.parametrize("how", [{}, {"chunk_rows": 1}, {"chunk_rows": 37}, {"processes": 2, "chunk_rows": 64}])
def test_a_file_gives_the_same_counts_however_it_is_read(data, path, how):
    assert same(tabulate_parquet(path, **how), tabulate(data))


def test_what_is_done_is_told_until_all_is_done(data, path):
    told = []
    tabulate_parquet(path, chunk_rows=100, progress=lambda done, of: told.append((done, of)))
    assert told[-1] == (320, 320)
    assert len(told) >= 4
    assert told == sorted(told)


def test_a_file_counted_knows_its_units_and_its_hash(data, path):
    survey = counted_file(path)
    assert survey.roster == data.roster
    assert survey.people == 320
    assert survey.dataset_sha256 == sha256_of(path)
    assert survey.for_unit("B").people == 120


def test_an_empty_survey_is_counted_too(tmp_path):
    nobody = synthetic.sealed(units={"A": 0, "B": 0})
    file = tmp_path / "nobody.parquet"
    file.write_bytes(nobody.to_parquet())
    assert same(tabulate_parquet(file), tabulate(nobody))


def test_a_file_that_is_none_and_one_with_rows_missing_are_told_apart(tmp_path, data):
    damaged = tmp_path / "damaged.parquet"
    damaged.write_bytes(data.to_parquet()[:-20])
    with pytest.raises(DatasetDamaged, match="not_a_dataset"):
        tabulate_parquet(damaged)
    fewer = tmp_path / "fewer.parquet"
    pq.write_table(table_of(replace(data, manifest=replace(data.manifest, rows=321), whole=None)), fewer)
    with pytest.raises(DatasetDamaged, match="rows"):
        tabulate_parquet(fewer)


def test_counts_stay_exact_where_levels_are_large_and_answers_many():
    """A scale up to 100: float32 would round the sum of squares of more than 1,600 people."""
    levels = [{"code": code, "label": {"zh_Hans": str(code), "en": str(code)}} for code in (0, 50, 99, 100)]
    scale = {"five": {"levels": levels, "satisfied": (99, 100)}}
    questionnaire = synthetic.instrument(scales=scale)
    base = synthetic.sealed(1)
    rng = np.random.default_rng(5)
    columns = len(base.columns)
    codes = np.full((columns, 5000), -128, np.int8)
    scored = [
        position
        for position, name in enumerate(base.columns)
        if questionnaire.by_code.get(name) in questionnaire.scored_items
    ]
    codes[scored] = rng.choice([50, 99, 100], (len(scored), 5000))
    data = replace(
        base,
        instrument=questionnaire,
        codes=codes,
        units=np.zeros(5000, np.int16),
        manifest=replace(base.manifest, rows=5000),
        whole=None,
    )
    tables = tabulate(data)
    x = data.matrix(tables.questionnaire.items).astype(np.int64)
    assert (tables.questionnaire.products[0] == x.T @ x).all()
    assert (tables.pair_product[0, :12, :12] == x.T @ x).all()
