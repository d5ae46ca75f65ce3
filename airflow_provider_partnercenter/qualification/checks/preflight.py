"""
Check an Education request for reasons to deny it, before it uses up an attempt. Pure decisions.

Microsoft reviews a request by the customer's legal name, address and e-mail domain (portal page
``sell-to-education-customers``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_partnercenter.client.models import Customer

_FREE_MAIL = frozenset(
    [
        "aol.com",
        "fastmail.com",
        "gmail.com",
        "gmx.com",
        "gmx.de",
        "gmx.net",
        "googlemail.com",
        "hotmail.com",
        "icloud.com",
        "live.com",
        "mail.com",
        "mail.ru",
        "me.com",
        "msn.com",
        "outlook.com",
        "proton.me",
        "protonmail.com",
        "qq.com",
        "web.de",
        "yahoo.com",
        "yandex.com",
        "yandex.ru",
        "zoho.com",
    ]
)


def preflight(customer: Customer) -> list[str]:
    """
    Find the reasons for which Microsoft would deny an Education request.

    Missing data is not a problem if the partner cannot see it: without delegated access, Microsoft leaves out address,
    e-mail and domains (see :func:`unseen`).

    :param customer: the customer as read from the API.
    :return: a description of each problem.
    """
    problems = [] if customer.company_name else ["the customer has no company name"]
    if unseen(customer):
        return problems
    address = customer.address
    if not (address.address_line1 and address.city and address.country):
        problems.append("the customer's address is missing or incomplete (street, city and country are reviewed)")
    domain = (customer.email or "").rpartition("@")[2].lower()
    if not domain:
        problems.append("the customer has no e-mail address")
    elif domain in _FREE_MAIL:
        problems.append(f"the customer's e-mail address is at {domain}, a free e-mail service")
    elif domain.endswith(".onmicrosoft.com"):
        problems.append(f"the customer's e-mail address is at {domain}; the customer's own domain is expected")
    domains = [name.lower() for name in (customer.domain, *customer.custom_domains) if name]
    if domains and all(name.endswith(".onmicrosoft.com") for name in domains):
        problems.append("the customer has no domain of its own, only onmicrosoft.com")
    return problems


def unseen(customer: Customer) -> bool:
    """Return whether address and e-mail cannot be checked because the partner has no delegated access."""
    return customer.allow_delegated_access is False and not customer.email and not customer.address.address_line1
