"""Passwords that are tried first are not taken, wherever one is chosen."""

from __future__ import annotations

from random import Random

import pytest
from flask import Flask

from survey_app import services
from survey_app.crypto.guessable import is_guessable
from survey_app.crypto.passwords import readable_password
from survey_app.errors import PasswordGuessable
from survey_app.models import UserRole
from tests.committee_world import PASSWORD, World
from tests.page_checks import parsed, text_of
from tests.visitor import Visitor

SAID = "one of those that are tried first"


@pytest.mark.parametrize(
    "password",
    [
        "1234567890", "0987654321", "qwertyuiop", "1q2w3e4r5t", "q1w2e3r4t5", "1qaz2wsx3edc", "qazwsxedc123",
        "aaaaaaaaaaaa", "xzxzxzxzxz", "abcabcabcabc", "password123", "P@ssw0rd2026", "passwordpassword", "Admin@12345",
        "iloveyou2026", "basketball1", "christopher", "manchester1", "13800138000", "19491001abc", "woaini1314520",
        "zhibu@2026", "Satisfaction.2026", "shuji-2026-!", "!!!!!!!!!!!!", "ＰＡＳＳＷＯＲＤ１２３",
        "li.wei.2026!", "secretary.c1!",
    ],
)  # fmt: skip
def test_what_is_tried_first_is_known(password: str):
    assert is_guessable(password, "secretary.c1", "Li Wei")


@pytest.mark.parametrize(
    "password",
    ["correct horse battery", "river stone winter", "not this one at all", "忠诚的一天开始了吗", "vZ8#fq-rLm2w"],
)
def test_what_nobody_expects_is_taken(password: str):
    assert not is_guessable(password, "secretary.c1", "Li Wei")


def test_passwords_that_the_service_makes_are_good_ones():
    rng = Random(9)
    assert [word for _ in range(300) if is_guessable(word := readable_password(rng), "secretary")] == []


def test_a_password_is_judged_beside_its_field_and_the_old_one_stays(world: World):
    visitor = world.as_user("secretary")
    typed = {"current_password": PASSWORD, "new_password": "secretary2026!", "repeated": "secretary2026!"}
    refused = visitor.submit("/password", **typed)
    assert refused.status_code == 422
    assert SAID in text_of(parsed(refused.text))
    assert world.as_user("secretary").get("/account").status_code == 200


def test_the_first_administrator_is_told_too(empty_app: Flask):
    typed = {"unit_name": "机关党委", "login": "chief", "name": "李四"}
    password = {"new_password": "Admin@12345", "repeated": "Admin@12345"}
    refused = Visitor(empty_app.test_client()).submit("/first-administrator", **typed, **password)
    assert refused.status_code == 422
    assert SAID in text_of(parsed(refused.text))


def test_whoever_makes_an_account_by_command_is_refused_as_well(session, district, clock):
    with pytest.raises(PasswordGuessable):
        services.create_user(
            session, login="chief", name="L", password="dangwei-2026", by=services.COMMAND_LINE, clock=clock,
            roles=[(UserRole.SECRETARY, district["district"])],
        )  # fmt: skip
