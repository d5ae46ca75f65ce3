"""What Airflow reads about this provider. It runs at every ``import airflow``: a literal, and no imports."""

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
                ],
            }
        ],
        "sensors": [
            {
                "integration-name": "Microsoft Partner Center",
                "python-modules": ["airflow_provider_partnercenter.sensors.qualification"],
            }
        ],
        "triggers": [
            {
                "integration-name": "Microsoft Partner Center",
                "python-modules": [
                    "airflow_provider_partnercenter.triggers.qualification",
                    "airflow_provider_partnercenter.triggers.bulk",
                ],
            }
        ],
        "extra-links": ["airflow_provider_partnercenter.links.partnercenter.PartnerCenterCustomerLink"],
        "connection-types": [
            {
                "connection-type": "partnercenter",
                "hook-class-name": "airflow_provider_partnercenter.hooks.partnercenter.PartnerCenterHook",
                "hook-name": "Microsoft Partner Center",
                "ui-field-behaviour": {
                    "hidden-fields": ["port", "schema", "extra"],
                    "relabeling": {
                        "login": "Application (client) ID",
                        "password": "Client secret",
                        "host": "API address",
                    },
                    "placeholders": {
                        "login": "GUID of the application registered in the partner's tenant",
                        "password": "leave empty if a certificate is given",
                        "host": "only to override the cloud's, for example https://localhost:8443",
                    },
                },
                "conn-fields": {
                    "tenant_id": {
                        "label": "Partner tenant ID",
                        "description": "GUID or domain of the partner's own tenant, not of a customer's.",
                        "schema": {"type": "string", "minLength": 1},
                    },
                    "refresh_token": {
                        "label": "Refresh token",
                        "description": "Of a partner user who signed in with MFA. Given, calls are made as App+User, "
                        "which submitting needs; left out, as App-only, which can only read.",
                        "schema": {"type": ["string", "null"], "format": "password"},
                    },
                    "credential_variable": {
                        "label": "Variable of the refresh token",
                        "description": "Name of an Airflow Variable, made by the first task, that keeps the refresh "
                        "token fresh; without it the token above dies 90 days after the consent.",
                        "schema": {"type": ["string", "null"], "maxLength": 250},
                    },
                    "client_certificate_private_key": {
                        "label": "Certificate private key",
                        "description": "PEM text, instead of the client secret; the certificate may follow it here.",
                        "schema": {"type": ["string", "null"], "format": "multiline"},
                    },
                    "client_certificate": {
                        "label": "Certificate",
                        "description": "PEM text of the certificate, with its chain if it has one.",
                        "schema": {"type": ["string", "null"], "format": "multiline"},
                    },
                    "cloud": {
                        "label": "Cloud",
                        "description": "Microsoft's cloud that the partner's account belongs to.",
                        "schema": {
                            "type": ["string", "null"],
                            "enum": ["global", "us_government", "china"],
                            "default": "global",
                        },
                    },
                    "authority": {
                        "label": "Login address",
                        "description": "Only to override the cloud's: base URL of the login service, without tenant.",
                        "schema": {"type": ["string", "null"]},
                    },
                    "ca_bundle": {
                        "label": "CA file",
                        "description": "PEM file, on workers and triggerers, of the certificate authorities to trust.",
                        "schema": {"type": ["string", "null"]},
                    },
                    "requests_per_minute": {
                        "label": "Requests per minute",
                        "description": "Budget of one Airflow process, of Microsoft's 500 per partner; 0 for no limit.",
                        "schema": {"type": ["integer", "null"], "minimum": 0, "default": 480},
                    },
                    "poll_share": {
                        "label": "Share of waiting tasks",
                        "description": "How much of these requests the looks of waiting tasks may take at the most.",
                        "schema": {"type": ["number", "null"], "minimum": 0.01, "maximum": 1, "default": 0.2},
                    },
                    "timeout": {
                        "label": "Call time-out",
                        "description": "Seconds that one call may take with its repetitions.",
                        "schema": {"type": ["number", "null"], "minimum": 1, "default": 100},
                    },
                    "locale": {
                        "label": "Locale",
                        "description": "Language of Microsoft's texts.",
                        "schema": {"type": ["string", "null"], "default": "en-US"},
                    },
                },
            }
        ],
    }
