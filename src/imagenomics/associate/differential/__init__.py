"""Expression along imaging phenotypes: linear models with variances shrunk across genes."""
