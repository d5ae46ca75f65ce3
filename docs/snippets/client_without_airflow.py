"""List the customers whose latest request is still in review."""

from __future__ import annotations

import os

from airflow_provider_partnercenter.client.auth import Credentials
from airflow_provider_partnercenter.client.clouds import CLOUDS
from airflow_provider_partnercenter.client.errors import PartnerCenterError
from airflow_provider_partnercenter.client.models import VettingStatus
from airflow_provider_partnercenter.client.settings import ClientSettings
from airflow_provider_partnercenter.client.sync import PartnerCenterClient

CLOUD = CLOUDS["global"]


def settings() -> ClientSettings:
    credentials = Credentials(
        client_id=os.environ["PARTNER_CLIENT_ID"],
        tenant_id=os.environ["PARTNER_TENANT_ID"],
        client_secret=os.environ["PARTNER_CLIENT_SECRET"],
        refresh_token=os.environ.get("PARTNER_REFRESH_TOKEN"),  # without one: App-only, which can only read
        authority=os.environ.get("PARTNER_AUTHORITY", CLOUD.authority),
        scope=CLOUD.scope,
    )
    return ClientSettings(
        credentials,
        base_url=os.environ.get("PARTNER_API", CLOUD.api),
        ca_bundle=os.environ.get("PARTNER_CA_FILE"),
    )


def main() -> None:
    client = PartnerCenterClient(settings())
    for customer in client.get_customers():
        try:
            entries = client.get_qualifications(customer.id)
        except PartnerCenterError as error:
            print(error)  # one line: what failed, what to do, and the ids for Microsoft's support
            continue
        for entry in entries:
            if entry.vetting_status == VettingStatus.IN_REVIEW:
                print(customer.id, customer.company_name, entry.qualification)


if __name__ == "__main__":
    main()
