"""The report on items: each source alone, all of them, and what the ranker makes of them."""
