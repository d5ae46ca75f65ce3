"""The faults that the soaks put onboardings under, and what the emulator can tell about them afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_partnercenter.client.auth import Credentials

if TYPE_CHECKING:
    from airflow_provider_partnercenter.emulator.server import Emulator

# All that passes; a redirect does not, it is a wrong address.
KINDS = ("connection", "server", "throttle", "content", "token", "redirect-302=0", "redirect-307=0")
# A fault of the emulator's with such an answer is a refusal, as it is of the real service.
REFUSED = (401, 429)


def credentials_of(emulator: Emulator) -> Credentials:
    """Return credentials that the emulator accepts."""
    return Credentials(
        client_id=emulator.client_id,
        tenant_id=emulator.tenant_id,
        authority=emulator.url,
        scope="https://api.partnercenter.microsoft.com/.default",
        client_secret=emulator.client_secret,
        refresh_token=emulator.refresh_token,
    )


def posts_of(emulator: Emulator) -> dict[str, list[dict[str, Any]]]:
    """The POSTs of each customer whose sender cannot know, by their answer alone, that they were not carried out."""
    posts: dict[str, list[dict[str, Any]]] = {}
    for record in emulator.journal(method="POST", path="/qualifications"):
        if record["status"] not in REFUSED:
            posts.setdefault(record["customer_id"], []).append(record)
    return posts
