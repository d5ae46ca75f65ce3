"""
Verify and read a webhook of Partner Center: bytes in, a value out.

Nothing here does I/O. Whoever received the request also fetches the certificate, and only after the first step has
said from where::

    delivery = Delivery.from_http(request.headers.items(), body)
    certificate = signing_certificate(fetch(delivery.certificate_url), roots, now)  # can be kept and used again
    event = delivery.event(certificate, now)

Each step raises :class:`.WebhookRefusedError` for whatever is wrong.

Source: Microsoft's pages `partner-center-webhooks` and `partner-center-webhook-events`.
"""
