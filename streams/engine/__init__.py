"""The exactly-once batch engine: one merged micro-batch of a partition, one Kafka transaction.

Everything that touches Faust or aiokafka from the inside is in this folder, and
`tests/engine/test_contract.py` pins it. A batch's way through it:

1. `fetch`, `consumer`: records with the exact offsets they cover, from a thread of Faust's;
2. `merge`: the co-partitioned topics as one sequence, a piece of which is a batch;
3. `runner`: is the batch current, and what of it is new to the state (`log_check`, `intake`)?
4. `deciding`: a thread beside the loop runs the processor: `streams.pipeline.pipeline`;
   what it leaves of a batch, and what would take too long, goes into a next one (`portions`);
5. `transactions`, `transaction`, `producer`: offsets, state rows, outputs, all or nothing; it is
   opened with the offsets while 4 goes on;
6. `store`, `database`, `rocks`, `emptied`: only then the rows go into RocksDB, and the next batch may come.

Beside it: `recovery` (rows of the changelog instead of batches; `checked_recovery` and `topic_ids`: of the right
one), `ticks` (time on quiet partitions),
`knowledge`, `learning`, `publishing` and `snapshots` (what all users share; `midway` says when it may
change), `trial` and `starts` (which record ends the process), `ending` and `prompt` (start and stop),
`watchdog`, `app` and
`transport` (where Faust finds all this).
"""
