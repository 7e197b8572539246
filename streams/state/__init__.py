"""One partition's rows: keys, packed layout, dictionary, in-memory store."""
