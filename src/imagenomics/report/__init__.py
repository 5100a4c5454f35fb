"""The page: reads a run folder, computes no statistic, and writes one file that opens without a network."""
