"""Accounts: signing in, being locked out, changing and resetting passwords, and the first administrator."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app import services
from survey_app.errors import LoginRefused, LoginTaken, NotTheFirst, PasswordTooShort
from survey_app.models import AuditEntry, User, UserRole
from survey_app.permissions import ROLE_RIGHTS, Right
from survey_app.services import COMMAND_LINE
from survey_app.services.calendar_feed import person_of_calendar, renew_calendar
from survey_app.services.people import ATTEMPTS, check_own_password, is_locked
from tests.district import PASSWORD, found_district


@pytest.fixture
def secretary(district):
    return district.person(UserRole.SECRETARY, "education", login="secretary")


def sign_in(session, clock, login="secretary", password=PASSWORD, *, address_is_loopback=True):
    return services.authenticate(session, login, password, address_is_loopback=address_is_loopback, clock=clock)


def refused(session, clock, **attempt):
    with pytest.raises(LoginRefused) as refusal:
        sign_in(session, clock, **attempt)
    return refusal.value.reason


def test_the_right_password_opens_the_account_however_the_login_is_written(session, clock, secretary):
    assert sign_in(session, clock, login=" Secretary ") is secretary
    assert session.scalars(select(AuditEntry.act).order_by(AuditEntry.number)).all()[-1] == "user.sign_in"


def test_a_wrong_password_and_an_unknown_login_get_the_same_answer(session, clock, secretary):
    assert refused(session, clock, password="wrong password") == "wrong"
    assert refused(session, clock, login="nobody") == "wrong"


def test_ten_wrong_passwords_lock_the_account_for_a_quarter_of_an_hour(session, clock, secretary):
    for _ in range(10):
        assert refused(session, clock, password="wrong password") == "wrong"
        session.rollback()  # the refusal must not undo the count
    with pytest.raises(LoginRefused) as closed:
        sign_in(session, clock)
    assert closed.value.sentence == LoginRefused("wrong").sentence  # a closed account does not give itself away
    clock.moment += timedelta(minutes=16)
    assert sign_in(session, clock) is secretary
    assert secretary.failed_logins == 0


def test_a_sample_login_works_on_the_machine_itself_only(session, clock, district):
    district.person(UserRole.SECRETARY, login="sample", sample=True)
    assert refused(session, clock, login="sample", address_is_loopback=False) == "sample_elsewhere"
    assert sign_in(session, clock, login="sample").is_sample


def test_an_account_no_longer_in_use_is_refused_with_the_right_password_only(session, clock, secretary):
    secretary.is_active = False
    assert refused(session, clock) == "inactive"
    assert refused(session, clock, password="wrong password") == "wrong"


def test_changing_the_password_ends_other_sessions(session, clock, secretary):
    carried = secretary.get_id()
    services.change_password(session, secretary, PASSWORD, "another good one", clock=clock)
    assert secretary.get_id() != carried
    assert refused(session, clock) == "wrong"
    assert sign_in(session, clock, password="another good one") is secretary


def test_a_reset_password_is_readable_and_has_to_be_changed(session, clock, secretary, rng):
    password = services.reset_password(session, secretary, by=COMMAND_LINE, clock=clock, rng=rng)
    assert [len(part) for part in password.split("-")] == [4, 4, 4, 4]
    assert not set(password) & set("01ilo")
    assert secretary.must_change_password
    assert sign_in(session, clock, password=password) is secretary


def test_a_reset_password_ends_the_address_of_the_calendar(session, clock, secretary, rng):
    key = renew_calendar(session, secretary, clock=clock)
    services.reset_password(session, secretary, by=COMMAND_LINE, clock=clock, rng=rng)
    assert person_of_calendar(session, key) is None


def test_guesses_made_side_by_side_are_all_counted(either_database, clock):
    with (
        Session(either_database, expire_on_commit=False) as here,
        Session(either_database, expire_on_commit=False) as there,
    ):
        person = found_district(here, clock).person(UserRole.SECRETARY, "education")
        here.commit()
        same_person = there.get_one(User, person.id)  # as it was before any guess
        there.commit()
        for session, known in ((here, person), (there, same_person)):
            for _ in range(ATTEMPTS // 2):
                with pytest.raises(LoginRefused):
                    check_own_password(session, known, "a guess", clock)
        assert is_locked(same_person, clock)


def test_a_short_password_and_a_taken_login_are_refused(session, district, secretary):
    with pytest.raises(LoginTaken):
        district.person(UserRole.ASSESSOR, login="SECRETARY")
    with pytest.raises(PasswordTooShort):
        services.change_password(session, secretary, PASSWORD, "short", clock=district.clock)
    assert session.query(User).count() == 1


def test_no_password_and_no_hash_reaches_the_record_of_acts(session, clock, secretary, rng):
    password = services.reset_password(session, secretary, by=COMMAND_LINE, clock=clock, rng=rng)
    told = " ".join(f"{entry.detail}{entry.object_id}" for entry in session.scalars(select(AuditEntry)))
    assert PASSWORD not in told
    assert password not in told
    assert secretary.password_hash not in told


def test_the_first_administrator_founds_the_top_unit_and_there_is_no_second(session, clock):
    assert services.no_user_exists(session)
    first = services.create_first_administrator(
        session, unit_name="机关党委", login="admin", name="李四", password=PASSWORD, clock=clock
    )
    assert {membership.unit.name for membership in first.memberships} == {"机关党委"}
    rights = frozenset().union(*(ROLE_RIGHTS[membership.role] for membership in first.memberships))
    assert rights >= {Right.MANAGE_PEOPLE, Right.RUN_SURVEYS, Right.MANAGE_ORGANISATION}
    assert Right.OPEN_BOX not in rights
    with pytest.raises(NotTheFirst):
        services.create_first_administrator(
            session, unit_name="另一个", login="second", name="王五", password=PASSWORD, clock=clock
        )
