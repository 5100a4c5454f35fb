"""The page: reads a run folder, computes no statistic, and writes one HTML file that opens without a network."""
