"""What was found when everything with a hash was reckoned again after a move or a restore, in words and for scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from instruments.wording import N_
from survey_app.commands.speech import gettext as _

if TYPE_CHECKING:
    from survey_app.backup.verification import Verified

FITS = {
    "acts": N_("Record of acts: %(count)s entries, each follows from the one before."),
    "data": N_("Sealed data: %(count)s, all as they were sealed."),
    "receipts": N_("Lists of receipts: %(count)s, all with the hash that was published."),
    "minutes": N_("Signed minutes: %(count)s, all as they were signed."),
    "evidence": N_("Files of evidence: %(count)s, all as they were stored."),
}
ALTERED = {
    "acts": N_("The record of acts is not as it was written; see: branch-survey audit verify"),
    "data": N_("The sealed data of “%(name)s” are not what was sealed."),
    "receipts": N_("The list of receipts of “%(name)s” does not have the hash that was published."),
    "minutes": N_("The minutes “%(name)s” are not what was signed."),
    "evidence": N_("The file of evidence “%(name)s” is not what was stored."),
}


def verified_in_words(verified: Verified) -> list[str]:
    """A line for each kind of which there is something and all fits, and for each thing that does not."""
    looked_at = {kind: count for kind, count in verified.counts.items() if count}
    altered = {found.kind for found in verified.altered}
    fits = ["✓ " + _(FITS[kind], count=count) for kind, count in looked_at.items() if kind not in altered]
    return [*fits, *("✗ " + _(ALTERED[found.kind], name=found.name) for found in verified.altered)]


def verified_facts(verified: Verified) -> dict[str, Any]:
    return {
        "verified": verified.counts,
        "altered": [{"kind": found.kind, "name": found.name} for found in verified.altered],
    }
