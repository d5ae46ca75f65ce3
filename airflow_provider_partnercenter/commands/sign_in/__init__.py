"""``airflow partnercenter sign-in``: let a partner user sign in, and keep the refresh token in a connection."""
