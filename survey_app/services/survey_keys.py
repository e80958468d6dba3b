"""The keys of a survey: made at opening, handed to the scrutineers and to nobody else, destroyed at sealing."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

from survey_app.crypto import box, guardians
from survey_app.crypto.blind import PublicKey, SigningKey
from survey_app.crypto.keys import WrongSecretError, unwrap, wrap
from survey_app.errors import PassphraseRefused, SecretReplaced
from survey_app.models import ReportingGroup, State, StateError, Survey
from survey_app.services.shelf import Shelf

SIGNING = "signing-key"

LOG2_COST = guardians.LOG2_COST
draw_signing_key = SigningKey.generate
draw_opening_key = box.OpeningKey.generate


@dataclass(frozen=True, slots=True, repr=False)
class GroupKeys:
    """What a reporting group signs and verifies with."""

    public: bytes
    wrapped: bytes


def draw_signing_keys(count: int) -> list[SigningKey]:
    """So many fresh keys, a twentieth of a second of work each: best done before a transaction begins."""
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return list(threads.map(lambda _: draw_signing_key(), range(count)))


def wrap_group_key(survey: Survey, key: SigningKey, *, secret: bytes) -> GroupKeys:
    """A group's keys as they lie in the database: the private half under the installation secret."""
    return GroupKeys(key.public.der, wrap(secret, survey.id, SIGNING, key.der, bound_to=key.public.key_id))


def lock_envelopes(survey: Survey, *, rng: Random) -> list[str]:
    """Give the survey its envelope key. Returns the scrutineers' passphrases: shown once, kept nowhere."""
    opening = draw_opening_key()
    passphrases = [guardians.generate_passphrase(rng) for _ in range(survey.scrutineers)]
    survey.envelope_key = opening.public.der
    survey.opening_lock = guardians.lock(opening.der, passphrases, survey_id=survey.id, log2_cost=LOG2_COST).to_bytes()
    return passphrases


def signing_key_of(group: ReportingGroup, *, secret: bytes) -> SigningKey:
    """Raises: StateError after sealing, SecretReplaced."""
    if group.signing_key is None or group.public_key is None:
        raise StateError(group.survey, State.OPEN)
    return unwrap_signing_key(secret, group.survey_id, PublicKey.from_der(group.public_key), group.signing_key)


def unwrap_signing_key(secret: bytes, survey_id: UUID, public: PublicKey, wrapped: bytes) -> SigningKey:
    """Raises: SecretReplaced."""
    try:
        return SigningKey.from_der(unwrap(secret, survey_id, SIGNING, wrapped, bound_to=public.key_id))
    except WrongSecretError:
        raise SecretReplaced from None


def public_key_of(group: ReportingGroup) -> PublicKey:
    """Verifies the group's credentials. Raises: StateError for a survey without ballot box."""
    if group.public_key is None:
        raise StateError(group.survey, State.OPEN)
    return PublicKey.from_der(group.public_key)


def envelope_key_of(survey: Survey) -> PublicKey:
    """Raises: StateError for a survey without ballot box."""
    if survey.envelope_key is None:
        raise StateError(survey, State.OPEN)
    return PublicKey.from_der(survey.envelope_key)


def needed_passphrases(survey: Survey) -> int:
    """How many scrutineers open this survey together; none for one without ballot box."""
    return guardians.NEEDED[survey.scrutineers] if survey.has_ballot_box else 0


def unlock_envelopes(survey: Survey, passphrases: Sequence[str]) -> box.OpeningKey:
    """The key that opens this survey's envelopes. Raises: PassphraseRefused; StateError once it is destroyed."""
    if survey.opening_lock is None:
        raise StateError(survey, State.CLOSED)
    return open_lock(guardians.Lock.from_bytes(survey.opening_lock), passphrases, survey_id=survey.id)


def open_lock(lock: guardians.Lock, passphrases: Sequence[str], *, survey_id: UUID) -> box.OpeningKey:
    """What the scrutineers' passphrases open together. Raises: PassphraseRefused."""
    if len(passphrases) != lock.needed:
        raise PassphraseRefused("count", needed=lock.needed)
    _require_well_formed(passphrases)
    try:
        return box.OpeningKey.from_der(guardians.unlock(lock, passphrases, survey_id=survey_id))
    except guardians.MalformedPassphraseError as error:
        raise PassphraseRefused(error.reason) from None
    except guardians.WrongPassphraseError:
        raise PassphraseRefused("wrong") from None


KEY_IDS: Shelf[Sequence[bytes]] = Shelf(64)
"""Of the groups of surveys, by survey and envelope key: fixed with it when a survey opens."""


def fingerprint_of(survey: Survey) -> str:
    """What is printed on slips for all keys of the survey. Raises: StateError for one without ballot box."""
    return box.fingerprint(survey.id, _key_ids(survey), envelope_key_of(survey).key_id)


def poll_of(survey: Survey, group: ReportingGroup) -> dict[str, Any]:
    """What a voter's browser has to know, as static/ballot-box.js takes it. Raises: StateError as above."""
    return {
        "survey": survey.id.hex,
        "group": group.id.hex,
        "keyIds": [_base64(key_id) for key_id in _key_ids(survey)],
        "key": _base64(public_key_of(group).der) if survey.has_credentials else None,
        "envelopeKey": _base64(envelope_key_of(survey).der),
        "size": survey.envelope_size,
    }


def destroy_keys(survey: Survey) -> None:
    """From now on nothing of this survey can be signed or opened."""
    survey.opening_lock = None
    for group in survey.groups:
        group.signing_key = None


def _require_well_formed(passphrases: Sequence[str]) -> None:
    for number, typed in enumerate(passphrases, start=1):
        try:
            guardians.normalise_passphrase(typed)
        except guardians.MalformedPassphraseError as error:
            raise PassphraseRefused(error.reason, number=number, length=error.length) from None


def _key_ids(survey: Survey) -> Sequence[bytes]:
    if not survey.has_credentials:
        return ()
    return KEY_IDS.get(
        (survey.id, survey.envelope_key), lambda: sorted(public_key_of(group).key_id for group in survey.groups)
    )


def _base64(data: bytes) -> str:
    return b64encode(data).decode("ascii")
