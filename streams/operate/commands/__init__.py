"""The commands of `kairos`, a module each; `streams.operate.cli` puts them together."""
