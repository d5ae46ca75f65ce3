"""``airflow partnercenter doctor``: what must be right, each with its remedy if it is not."""
