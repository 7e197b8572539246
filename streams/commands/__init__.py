"""The commands of `kairos`, a module each; `streams.cli` puts them together."""
