"""Apache Airflow provider for Microsoft Partner Center."""

__version__ = "0.1.0"
