"""The records Kairos reads, writes and keeps: plain data, no behaviour, no project imports."""
