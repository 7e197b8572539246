"""What `kairos evaluate` measures beside a bundle: a file a subcommand."""
