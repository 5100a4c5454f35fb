"""Grey-level matrices: co-occurrence, run length, zones, neighbourhood."""
