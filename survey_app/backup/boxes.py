"""Codes and ballots of one survey as one blob: for its scrutineers alone, and of a size that tells nothing.

The size is that of as many codes and ballots as the survey can have by its settings, however many there are. Two
backups of one survey differ in the blob's random bytes and in nothing that could be held against who answered between.
A survey of before the ballot box has no scrutineers: its blob lies under a key of the installation secret, as its
ballots themselves do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

import sqlalchemy as sa

from survey_app.backup.tables import Row, TableShape, decode, encode, read_rows, shape_of
from survey_app.crypto import box, envelope, sealed_blob
from survey_app.crypto.blind import PublicKey
from survey_app.models import UNUSED, Ballot, Base, Invitation, PlayedCount, State, Survey
from survey_app.services.cast import envelope_size
from survey_app.services.questionnaires import instrument_of

TABLES = tuple(
    Base.metadata.tables[f"{model.__table__.schema}.{model.__tablename__}"]
    for model in (Invitation, PlayedCount, Ballot)
)
UNDER_WAY = (State.OPEN, State.CLOSED)
"""States in which a survey has codes and ballots."""
FEWEST = 64
"""Codes and ballots for which there is always room, where nobody is known to be eligible."""
MOST_PLAYED = 10**9
END = b"\n"
"""An empty line: what follows are zeros."""


def bound_to(survey_id: UUID) -> bytes:
    """What a blob is bound to besides its key: nobody can put it in another survey's place."""
    return b"branch-survey-backup/v1\0" + survey_id.bytes


def sealed_boxes(connection: sa.Connection, survey: Survey, *, secret: bytes) -> Iterator[bytes]:
    """The blob of a survey, piece by piece."""
    if survey.envelope_key is not None:
        wrapping = sealed_blob.for_scrutineers(PublicKey.from_der(survey.envelope_key))
    else:
        wrapping = sealed_blob.for_installation(secret, survey.id)
    content = sealed_blob.padded(_lines(connection, survey), room_for(survey))
    return sealed_blob.seal_blob(content, wrapping, bound_to=bound_to(survey.id))


def room_for(survey: Survey) -> int:
    """Bytes for all codes and ballots that a survey can have, by what was fixed at opening and by its spare slips."""
    invitation, played, ballot = (shape_of(table) for table in TABLES)
    people = max(FEWEST, sum((group.eligible or 0) + group.spares for group in survey.groups))
    digest = bytes(box.HASH_BYTES)
    whose = {"survey_id": survey.id, "group_id": survey.id}
    each = encode(invitation, whose | {"code_hash": digest, "mark": UNUSED})
    each += encode(
        ballot,
        whose | {"spent": digest, "receipt": digest, "envelope": bytes(_envelope_bytes(survey)), "is_paper": False},
    )
    heads = sum(len(_headed(shape, b"")) for shape in (invitation, ballot))
    once = _headed(played, encode(played, whose | {"count": MOST_PLAYED})) + END
    return people * (len(each) + heads) + len(once)


def rows_in(segments: Iterable[bytes], shapes: Mapping[str, TableShape]) -> Iterator[tuple[str, Row]]:
    """Table and row, of all in an opened blob. Raises: ValueError, TypeError, KeyError if it is not one of ours."""
    for line in _until_end(segments):
        name, _, row = line.partition(b" ")
        table = name.decode()
        yield table, decode(shapes[table], row)


def _lines(connection: sa.Connection, survey: Survey) -> Iterator[bytes]:
    for table in TABLES:
        shape = shape_of(table)
        for row in read_rows(connection, table, survey_id=survey.id):
            yield _headed(shape, row)
    yield END


def _headed(shape: TableShape, row: bytes) -> bytes:
    return shape.name.encode() + b" " + row


def _envelope_bytes(survey: Survey) -> int:
    if survey.envelope_key is not None:
        return box.envelope_bytes(PublicKey.from_der(survey.envelope_key), survey.envelope_size or 0)
    size = envelope_size(instrument_of(survey))
    return envelope.NONCE_BYTES + envelope.LENGTH_BYTES + size + box.TAG_BYTES


def _until_end(segments: Iterable[bytes]) -> Iterator[bytes]:
    """The lines before the empty one; what follows is read all the same, to know that it is genuine."""
    waiting, has_ended = b"", False
    for segment in segments:
        if has_ended:
            continue
        *lines, waiting = (waiting + segment).split(b"\n")
        for line in lines:
            if not line:
                has_ended = True
                break
            yield line
    if not has_ended:
        raise ValueError("the rows do not end")
