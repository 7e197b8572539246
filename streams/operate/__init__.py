"""What a person runs: the command line, the embedded broker, tools, the demo."""
