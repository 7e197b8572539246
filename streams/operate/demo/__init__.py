"""The demo's parts: a worker process, its ledger, latency, and the checks of what came out."""
