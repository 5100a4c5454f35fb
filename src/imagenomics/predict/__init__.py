"""Models that predict a genotype or a number from columns: one family per file, tuning nested and honest."""
