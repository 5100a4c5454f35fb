"""Where a lesion lies, how large, how many, how sharp: measurements on the masks of one patient."""
