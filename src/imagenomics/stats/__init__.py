"""Statistics on arrays: ranks, tails, effect sizes with intervals, multiplicity. No tables."""
