"""A sealed dataset keeps exactly what was answered, shows a unit its own part, and notices when it was touched."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest

from analysis.dataset import NOT_ANSWERED, SealedDataset, build
from analysis.parquet import DatasetDamaged, verify_sha256
from analysis.types import Roster
from tests.unit.analysis import synthetic

UNITS = {"A": 12, "B": 20, "B1": 11}
TREE = {"root": None, "A": "root", "B": "root", "B1": "B"}


@pytest.fixture(scope="module")
def dataset() -> SealedDataset:
    return synthetic.sealed(units=UNITS, parents=TREE)


def two_people(**first: object) -> SealedDataset:
    manifest = synthetic.manifest({"root": 2})
    return build(synthetic.instrument(), [first, {}], ["root", "root"], manifest=manifest)


def test_answers_come_back_as_they_were_given():
    data = two_people(l1=5, l2=-1, wish=2, channels=(1, 3), age=3)
    assert data.column("l1").tolist() == [5, NOT_ANSWERED]
    assert data.column("l2").tolist() == [-1, NOT_ANSWERED]
    assert [data.column(f"channels.{option}")[0] for option in (1, 2, 3)] == [1, 0, 1]
    assert data.rows == 2


def test_no_opinion_and_no_answer_are_not_scored_and_a_reversed_item_is_turned():
    x = two_people(l1=5, l2=-1, w4=1).matrix(["l1", "l2", "w4"])
    assert x[0, 0] == 5
    assert np.isnan(x[0, 1])
    assert x[0, 2] == 5
    assert np.isnan(x[1]).all()


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"l1": 6}, "l1 has no code 6"),
        ({"l1": -2}, "l1 has no code -2"),
        ({"l1": "5"}, "l1 has no code '5'"),
        ({"channels": (1, 9)}, "channels has no option 9"),
        ({"l99": 1}, "no item l99"),
    ],
)
def test_an_answer_the_questionnaire_does_not_have_is_refused(answers: dict[str, object], told: str):
    with pytest.raises(ValueError, match=told):
        two_people(**answers)


def test_a_row_of_a_unit_outside_the_survey_is_refused():
    with pytest.raises(ValueError, match="elsewhere"):
        build(synthetic.instrument(), [{}], ["elsewhere"], manifest=synthetic.manifest({"root": 1}))


def test_texts_lie_apart_and_their_order_does_not_follow_the_rows():
    said = [f"意见 {number}" for number in range(40)]
    manifest = synthetic.manifest({"root": 40})
    questionnaire = synthetic.instrument()

    def kept(texts: list[str]) -> tuple[str, ...]:
        data = build(questionnaire, [{"comment": text} for text in texts], ["root"] * 40, manifest=manifest)
        assert "comment" not in data.columns
        return data.texts["comment"]["root"]

    assert kept(said) == kept(said[::-1])
    assert sorted(kept(said)) == sorted(said)
    assert list(kept(said)) not in (said, said[::-1], sorted(said))


def test_parquet_brings_everything_back_and_the_same_dataset_gives_the_same_bytes(dataset: SealedDataset):
    data = dataset.to_parquet()
    back = SealedDataset.from_parquet(data, dataset.texts_json())
    assert data == synthetic.sealed(units=UNITS, parents=TREE).to_parquet()
    assert back.to_parquet() == data
    assert (back.instrument, back.manifest, back.texts) == (dataset.instrument, dataset.manifest, dataset.texts)
    assert (back.codes == dataset.codes).all()
    assert back.sha256 == dataset.sha256 == hashlib.sha256(data).hexdigest()


def test_texts_are_not_in_the_parquet_file(dataset: SealedDataset):
    text = dataset.texts["comment"]["A"][0]
    assert text.encode() not in dataset.to_parquet()
    assert text in json.loads(dataset.texts_json())["comment"]["A"]


def test_a_changed_byte_is_noticed(dataset: SealedDataset):
    data = dataset.to_parquet()
    verify_sha256(data, dataset.sha256)
    with pytest.raises(DatasetDamaged, match="hash"):
        verify_sha256(data[:-1] + bytes([data[-1] ^ 1]), dataset.sha256)
    with pytest.raises(DatasetDamaged, match="not_a_dataset"):
        SealedDataset.from_parquet(b"answers,1,2")
    with pytest.raises(DatasetDamaged, match="texts"):
        SealedDataset.from_parquet(data, b'{"comment":{}}')


def test_a_parquet_file_of_another_kind_is_no_dataset():
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"l1": [1]}), sink)
    with pytest.raises(DatasetDamaged, match="not_a_dataset"):
        SealedDataset.from_parquet(sink.getvalue().to_pybytes())


def test_a_unit_sees_its_subtree_and_still_knows_the_whole(dataset: SealedDataset):
    view = dataset.for_unit("B")
    assert view.rows == UNITS["B"] + UNITS["B1"]
    assert set(view.unit_codes()) == {"B", "B1"}
    assert view.whole is dataset
    assert view.sha256 == dataset.sha256
    assert set(view.texts["comment"]) <= {"B", "B1"}
    assert [above.unit for above in dataset.for_unit("B1").ancestors] == ["B", "root"]
    assert dataset.for_unit("B1").for_unit("A").rows == UNITS["A"]
    with pytest.raises(KeyError):
        dataset.for_unit("Z")


def test_the_roster_of_a_unit_adds_its_subtree(dataset: SealedDataset):
    assert dataset.roster_of("B") == Roster(23 + 13, 23 + 13, 31, 31)
    assert dataset.for_unit("B").roster == dataset.roster_of("B")
    unknown = synthetic.with_roster(dataset, "B1", Roster(None, None, 11, 11, verified=False))
    assert unknown.roster_of("B") == Roster(None, None, 31, 31, verified=False)
    assert unknown.roster_of("A").eligible == 14


def test_codes_cannot_be_written_over(dataset: SealedDataset):
    with pytest.raises(ValueError, match="read-only"):
        dataset.column("l1")[0] = 1


def test_a_survey_has_one_root(dataset: SealedDataset):
    units = tuple(replace(unit, parent=None) for unit in dataset.manifest.units)
    with pytest.raises(ValueError, match="one root"):
        replace(dataset.manifest, units=units)
