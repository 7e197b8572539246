"""The full job, measured on a real worker and a real Kafka."""
