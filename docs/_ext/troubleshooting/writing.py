"""Write the pages as Markdown."""

from __future__ import annotations

import inspect
from itertools import groupby
from typing import TYPE_CHECKING

from _ext.troubleshooting.calls import REMEDY
from _ext.troubleshooting.catalogue import FOR_GOOD, classes, public_classes, retries
from _ext.troubleshooting.page import Page, Subject, markdown, plain, sentence
from airflow_provider_partnercenter.client.errors import PartnerCenterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Pages that only search and links lead to, so that the navigation does not have hundreds of entries.
_ORPHAN = "---\norphan: true\n---\n\n"
#: Of a message that goes on with the reason why there is no answer.
_REASON = (
    f"It depends on the reason, with which the message goes on: see [{Subject.CONNECTING.title}](about-connecting.md)."
)


def write_all(pages: list[Page]) -> dict[str, str]:
    """Return the text of each file, by its name: the pages, a list for each subject, and a list of these."""
    texts = {f"{page.slug}.md": _page(page, pages) for page in pages}
    subjects = {subject: list(group) for subject, group in groupby(pages, key=lambda page: page.subject)}
    texts |= {f"about-{subject.page}.md": _list(subject, group) for subject, group in subjects.items()}
    return texts | {"index.md": _index(subjects)}


def _page(page: Page, pages: Iterable[Page]) -> str:
    return f"{_ORPHAN}# {markdown(page.title)}\n\n" + "\n\n".join(_paragraphs(page, pages)) + "\n"


def _paragraphs(page: Page, pages: Iterable[Page]) -> Iterator[str]:
    about, remedy = _told(page.error)
    if page.subject is Subject.CLASSES:
        yield about
    if page.said and page.said not in page.title:
        yield f"Microsoft says: {markdown(page.said)}"
    if goes_on := "got no answer from" in page.title:
        yield f"**What to do:** {_REASON}"
    elif len(page.hints) > 1:
        yield "**What to do**, depending on what happened; the message says it:"
        yield "\n".join(f"* {markdown(sentence(hint))}" for hint in page.hints)
    elif page.hints:
        yield f"**What to do:** {markdown(sentence(page.hints[0]))}"
    elif remedy:
        yield f"**What to do:** {remedy}"
    if (tried := retries(page)) and not goes_on:
        yield f"**Retry:** {tried}"
    if fails_for_good(page):
        yield (
            "In the log of a task, the exception is [`PermanentFailureError`](permanentfailureerror.md). When the "
            "cause is removed, clear the task. [The doctor](../../guides/doctor.md) checks the set-up, and "
            "[the connection](../../reference/connection.md) has all fields."
        )
    if page.subject is Subject.CLASSES:
        if its := [each for each in pages if each.error == page.title and each is not page]:
            yield "**Texts:**"
            yield "\n".join(f"* {_link(each)}" for each in its)
        return
    when = page.subject.when
    yield f"**It appears** {markdown(when[0].lower() + when[1:])}"
    if page.error:
        name = f"[`{page.error}`]({page.error.lower()}.md)" if page.error in public_classes() else f"`{page.error}`"
        yield f"**Class:** {name}. {about}"
    yield f"All errors of this kind: [{page.subject.title}](about-{page.subject.page}.md)."


def fails_for_good(page: Page) -> bool:
    """Return whether Airflow's task fails with the error that stands for all that no retry can cure."""
    cls = classes().get(page.error)
    return cls is not None and issubclass(cls, PartnerCenterError) and retries(page) == FOR_GOOD


def _told(error: str) -> tuple[str, str]:
    """Return what the docstring of a class says: what has happened, and what to do; empty if it says nothing."""
    docstring = inspect.getdoc(classes()[error]) if error in classes() else None
    about, *others = [" ".join(part.split()) for part in (docstring or "").split("\n\n")]
    remedy = next((part.removeprefix(REMEDY) for part in others if part.startswith(REMEDY)), "")
    return plain(about), plain(sentence(remedy)) if remedy else ""


def _list(subject: Subject, pages: Iterable[Page]) -> str:
    links = "\n".join(f"* {_link(page)}" for page in pages)
    return f"# {subject.title}\n\n{markdown(subject.when)}\n\n{links}\n"


def _link(page: Page) -> str:
    return f"[{markdown(page.title)}]({page.slug}.md)"


def _index(subjects: dict[Subject, list[Page]]) -> str:
    entries = "\n".join(f"about-{subject.page}" for subject in subjects)
    count = sum(map(len, subjects.values()))
    return (
        f"# All error messages\n\nEach of the {count} messages has a page of its own. Search for the text of a "
        "message, in which ids, names and numbers may stay. Or look under its subject. The pages are made of the "
        f"provider's source, so they say what a task says.\n\n```{{toctree}}\n:maxdepth: 1\n\n{entries}\n```\n"
    )
