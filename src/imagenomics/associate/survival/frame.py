"""Columns and names of the tables of survival that the page and the stages share."""

MODEL_COLUMNS = (
    *("analysis", "comparison", "model", "before", "terms", "n", "events", "df"),
    *("log_likelihood", "log_likelihood_null", "aic", "aic_difference", "c_apparent", "c_index"),
    *("c_gain", "c_gain_low", "c_gain_high", "lr_statistic", "lr_df", "lr_p", "q", "status", "reason"),
)
COMPARED = "likelihood ratio of nested Cox models"
GAIN = "gain in C-index"
SCORE_COLUMNS = (
    *("analysis", "score", "terms", "source", "n", "events", "c_apparent", "c_index", "optimism"),
    *("ratio_apparent", "ratio", "ci_low", "ci_high", "p_naive", "p", "q", "draws", "status", "reason"),
)
SCORE_TERM_COLUMNS = (
    *("analysis", "score", "term", "chosen", "cut", "cut_low", "cut_high", "worse", "same_side", "settings"),
)
POINT_COLUMNS = ("analysis", "score", "patient", "points", "points_left_out")
ALL = "(all)"  # all terms of a model together
PROPORTIONAL_COLUMNS = (
    *("analysis", "model", "term", "n", "events", "hazard_ratio", "change"),
    *("statistic", "df", "p", "q", "status", "reason"),
)
POINTS = "hazard ratio per point"
# What a curve shows.
SURVIVAL, INCIDENCE, COMPETING = "survival", "cumulative incidence", "cumulative incidence, competing"
