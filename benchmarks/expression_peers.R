# Tests of expression by R's packages: Rscript expression_peers.R FOLDER. For each cohort of FOLDER one table of p values
# and statistics (NAME.r.csv) and one of CPU seconds (NAME.r.seconds.csv).
suppressMessages({library(limma); library(edgeR); library(DESeq2)})
sam <- suppressMessages(suppressWarnings(require(samr, quietly = TRUE)))
folder <- commandArgs(TRUE)[1]
for (file in list.files(folder, pattern = "[.]counts[.]csv$")) {
  name <- sub("[.]counts[.]csv$", "", file)
  counts <- as.matrix(read.csv(file.path(folder, file), row.names = 1))
  patients <- read.csv(file.path(folder, paste0(name, ".patients.csv")), row.names = 1)
  design <- model.matrix(~ c + x, patients)
  binary <- all(patients$x %in% 0:1)
  found <- list(); seconds <- list()
  keep <- function(method, run) {
    start <- proc.time()
    answer <- run()
    spent <- proc.time() - start
    seconds[[method]] <<- sum(spent[c("user.self", "sys.self")])
    found[[paste0(method, ":p")]] <<- answer$p
    found[[paste0(method, ":statistic")]] <<- answer$statistic
  }
  eb <- function(fit) list(p = fit$p.value[, 3], statistic = fit$t[, 3])
  reads <- function() calcNormFactors(DGEList(counts))
  levels <- function() {
    y <- reads()
    t(log2((t(counts) + 0.5) / (y$samples$lib.size * y$samples$norm.factors + 1) * 1e6))
  }
  keep("limma", function() eb(eBayes(lmFit(levels(), design))))
  keep("limma trend", function() eb(eBayes(lmFit(levels(), design), trend = TRUE)))
  keep("limma-voom", function() eb(eBayes(lmFit(voom(reads(), design), design))))
  ql <- function(robust) function() {
    y <- estimateDisp(reads(), design, robust = robust)
    table <- glmQLFTest(glmQLFit(y, design, robust = robust), 3)$table
    list(p = table$PValue, statistic = table$F)
  }
  keep("edgeR QL", ql(FALSE))
  keep("edgeR QL robust", ql(TRUE))
  keep("DESeq2", function() {
    data <- suppressMessages(DESeqDataSetFromMatrix(counts, patients, ~ c + x))
    table <- results(suppressMessages(DESeq(data, quiet = TRUE)), name = "x", independentFiltering = FALSE)
    list(p = table$pvalue, statistic = table$stat)
  })
  if (sam && grepl("_sam$", name)) keep("samr", function() {
    logs <- levels()
    input <- list(x = logs, y = if (binary) patients$x + 1 else patients$x, geneid = rownames(logs),
                  genenames = rownames(logs), logged2 = TRUE)
    sink(nullfile()); on.exit(sink())
    fit <- samr(input, resp.type = if (binary) "Two class unpaired" else "Quantitative", nperms = 100, random.seed = 1)
    list(p = pmin(samr.pvalues.from.perms(fit$tt, fit$ttstar), 1), statistic = fit$tt)
  })
  write.csv(format(as.data.frame(found, check.names = FALSE), digits = 17), row.names = FALSE,
            file.path(folder, paste0(name, ".r.csv")))
  write.csv(as.data.frame(seconds, check.names = FALSE), file.path(folder, paste0(name, ".r.seconds.csv")), row.names = FALSE)
}
versions <- sapply(c("limma", "edgeR", "DESeq2", if (sam) "samr"), function(p) as.character(packageVersion(p)))
cat(R.version.string, paste(names(versions), versions), sep = ", ")
