# Values of limma and edgeR that tests/reference/test_reference_limma.py holds ours to.
#
#     Rscript benchmarks/expression_reference.R tests/reference
#
# reads r_expression_counts.csv there (genes as rows; the first two rows are age and group) and writes
# r_expression_found.csv: one row per gene. Log expression is log2(count + 1) rounded to 5 digits, `missing` the same
# with every 17th value left out. Quasi-scores: statmod's score test in a model with the dispersion 0.05 + 2 / mean,
# its Pearson variance given the phenotype, shrunk by limma.
suppressMessages({library(limma); library(edgeR); library(statmod); library(MASS)})
folder <- commandArgs(TRUE)[1]
rows <- as.matrix(read.csv(file.path(folder, "r_expression_counts.csv"), row.names = 1))
clinical <- data.frame(t(rows[1:2, ]))
counts <- rows[-(1:2), ]
logs <- round(log2(counts + 1), 5)
missing <- logs
missing[seq(1, length(missing), by = 17)] <- NA
designs <- list(group = model.matrix(~ age + group, clinical), age = model.matrix(~ group + age, clinical))
found <- list()
keep <- function(name, fit) {
  found[[paste0(name, ".t")]] <<- fit$t[, 3]
  found[[paste0(name, ".p")]] <<- fit$p.value[, 3]
  found[[paste0(name, ".effect")]] <<- fit$coefficients[, 3]
  found[[paste0(name, ".df")]] <<- fit$df.total
}
y <- calcNormFactors(DGEList(counts))
for (name in names(designs)) {
  for (trend in c(FALSE, TRUE)) {
    suffix <- paste0(if (trend) "trend." else "", name)
    keep(paste0("whole.", suffix), eBayes(lmFit(logs, designs[[name]]), trend = trend))
    keep(paste0("missing.", suffix), eBayes(lmFit(missing, designs[[name]]), trend = trend))
  }
  keep(paste0("voom.", name), eBayes(lmFit(voom(y, designs[[name]]), designs[[name]])))
}
factors <- y$samples$lib.size * y$samples$norm.factors
factors <- factors / exp(mean(log(factors)))
scaled <- rowMeans(t(t(counts) / factors))
df <- ncol(counts) - 3
for (name in names(designs)) {
  z <- s2 <- rep(NA, nrow(counts))
  for (gene in seq_len(nrow(counts))) {
    data <- data.frame(y = counts[gene, ], other = designs[[name]][, 2], size = log(factors))
    fit <- suppressWarnings(glm(y ~ other + offset(size), negative.binomial(1 / (0.05 + 2 / scaled[gene])), data,
               control = glm.control(epsilon = 1e-30, maxit = 60)))
    z[gene] <- glm.scoretest(fit, designs[[name]][, 3], dispersion = 1)
    s2[gene] <- (sum(residuals(fit, "pearson")^2) - z[gene]^2) / df
  }
  shrunk <- squeezeVar(s2, df, covariate = log2(scaled))
  found[[paste0("quasi.", name, ".t")]] <- z / sqrt(shrunk$var.post)
  found[[paste0("quasi.", name, ".df")]] <- rep(min(df + shrunk$df.prior, nrow(counts) * df), nrow(counts))
}
v <- voom(y, designs$group)
found$weight_first <- v$weights[, 1]
found$weight_last <- v$weights[, ncol(v$weights)]
write.csv(format(as.data.frame(found), digits = 16), file.path(folder, "r_expression_found.csv"), quote = FALSE)
write.csv(data.frame(patient = colnames(counts), library = format(y$samples$lib.size * y$samples$norm.factors, digits = 16)),
          file.path(folder, "r_expression_libraries.csv"), quote = FALSE, row.names = FALSE)
