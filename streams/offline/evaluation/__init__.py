"""What evaluation reads of a log through the data path."""
