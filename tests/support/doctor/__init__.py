"""What tests of ``airflow partnercenter doctor`` share."""
