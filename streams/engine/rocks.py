"""How RocksDB is opened: the databases of a worker share one bounded memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import rocksdict

WRITE_BUFFER_BYTES = 32 << 20
BLOOM_BITS = 10
OPEN_FILES = 256
ZSTD_LEVEL = 1
"""Of the lowest level alone: a fifth less on disk than snappy for a fifth more of the time that RocksDB
takes for a row. zstd on all levels doubles that time; below level 1 it leaves texts as they are."""


class Rocks:
    """Opens databases that together keep at most ``memory_bytes`` of blocks and fresh writes."""

    def __init__(self, memory_bytes: int) -> None:
        self._cache = rocksdict.Cache(memory_bytes)
        self._buffers = rocksdict.WriteBufferManager.new_write_buffer_manager_with_cache(
            memory_bytes // 2, False, self._cache
        )

    def open(self, path: Path) -> Any:
        """Return the database at ``path``, made if it is not there; keys and values are bytes.

        It keeps no log of its own: whatever becomes of its files, what can be read is a state
        that once was, with its offset (decision 0022). Closing it saves all that was written.
        """
        database = rocksdict.Rdict(str(path), options=self._options())
        unlogged = rocksdict.WriteOptions()
        unlogged.disable_wal = True
        database.set_write_options(unlogged)
        return database

    def used_bytes(self) -> int:
        """Return what all databases keep in memory now."""
        used: int = self._cache.get_usage()
        return used

    def _options(self) -> Any:
        options = rocksdict.Options(raw_mode=True)
        options.create_if_missing(True)
        options.set_max_open_files(OPEN_FILES)
        options.set_write_buffer_size(WRITE_BUFFER_BYTES)
        options.set_write_buffer_manager(self._buffers)
        options.set_compression_type(rocksdict.DBCompressionType.snappy())
        options.set_bottommost_compression_type(rocksdict.DBCompressionType.zstd())
        options.set_bottommost_compression_options(-14, ZSTD_LEVEL, 0, 0, True)
        options.set_block_based_table_factory(self._tables())
        return options

    def _tables(self) -> Any:
        """Filters and indices count as blocks: they too must fit into the memory."""
        tables = rocksdict.BlockBasedOptions()
        tables.set_block_cache(self._cache)
        tables.set_bloom_filter(BLOOM_BITS, block_based=False)
        tables.set_cache_index_and_filter_blocks(True)
        tables.set_pin_l0_filter_and_index_blocks_in_cache(True)
        return tables
