"""The page in Airflow's UI: its routes, and in ``static`` what a browser runs."""
