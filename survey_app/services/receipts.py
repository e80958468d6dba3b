"""The published receipts of a sealed survey: whoever kept theirs sees that their ballot was in the box."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy.orm import Session

from survey_app.crypto.box import HASH_BYTES, RECEIPT_CHARACTERS, printed_receipt
from survey_app.crypto.codes import ALPHABET, LOOKALIKES, SEPARATORS, formatted
from survey_app.models import ReceiptList, Survey


@dataclass(frozen=True, slots=True)
class Receipts:
    """All receipts as they are printed, in ascending order, and the SHA-256 of these lines."""

    printed: tuple[str, ...]
    sha256: str

    @property
    def lines(self) -> str:
        """What the hash is of: one receipt a line, each line ended."""
        return _lines(self.printed)

    def has(self, typed: str) -> bool:
        """Is this receipt, in whatever way it was typed, one of them?"""
        meant = unicodedata.normalize("NFKC", typed[:200]).translate(SEPARATORS).upper().translate(LOOKALIKES)
        is_possible = len(meant) == RECEIPT_CHARACTERS and set(meant) <= set(ALPHABET)
        return is_possible and formatted(meant) in self.printed


def keep_receipts(session: Session, survey: Survey, receipts: Sequence[bytes]) -> None:
    """Write the list down at sealing."""
    in_order = sorted(receipts)
    printed = tuple(printed_receipt(receipt) for receipt in in_order)
    session.add(ReceiptList(survey_id=survey.id, receipts=b"".join(in_order), sha256=_digest(printed)))


def receipts_of(session: Session, survey: Survey) -> Receipts | None:
    """The list of a sealed survey; None before sealing, and where receipts were switched off."""
    kept = session.get(ReceiptList, survey.id)
    if kept is None:
        return None
    starts = range(0, len(kept.receipts), HASH_BYTES)
    return Receipts(tuple(printed_receipt(kept.receipts[at : at + HASH_BYTES]) for at in starts), kept.sha256)


def _lines(printed: Sequence[str]) -> str:
    return "".join(f"{receipt}\n" for receipt in printed)


def _digest(printed: Sequence[str]) -> str:
    return sha256(_lines(printed).encode("ascii")).hexdigest()
