# Gray's tests of cmprsk that tests/reference/test_reference_gray.py holds ours to.
#
#     Rscript benchmarks/gray_reference.R tests/reference
#
# writes r_gray_patients.csv (twelve made-up cohorts: two to four groups, with and without ties and strata) and
# r_gray_found.csv (statistic and p of each cause).
suppressMessages(library(cmprsk))
folder <- commandArgs(TRUE)[1]
set.seed(1)
patients <- found <- NULL
for (i in 1:12) {
  k <- 2 + i %% 3
  n <- c(20, 40, 80, 60)[1 + i %% 4]
  group <- sample(k, n, TRUE) - 1
  first <- rexp(n, 0.1 * exp(0.3 * group)); second <- rexp(n, 1 / 12); left <- runif(n, 1, 25)
  time <- round(pmin(first, second, left), 3)
  if (i > 5) time <- ceiling(time / c(1, 3)[1 + i %% 2])
  cause <- ifelse(left <= pmin(first, second), 0, ifelse(first <= second, 1, 2))
  stratum <- if (i %% 2 == 0) sample(2, n, TRUE) - 1 else rep(0, n)
  tests <- if (i %% 2 == 0) cuminc(time, cause, group, strata = stratum)$Tests else cuminc(time, cause, group)$Tests
  patients <- rbind(patients, data.frame(cohort = i, time, cause, group, stratum))
  found <- rbind(found, data.frame(cohort = i, cause = 1:2, statistic = tests[, 1], p = tests[, 2], df = tests[, 3]))
}
write.csv(patients, file.path(folder, "r_gray_patients.csv"), row.names = FALSE, quote = FALSE)
write.csv(format(found, digits = 16), file.path(folder, "r_gray_found.csv"), row.names = FALSE, quote = FALSE)
