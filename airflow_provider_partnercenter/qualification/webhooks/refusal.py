"""The refusal of a webhook."""

from __future__ import annotations

#: What the sender is told. It is always the same, so that a forger does not learn which check was the last one.
ANSWER = "The webhook was refused."


class WebhookRefusedError(Exception):
    """
    A webhook was refused. ``str()`` is :data:`ANSWER`, whatever the reason.

    What to do: nothing, if the request was not Microsoft's: anybody can send one. If Microsoft's own webhooks are
    refused, check the options ``[partnercenter] webhook_…``, the clock of the API server, and a proxy in front of it
    that changes headers or bodies.

    :param reason: why, for the log of the receiver: one line, without the body and without the signature.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(ANSWER)
        self.reason = reason
