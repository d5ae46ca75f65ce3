"""The mail server of the tests, as a client of Python's library meets it."""

from __future__ import annotations

import json
import smtplib
from email.message import EmailMessage

import pytest

from testbed.mail_server import MailServer


def send(server, text):
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@example.com", "b@example.com", "Grüße"
    mail.set_content(text)
    given = json.loads(server.connection)
    with smtplib.SMTP(given["host"], given["port"]) as client:
        client.send_message(mail)


def test_it_keeps_what_it_is_sent():
    with MailServer() as server:
        send(server, "one\n.two\n..three\n")
        send(server, "another one")
    first, second = server.mails
    assert (first["To"], first["Subject"]) == ("b@example.com", "Grüße")
    assert first.get_content() == "one\n.two\n..three\n"
    assert "another one" in second.get_content()


def test_it_can_refuse():
    with MailServer() as server:
        server.refuses = True
        with pytest.raises(smtplib.SMTPDataError):
            send(server, "text")
        server.refuses = False
        send(server, "text")
    assert len(server.mails) == 1
