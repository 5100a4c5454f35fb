"""Columns and names of the tables of survival that the page and the stages share."""

MODEL_COLUMNS = (
    *("analysis", "comparison", "model", "before", "terms", "n", "events", "df"),
    *("log_likelihood", "log_likelihood_null", "aic", "aic_difference", "c_apparent", "c_index"),
    *("c_gain", "c_gain_low", "c_gain_high", "lr_statistic", "lr_df", "lr_p", "q", "status", "reason"),
)
COMPARED = "likelihood ratio of nested Cox models"
GAIN = "gain in C-index"
# What a curve shows.
SURVIVAL, INCIDENCE, COMPETING = "survival", "cumulative incidence", "cumulative incidence, competing"
