"""The features job side by side: Kairos and its peers, one broker, one input, one run."""
