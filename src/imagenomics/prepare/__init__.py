"""Steps that learn from several patients, fitted inside the fold: impute, standardise, filter, select."""
