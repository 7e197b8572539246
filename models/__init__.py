"""Features, training, bundles and evaluation: offline code without Faust or Kafka."""
