"""Fold loops, metrics, intervals, permutation schemes and sequential p values over any estimator."""
