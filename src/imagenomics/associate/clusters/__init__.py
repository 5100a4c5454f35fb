"""Groups of patients found in features alone: trees, how many, whether they are there, and whether they stay."""
