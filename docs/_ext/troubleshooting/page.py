"""The page of one error, and how it is written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from _ext.troubleshooting.calls import GAP

#: How an error begins that says why there is no answer.
NO_ANSWER = f"{GAP} got no answer: "
# Characters.
_LONGEST_NAME = 140


class Subject(Enum):
    """What an error is about: the title of a list of errors, the name of its page, and when these errors appear."""

    SIGN_IN = ("Signing in", "sign-in", "While a task, a trigger or a command signs in to Microsoft.")
    CONNECTION = ("The connection", "connection", "When the connection is read, before anything is sent.")
    CONNECTING = (
        "Hosts, proxies and certificates",
        "connecting",
        "While a request is on its way, and there is no answer that can be read.",
    )
    REFUSALS = ("Requests that Microsoft refuses", "refusals", "When Partner Center answers a request.")
    ARGUMENTS = ("Arguments", "arguments", "When the arguments of a task or of the client are read.")
    DENIALS = ("Denials and people's answers", "denials", "When Microsoft has decided, or a person is asked.")
    WAITING = ("Waiting and many customers", "waiting", "When a wait ends, or a task for many customers does.")
    STORAGE = ("Storage", "storage", "When something is read or kept between tasks.")
    EVENTS = ("Webhooks, queues and other events", "events", "When an event arrives, or is to start an onboarding.")
    COMMANDS = ("Commands", "commands", "When a command of airflow partnercenter runs.")
    DOCTOR = ("Findings of the doctor", "doctor", "When airflow partnercenter doctor runs.")
    CLASSES = ("Classes of errors", "classes", "In the log of a task, and where the client is called.")

    def __init__(self, title: str, page: str, when: str) -> None:
        self.title = title
        self.page = page
        self.when = when


@dataclass(frozen=True, slots=True)
class Page:
    """
    The page of one error.

    :param subject: the list in which it stands.
    :param title: its text, with gaps in place of what differs each time.
    :param error: the name of the class that is raised.
    :param hints: what to do; several if it depends on what happened.
    :param retryable: whether a retry may help, if that differs from the class; ``None`` if the class decides.
    :param said: what Microsoft says in the answer, if that is known.
    """

    subject: Subject
    title: str
    error: str
    hints: tuple[str, ...] = ()
    retryable: bool | None = None
    said: str = ""

    @property
    def words(self) -> list[str]:
        """The words of its title."""
        return re.findall(r"[a-z0-9_]+", self.title.lower())

    @property
    def slug(self) -> str:
        """The name of its page, made of its words."""
        name = ""
        for word in self.words:
            if len(name) + len(word) > _LONGEST_NAME:
                break
            name += f"-{word}"
        return name.strip("-_")


def markdown(text: str) -> str:
    """Return a text so that it is shown as it is."""
    return re.sub(r"([\\`*_{}\[\]<>#|~$&])", r"\\\1", text)


def plain(docstring: str) -> str:
    """Return a docstring as Markdown, in which names of Sphinx's roles are code."""
    text = re.sub(r":\w+(?::\w+)?:`~?\.?([^`]+)`", r"``\1``", docstring)
    parts = re.split(r"``(.+?)``", text)
    return "".join(f"`{part}`" if number % 2 else markdown(part) for number, part in enumerate(parts))


def sentence(text: str) -> str:
    """Return a clause as a sentence."""
    text = text.strip().rstrip(".")
    # What is a name in quotation marks, or an option, begins as it is.
    return f"{text[:1].upper()}{text[1:]}."
