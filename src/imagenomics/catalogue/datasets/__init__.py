"""Public cohorts that pair images with molecules, as checked data: where things are, who is in both, what it takes."""
