"""What the services might answer: strategies for bodies, headers and statuses, from plausible to absurd."""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from airflow_provider_partnercenter.client.protocol.commands import Response, TransportError


def _words(text: str) -> list[str]:
    return text.split()


BOM = b"\xef\xbb\xbf"

MEMBERS = _words("""
    qualification qualifications vettingStatus vettingReason vettingCreateDate vettingCreatedDate educationSegment
    items links next headers key value continuationToken totalCount attributes objectType uri self
    id companyProfile tenantId domain companyName email address billingProfile defaultAddress addressLine1 city
    postalCode country relationshipToPartner allowDelegatedAccess customDomains
    validationId organizationName partnerId maxCreates remainingCreates eTag
    operationType operationStatus operationDate resourceType customerId customerName userPrincipalName
    WebhookUrl WebhookEvents SignatureTokenToMsSignatureHeader SubscriberId lastModifiedTimestamp
    status callbackUrl results responseCode responseMessage systemError dateTimeUtc
    code description error error_description error_codes message isRetryable correlation_id correlationId data source
    access_token refresh_token expires_in token_type scope id_token client_info
""")

WORDS = _words("""
    Education education None none Nonprofit GovernmentCommunityCloud government_community_cloud StateOwnedEntity
    Approved approved InReview in_review Denied DENIED Pending Expired Escalated K12 HigherEducation
    MS-ContinuationToken MS-CONTINUATIONTOKEN true false null NaN 0 1 2 3 4 5 -1 1e999
    invalid_grant invalid_client interaction_required temporarily_unavailable AADSTS50076 900420 900421 900329 20002
    contoso.edu contoso.onmicrosoft.com someone@contoso.edu ../.. %2e%2e
""") + [
    "",
    " ",
    "In Review",
    "Not an Education Customer",
    "No longer an Education Customer",
    "MFA required",
    "token\r\nX-Injected: 1",
    "two\nlines",
    "nul\x00",
    "\x1b[31mred",
    "\ud800",
    "\u2028",
    "Approved" + " " * 95 + "?",
    "x" * 2000,
]

DATES = [
    "2024-03-05T06:07:08Z",
    "2024-03-05T06:07:08.1234567+00:00",
    "2024-03-05T06:07:08",
    "2024-03-05",
    "07/09/2020: 00:00:00",
    "3/5/2024 6:07",
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "9999-12-31T23:59:59.9999999Z",
    "0000-00-00T00:00:00Z",
    "2024-03-05T06:07:08+99:99",
    "2024-02-30",
    "13/45/2024",
    "/Date(1700000000000)/",
    "2024-03-05" + " " * 95 + "x",
    "٢٠٢٤-٠٣-٠٥",
]


def _numbers() -> st.SearchStrategy[Any]:
    huge = [10**18, 10**400, -(10**4000), 2**63, 1e308, -0.0, float("inf"), float("-inf"), float("nan")]
    return st.integers(-10, 10) | st.floats() | st.sampled_from(huge)


def _spelled(name: str, how: int) -> str:
    return (name, name, name.upper(), name[:1].upper() + name[1:], "_".join(name), name + " ")[how]


names = st.builds(_spelled, st.sampled_from(MEMBERS), st.integers(0, 5)) | st.text(max_size=4)
scalars = st.sampled_from(WORDS) | st.sampled_from(DATES) | st.none() | st.booleans() | _numbers() | st.text(max_size=8)


def _nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=5)


documents = st.recursive(scalars, _nested, max_leaves=8)

# Two bits for each member; mostly as Microsoft documents it.
SPELLINGS = [0, 0, 0, 0b10, 0b01_10_11, 0b11_11_11_11_11, 0b10_10_10_10_10, 0b01_01_01_01_01]


def members(**values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects that have some of these members, each spelled in some way, and now and then a strange value."""

    def build(drawn: dict[str, Any], spelling: int) -> dict[str, Any]:
        return {_spelled(name, (spelling >> 2 * n) % 4): value for n, (name, value) in enumerate(drawn.items())}

    optional = {name: value | documents if name != "qualification" else value for name, value in values.items()}
    return st.builds(
        build,
        st.fixed_dictionaries({}, optional=optional),
        st.sampled_from(SPELLINGS),
    )


entries = members(
    qualification=st.sampled_from(WORDS[:8]) | scalars,
    vettingStatus=st.sampled_from(["Approved", "InReview", "Denied"]) | scalars,
    vettingReason=scalars,
    vettingCreatedDate=st.sampled_from(DATES),
    vettingCreateDate=st.sampled_from(DATES),
)
qualifications = (
    st.lists(entries, max_size=4)
    | entries
    | st.builds(lambda found: {"qualifications": found}, st.lists(entries, max_size=3))
    | scalars
)
# As the documentation has it: the members that go together, in its spelling.
documented = st.lists(
    st.fixed_dictionaries(
        {"qualification": st.sampled_from(["Education", "GovernmentCommunityCloud", "StateOwnedEntity"])},
        optional={
            "vettingStatus": st.sampled_from(["InReview", "Approved", "Denied", "Escalated"]),
            "vettingReason": st.text("abcdefghij -", min_size=1, max_size=40).map(lambda text: f"Not {text.strip()}."),
        },
    ).flatmap(
        lambda entry: st.builds(
            lambda name, date: {**entry, **({name: date.isoformat()} if name else {})},
            st.sampled_from(["vettingCreatedDate", "vettingCreateDate", None]),
            st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
        )
    ),
    min_size=1,
    max_size=3,
)
customers = members(
    id=scalars,
    companyProfile=members(tenantId=scalars, domain=scalars, companyName=scalars, email=scalars),
    billingProfile=members(email=scalars, companyName=scalars, defaultAddress=documents),
    relationshipToPartner=scalars,
    allowDelegatedAccess=scalars,
    customDomains=st.lists(scalars, max_size=3),
)
following = members(headers=st.lists(members(key=scalars, value=scalars), max_size=2), uri=scalars)
listed = members(id=scalars, companyProfile=members(companyName=scalars, domain=scalars))
pages = members(items=st.lists(listed, max_size=2), links=members(next=following), continuationToken=scalars)
records = members(
    operationType=st.sampled_from(["add_customer", "AddCustomer"]) | scalars,
    operationStatus=st.sampled_from(["succeeded", "failed"]) | scalars,
    operationDate=st.sampled_from(DATES) | scalars,
    resourceType=scalars,
    customerId=scalars,
    customerName=scalars,
    userPrincipalName=scalars,
    id=scalars,
)
audits = members(items=st.lists(records, max_size=3), links=members(next=following), continuationToken=scalars)
codes = members(
    items=st.lists(
        members(validationId=scalars, organizationName=scalars, maxCreates=scalars, eTag=scalars), max_size=3
    )
)
event_names = st.lists(st.sampled_from(["test-created", "subscription-updated"]) | scalars, max_size=3)
registrations = members(
    WebhookUrl=st.just("https://airflow.example/webhook") | scalars,
    WebhookEvents=event_names,
    SignatureTokenToMsSignatureHeader=scalars,
    SubscriberId=scalars,
    lastModifiedTimestamp=st.sampled_from(DATES) | scalars,
)
attempts = members(
    responseCode=st.sampled_from(["OK", "NotFound"]) | scalars,
    responseMessage=scalars,
    systemError=scalars,
    dateTimeUtc=st.sampled_from(DATES) | scalars,
)
event_states = members(
    correlationId=scalars,
    status=st.sampled_from(["completed", "pending"]) | scalars,
    callbackUrl=scalars,
    partnerId=scalars,
    results=st.lists(attempts, max_size=3),
)
correlation_ids = members(correlationId=st.uuids().map(str) | scalars) | st.uuids().map(str)
faults = members(
    code=scalars,
    description=scalars,
    error=scalars,
    error_description=scalars,
    error_codes=st.lists(scalars, max_size=2),
    message=scalars,
    isRetryable=scalars,
)
tokens = members(
    access_token=scalars,
    refresh_token=scalars,
    expires_in=scalars,
    error=scalars,
    error_description=scalars,
    error_codes=st.lists(scalars, max_size=2),
    correlation_id=scalars,
    scope=scalars,
    id_token=scalars,
    client_info=scalars,
)


def _written(document: Any, how: int) -> bytes:
    text = json.dumps(document, ensure_ascii=how % 2 == 0)
    return text.encode("utf-8", "surrogatepass")


def _mangled(body: bytes, how: int, at: int) -> bytes:
    """Do to a body what networks, gateways and careless programmers do."""
    place = at % (len(body) + 1)
    match how:
        case 1:
            return BOM + body
        case 2:
            return body[:place]
        case 3:
            return body[:place] + b"\xff" + body[place:]
        case 4:
            return b" \r\n" + BOM + body + b"\n"
        case 5:
            return body + body
        case 6:
            return body[:place] + b"\x00" + body[place:]
        case 7:
            return body.decode("utf-8", "replace").encode("utf-16")
        case 8:
            return gzip.compress(body)
        case 9:
            return body[:place] + body[place + 1 :]
        case 10:
            return body.replace(b'"', "“".encode())
        case 11:
            return b"<!DOCTYPE html><title>" + body
        case 12:
            return b"[" * 900 + body + b"]" * 900
    return body


def bodies(written: st.SearchStrategy[Any]) -> st.SearchStrategy[bytes]:
    """Bodies: what is written as JSON, mostly whole and sometimes mangled, or anything at all."""
    json_like = st.builds(
        _mangled,
        st.builds(_written, written, st.integers(0, 1)),
        st.sampled_from([0] * 14 + list(range(1, 13))),
        st.integers(0, 10_000),
    )
    odd = [b"", b"null", b"[]", b"{}", b'""', b"9" * 5000, b"[" * 100_000, b'{"a":' * 5000, b"-", b"Infinity"]
    return json_like | json_like | json_like | st.binary(max_size=40) | st.sampled_from(odd)


RETRY_AFTERS = _words("""
    0 1 -1 7 299 301 1e3 1e308 1e999 -1e999 nan inf 0x10 1_000 ١٢ 99999999999999999999 soon
""") + [
    "",
    " ",
    "Tue, 05 Mar 2024 12:00:00 GMT",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "Fri, 31 Dec 9999 23:59:59 -9999",
    "Mon, 01 Jan 0001 00:00:00 +2359",
    "Tue, 05 Mar 2024 12:00:00 +99999999999999",
    "\xff\xfe",
    "\udcff",
    "5\r\nX: 1",
]

headers = st.dictionaries(
    st.sampled_from(["Retry-After", "retry-after", "Content-Type", "Location", "Set-Cookie"]) | st.text(max_size=6),
    st.sampled_from(RETRY_AFTERS) | st.text(max_size=12),
    max_size=3,
)
STATUSES = [200] * 8 + [201, 202, 204, 206, 299, 301, 302, 304, 307, 308]
FAILURES = [
    100,
    101,
    400,
    401,
    401,
    403,
    404,
    405,
    408,
    409,
    410,
    412,
    418,
    429,
    429,
    500,
    501,
    502,
    503,
    504,
    599,
    999,
]


def responses(
    written: st.SearchStrategy[Any], *, statuses: st.SearchStrategy[int] | None = None
) -> st.SearchStrategy[Response]:
    """Answers of a service that should have answered with ``written``."""
    any_status = st.sampled_from(STATUSES + FAILURES) | st.integers(100, 999)
    return st.builds(
        Response,
        any_status if statuses is None else statuses,
        headers,
        bodies(written | written | faults | documents),
        st.sampled_from(["OK", "", "MFA required", "\udcff", "two\rlines"]),
    )


lost = st.builds(TransportError, st.just("gone"), sent=st.booleans(), permanent=st.booleans())

FACTOR = int(os.environ.get("PROPERTY_FACTOR", "1"))

# By kind: what was generated in this run.
TALLY: Counter[str] = Counter()


def examples(number: int) -> settings:
    """Return the setting that generates so many examples, times the factor of the environment."""
    return settings(max_examples=number * FACTOR)
