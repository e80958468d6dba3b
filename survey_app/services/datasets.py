"""Sealed datasets in the database: Parquet bytes and their hash; comments in a field of their own."""

from __future__ import annotations

from hashlib import sha256

from sqlalchemy.orm import Session

from analysis.dataset import SealedDataset
from survey_app.errors import DatasetAltered, NothingToReport
from survey_app.models import Dataset, LocalDataset, LocalModule, Survey
from survey_app.services.shelf import Shelf

OPENED: Shelf[SealedDataset] = Shelf(32)
"""Datasets whose bytes have been read and whose hash has been verified, by hash."""


def store_dataset(session: Session, survey: Survey, sealed: SealedDataset) -> Dataset:
    """Keep a sealed dataset; its hash is that of the bytes written."""
    parquet = sealed.to_parquet()
    dataset = Dataset(
        sha256=sha256(parquet).hexdigest(),
        rows=sealed.rows,
        parquet=parquet,
        comments=sealed.texts_json(),
        survey=survey,
    )
    session.add(dataset)
    session.flush()
    return dataset


def load_dataset(session: Session, survey: Survey) -> SealedDataset:
    """The sealed dataset of a survey, its hash verified.

    Raises: NothingToReport for a survey without one, DatasetAltered.
    """
    stored = session.get(Dataset, survey.id)
    if stored is None:
        raise NothingToReport(unit=survey.unit.name)
    return OPENED.get((stored.survey_id, stored.sha256), lambda: _verified(stored))


def store_local_dataset(session: Session, module: LocalModule, sealed: SealedDataset) -> LocalDataset:
    """Keep the sealed answers to a unit's own questions."""
    parquet = sealed.to_parquet()
    dataset = LocalDataset(
        survey_id=module.survey_id,
        unit_id=module.unit_id,
        sha256=sha256(parquet).hexdigest(),
        rows=sealed.rows,
        parquet=parquet,
        comments=sealed.texts_json(),
    )
    session.add(dataset)
    session.flush()
    return dataset


def load_local_dataset(session: Session, module: LocalModule) -> SealedDataset:
    """The sealed answers to a unit's own questions, their hash verified.

    Raises: NothingToReport where too few answered to keep anything, DatasetAltered.
    """
    stored = session.get(LocalDataset, (module.survey_id, module.unit_id))
    if stored is None:
        raise NothingToReport(unit=module.unit.name)
    return OPENED.get((stored.survey_id, stored.unit_id, stored.sha256), lambda: _verified(stored))


def _verified(stored: Dataset | LocalDataset) -> SealedDataset:
    if sha256(stored.parquet).hexdigest() != stored.sha256:
        raise DatasetAltered
    try:
        return SealedDataset.from_parquet(stored.parquet, stored.comments)
    except ValueError as problem:
        raise DatasetAltered from problem
