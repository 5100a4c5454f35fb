"""Papers as studies: what each one measured and tested, and a simulated cohort on which that can be done again."""
