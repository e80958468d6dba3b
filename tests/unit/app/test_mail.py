"""E-mail goes out as written, to one recipient each, over a connection that is what the settings say."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from survey_app.config import SettingImpossible, read_settings
from survey_app.services.mail import (
    Encryption,
    Mail,
    MailRefused,
    MailSettings,
    is_address,
    mail_settings,
    send_each,
    send_mails,
)
from tests.mail_server import LOGIN, PASSWORD, REFUSED, LetterBox, certificate, letter_box

GREETING = Mail("lu@example.org", "测评还有 4 天截止", "各位党员：\n已经答过的请忽略。\n.\n一行一个句点也原样送到。\n")


@pytest.fixture
def box() -> Iterator[LetterBox]:
    with letter_box(auth_require_tls=False) as box:
        yield box


def plain(box: LetterBox, **changes: object) -> MailSettings:
    chosen = {"encryption": Encryption.NONE, "sender": "测评服务 <survey@example.org>"} | changes
    return MailSettings(host="127.0.0.1", port=box.port, **chosen)


def test_a_chinese_letter_arrives_as_it_was_written(box):
    assert send_mails(plain(box), [GREETING]) == 1
    (letter,) = box.letters
    assert letter["Subject"] == GREETING.subject
    assert letter.get_content() == GREETING.text
    assert (letter["To"], letter["From"]) == (GREETING.to, "测评服务 <survey@example.org>")
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Date"].datetime
    assert letter["Message-ID"].endswith("@example.org>")


def test_many_letters_need_one_connection_and_each_has_one_recipient(box):
    mails = [Mail(f"person{number}@example.org", "通知", "正文") for number in range(5)]
    assert send_mails(plain(box), iter(mails)) == 5
    assert box.greetings == 1
    assert box.recipients == [[mail.to] for mail in mails]


@pytest.mark.parametrize(
    "address",
    ["lu@example.org, wen@example.org", "lu@example.org\r\nBcc: wen@example.org", "lu", "lu@", "", "陆@example.org"],
)
def test_what_is_not_one_address_is_passed_over_and_told(box, address):
    assert not is_address(address)
    ((_, refused), (_, sent)) = send_each(plain(box), [Mail(address, "通知", "正文"), GREETING])
    assert isinstance(refused, MailRefused)
    assert refused.reason == "address"
    assert sent is None
    assert box.recipients == [[GREETING.to]]


def test_a_subject_cannot_add_a_header(box):
    send_mails(plain(box), [Mail("lu@example.org", "通知\r\nBcc: wen@example.org\n\n正文", "正文")])
    assert box.letters[0]["Subject"] == "通知 Bcc: wen@example.org 正文"
    assert box.letters[0]["Bcc"] is None
    assert box.recipients == [["lu@example.org"]]


def test_a_refused_recipient_does_not_keep_the_others_from_getting_theirs(box):
    mails = [Mail(REFUSED, "通知", "正文"), GREETING]
    results = list(send_each(plain(box), mails))
    assert [mail for mail, _ in results] == mails
    assert "550 no such mailbox" in str(results[0][1])
    assert results[1][1] is None
    assert send_mails(plain(box), mails) == 1


def test_a_server_that_hangs_up_midway_says_so_and_keeps_what_it_took(box):
    box.full_after = 2
    with pytest.raises(MailRefused) as refused:
        send_mails(plain(box), [GREETING] * 4)
    assert refused.value.reason == "broken"
    assert len(box.letters) == 2


def test_signing_in_is_done_when_a_login_is_given_and_a_wrong_password_is_told(box):
    send_mails(plain(box, login=LOGIN, password=PASSWORD), [GREETING])
    assert box.signed_in == [True]
    with pytest.raises(MailRefused, match="SMTP_PASSWORD") as refused:
        send_mails(plain(box, login=LOGIN, password="letter bix"), [GREETING])
    assert "letter bix" not in str(refused.value)
    assert len(box.letters) == 1


def test_starttls_takes_only_a_certificate_that_is_trusted(tmp_path: Path):
    context, file = certificate(tmp_path)
    with letter_box(tls_context=context, require_starttls=True) as box:
        with pytest.raises(MailRefused, match="SMTP_CA_FILE") as refused:
            send_mails(plain(box, encryption=Encryption.STARTTLS), [GREETING])
        assert refused.value.reason == "certificate"
        assert box.letters == []
        trusting = plain(box, encryption=Encryption.STARTTLS, ca_file=str(file), login=LOGIN, password=PASSWORD)
        assert send_mails(trusting, [GREETING]) == 1
        assert box.signed_in == [True]


def test_tls_from_the_first_byte_takes_only_a_certificate_that_is_trusted(tmp_path: Path):
    context, file = certificate(tmp_path)
    with letter_box(ssl_context=context) as box:
        with pytest.raises(MailRefused, match="SMTP_CA_FILE"):
            send_mails(plain(box, encryption=Encryption.TLS), [GREETING])
        assert send_mails(plain(box, encryption=Encryption.TLS, ca_file=str(file)), [GREETING]) == 1


@pytest.mark.parametrize("asked", [Encryption.STARTTLS, Encryption.TLS])
def test_nothing_is_sent_in_clear_where_encryption_is_asked_for(box, asked):
    with pytest.raises(MailRefused, match="SMTP_TLS") as refused:
        send_mails(plain(box, encryption=asked, login=LOGIN, password=PASSWORD), [GREETING])
    assert refused.value.reason == "encryption"
    assert box.letters == []


def test_a_server_that_is_not_there_is_told_with_its_name_and_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    settings = MailSettings("127.0.0.1", port, Encryption.NONE, "survey@example.org")
    with pytest.raises(MailRefused, match=f"127.0.0.1 does not answer on port {port}"):
        send_mails(settings, [GREETING])


def test_a_file_of_certificates_that_is_none_is_told(box, tmp_path: Path):
    (tmp_path / "ca.pem").write_text("not a certificate", encoding="ascii")
    for name in ("ca.pem", "missing.pem"):
        with pytest.raises(MailRefused, match="SMTP_CA_FILE"):
            send_mails(plain(box, encryption=Encryption.STARTTLS, ca_file=str(tmp_path / name)), [GREETING])


def test_without_a_mail_server_there_are_no_settings(tmp_path: Path):
    assert mail_settings(read_settings({}, tmp_path)) is None
    given = {"SMTP_HOST": "mail.example.org", "MAIL_FROM": "测评服务 <survey@example.org>"}
    settings = mail_settings(read_settings(given, tmp_path))
    assert settings is not None
    assert (settings.port, settings.encryption, settings.domain) == (587, Encryption.STARTTLS, "example.org")
    assert "password" not in repr(settings)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"SMTP_TLS": "ssl"}, "SMTP_TLS"),
        ({"SMTP_HOST": "mail.example.org"}, "MAIL_FROM"),
        ({"SMTP_HOST": "mail.example.org", "MAIL_FROM": "survey"}, "MAIL_FROM"),
        ({"SITE_ADDRESS": "survey.example.org"}, "SITE_ADDRESS"),
    ],
)
def test_a_setting_that_no_mail_can_be_sent_with_is_refused_at_the_start(tmp_path: Path, given, named):
    with pytest.raises(SettingImpossible, match=named):
        read_settings(given, tmp_path)
