"""The embedded Apache Kafka of demo and tests."""
