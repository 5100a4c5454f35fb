"""A synthetic cohort with a known truth, for the demo, for teaching and for testing the whole road."""
