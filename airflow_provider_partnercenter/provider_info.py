"""The provider's metadata for Airflow. It contains a literal and no imports, as it runs at every ``import airflow``."""

from __future__ import annotations


def get_provider_info() -> dict[str, object]:
    """Return the provider's metadata in the form of Airflow's ``provider_info.schema.json``."""
    return {
        "package-name": "airflow-provider-partnercenter",
        "name": "Microsoft Partner Center",
        "description": "Qualify customers of `Microsoft Partner Center <https://partner.microsoft.com/>`__ with DAGs.",
        "integrations": [
            {
                "integration-name": "Microsoft Partner Center",
                "external-doc-url": "https://learn.microsoft.com/partner-center/developer/",
                "tags": ["service"],
            }
        ],
        "hooks": [
            {
                "integration-name": "Microsoft Partner Center",
                "python-modules": ["airflow_provider_partnercenter.hooks.partnercenter"],
            }
        ],
        "operators": [
            {
                "integration-name": "Microsoft Partner Center",
                "python-modules": [
                    "airflow_provider_partnercenter.operators.qualification",
                    "airflow_provider_partnercenter.operators.bulk",
                    "airflow_provider_partnercenter.operators.reconcile",
                    "airflow_provider_partnercenter.operators.denial",
                    "airflow_provider_partnercenter.operators.validation_code",
                ],
            }
        ],
        "sensors": [
            {
                "integration-name": "Microsoft Partner Center",
                "python-modules": [
                    "airflow_provider_partnercenter.sensors.qualification",
                    "airflow_provider_partnercenter.sensors.customers",
                ],
            }
        ],
        "triggers": [
            {
                "integration-name": "Microsoft Partner Center",
                "python-modules": [
                    "airflow_provider_partnercenter.triggers.qualification",
                    "airflow_provider_partnercenter.triggers.bulk",
                    "airflow_provider_partnercenter.triggers.customers",
                ],
            }
        ],
        "extra-links": ["airflow_provider_partnercenter.links.partnercenter.PartnerCenterCustomerLink"],
        "asset-uris": [
            {
                "schemes": ["partnercenter"],
                "handler": "airflow_provider_partnercenter.assets.sanitize_uri",
                "factory": "airflow_provider_partnercenter.assets.create_asset",
                "to_openlineage_converter": "airflow_provider_partnercenter.assets.convert_asset_to_openlineage",
            }
        ],
        "config": {
            "partnercenter": {
                "description": "Microsoft Partner Center. See docs/guides/start-onboarding/webhooks.md.",
                "options": {
                    "webhook_enabled": {
                        "description": "Whether the API server receives webhooks of Partner Center, at "
                        "/partnercenter/webhook. Needs Airflow 3.2 or newer.",
                        "version_added": "0.1.0",
                        "type": "boolean",
                        "example": None,
                        "default": "False",
                    },
                    "webhook_asset": {
                        "description": "The name of the asset whose events the webhooks become.",
                        "version_added": "0.1.0",
                        "type": "string",
                        "example": None,
                        "default": "partnercenter_webhooks",
                    },
                    "webhook_events": {
                        "description": "The names of the events that become asset events, separated by commas. By "
                        "default those with which a customer becomes the partner's.",
                        "version_added": "0.1.0",
                        "type": "string",
                        "example": "reseller-relationship-accepted-by-customer",
                        "default": None,
                    },
                    "webhook_max_age": {
                        "description": "How many seconds ago the change of an event may have been. Microsoft "
                        "says that events of subscriptions may come 48 hours late; those are always accepted so long.",
                        "version_added": "0.1.0",
                        "type": "float",
                        "example": None,
                        "default": "604800",
                    },
                    "webhook_max_ahead": {
                        "description": "How many seconds in the future the change may be, for clocks that differ.",
                        "version_added": "0.1.0",
                        "type": "float",
                        "example": None,
                        "default": "600",
                    },
                    "webhook_certificate_hosts": {
                        "description": "The hosts from which the certificate of a webhook may be fetched, separated by "
                        "commas. By default Microsoft's only. An entry may have a port, for tests.",
                        "version_added": "0.1.0",
                        "type": "string",
                        "example": "localhost:8443",
                        "default": None,
                    },
                    "webhook_root_certificates": {
                        "description": "PEM file, on the API server, with the root certificates at which the chain of "
                        "that certificate must end. It may contain intermediate certificates. By default the public "
                        "roots of DigiCert and Microsoft.",
                        "version_added": "0.1.0",
                        "type": "string",
                        "example": "/etc/airflow/partnercenter-webhook-roots.pem",
                        "default": None,
                    },
                    "webhook_ca_bundle": {
                        "description": "PEM file, on the API server, with the certificate authorities to trust while "
                        "that certificate is fetched. By default REQUESTS_CA_BUNDLE, or the public ones.",
                        "version_added": "0.1.0",
                        "type": "string",
                        "example": "/etc/ssl/certs/company.pem",
                        "default": None,
                    },
                },
            }
        },
        "connection-types": [
            {
                "connection-type": "partnercenter",
                "hook-class-name": "airflow_provider_partnercenter.hooks.partnercenter.PartnerCenterHook",
                "hook-name": "Microsoft Partner Center",
                "ui-field-behaviour": {
                    # The Test button of Airflow 3.3.2 sends port 0 for a saved connection without a port, and is then
                    # refused (apache/airflow#73298). With a port it works.
                    "hidden-fields": ["schema", "extra"],
                    "relabeling": {
                        "login": "Application (client) ID",
                        "password": "Client secret",
                        "host": "API address",
                    },
                    "placeholders": {
                        "login": "GUID of the application registered in the partner's tenant",
                        "password": "leave empty with a certificate, token file or managed identity",
                        "host": "overrides the cloud's API address, for example https://localhost:8443",
                        "port": "443; without it, the Test button of Airflow 3.3.2 says Bad Request",
                    },
                },
                "conn-fields": {
                    "tenant_id": {
                        "label": "Partner tenant ID",
                        "description": "GUID or domain of the partner's own tenant, not of a customer's tenant.",
                        "schema": {"type": "string", "minLength": 1},
                    },
                    "refresh_token": {
                        "label": "Refresh token",
                        "description": "Token of a partner user who signed in with MFA. With it, the connection is "
                        "App+User and can submit; without it, the connection is App-only and can only read.",
                        "schema": {"type": ["string", "null"], "format": "password"},
                    },
                    "credential_variable": {
                        "label": "Refresh token Variable",
                        "description": "Name of an Airflow Variable in which tasks store renewed refresh tokens; the "
                        "first task creates it. Without it, the token above expires 90 days after the consent.",
                        "schema": {"type": ["string", "null"], "maxLength": 250},
                    },
                    "client_certificate_private_key": {
                        "label": "Certificate private key",
                        "description": "PEM text, instead of the client secret. It may include the certificate.",
                        "schema": {"type": ["string", "null"], "format": "multiline"},
                    },
                    "client_certificate": {
                        "label": "Certificate",
                        "description": "PEM text of the certificate, with its chain if it has one.",
                        "schema": {"type": ["string", "null"], "format": "multiline"},
                    },
                    "federated_identity_file": {
                        "label": "Federated token file",
                        "description": "Path of a file that Kubernetes or Azure writes, instead of the client secret. "
                        "The application must trust its issuer. It is needed on workers and triggerers.",
                        "schema": {"type": ["string", "null"]},
                    },
                    "managed_identity": {
                        "label": "Managed identity",
                        "description": "Azure identity of workers and triggerers, instead of the client secret: its "
                        "client ID, or 'system'. The application must trust it.",
                        "schema": {"type": ["string", "null"]},
                    },
                    "cloud": {
                        "label": "Cloud",
                        "description": "Microsoft cloud to which the partner's account belongs.",
                        "schema": {
                            "type": ["string", "null"],
                            "enum": ["global", "us_government", "china"],
                            "default": "global",
                        },
                    },
                    "authority": {
                        "label": "Login address",
                        "description": "Overrides the cloud's login service; a base URL without the tenant.",
                        "schema": {"type": ["string", "null"]},
                    },
                    "ca_bundle": {
                        "label": "CA file",
                        "description": "PEM file with the certificate authorities to trust, on workers and triggerers.",
                        "schema": {"type": ["string", "null"]},
                    },
                    "requests_per_minute": {
                        "label": "Requests per minute",
                        "description": "Budget of one Airflow process; Microsoft allows 500 per partner. 0: no limit.",
                        "schema": {"type": ["integer", "null"], "minimum": 0, "default": 480},
                    },
                    "poll_share": {
                        "label": "Share of waiting tasks",
                        "description": "Largest share of these requests that waiting tasks may use, from 0.01 to 1.",
                        "schema": {"type": ["number", "null"], "minimum": 0.01, "maximum": 1, "default": 0.2},
                    },
                    "timeout": {
                        "label": "Call timeout",
                        "description": "Seconds that one call may take, including its retries.",
                        "schema": {"type": ["number", "null"], "minimum": 1, "default": 100},
                    },
                    "locale": {
                        "label": "Locale",
                        "description": "Language of Microsoft's messages.",
                        "schema": {"type": ["string", "null"], "default": "en-US"},
                    },
                },
            }
        ],
        # From Airflow 3.2 on; the older ones ignore it.
        "cli": ["airflow_provider_partnercenter.commands.definition.get_partnercenter_cli_commands"],
    }
