"""What tasks tell about their customers, for whoever looks at Airflow. Pure values, without I/O and without Airflow."""
