# From here on the script is the same for every survey. Base R is enough; with the package foreign it reads the
# SPSS file too, where that lies beside the table.

differing <- character()

compare <- function(what, found, told) {
  if (is.na(told)) return(invisible())
  agrees <- isTRUE(abs(found - told) <= 1e-8)
  cat(sprintf("%16.10f  %s  %s\n", found, if (agrees) said$agrees else said$differs, what))
  if (!agrees) differing <<- c(differing, what)
}

# Table -------------------------------------------------------------------------------------------------------------

given <- commandArgs(trailingOnly = TRUE)
if (length(given) == 0) {
  own <- sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))
  given <- file.path(if (length(own)) dirname(own[1]) else ".", survey$table)
}
types <- c("character", rep("integer", length(columns) - 1))
rows <- read.csv(given[1], colClasses = types, na.strings = "", encoding = "UTF-8", check.names = FALSE)
names(rows) <- columns
compare(said$answers, nrow(rows), survey$rows)

# SPSS file: the same codes, read another way -----------------------------------------------------------------------

labelled <- file.path(dirname(given[1]), survey$labelled)
if (file.exists(labelled) && requireNamespace("foreign", quietly = TRUE)) {
  spss <- suppressWarnings(foreign::read.spss(labelled, use.value.labels = FALSE, use.missings = FALSE))
  same <- mapply(function(a, b) identical(as.numeric(a), as.numeric(b)), spss[-1], rows[-1])
  compare(said$labelled, sum(same), length(columns) - 1)
}

# Statistics --------------------------------------------------------------------------------------------------------

# Levels in the direction of the scale. Negative codes are no opinion and not applicable: answers, never scored.
levels_of <- function(item) {
  x <- rows[[item$code]]
  x[!is.na(x) & x < 0] <- NA
  if (item$reversed) item$low + item$high - x else x
}

# Wilson's 95 % interval; of a group of known size with n (N - 1) / (N - n) in the place of n.
score_interval <- function(satisfied, n, people) {
  p <- satisfied / n
  if (!is.na(people)) {
    if (people == n) return(c(p, p))
    n <- n * (people - 1) / (people - n)
  }
  z <- qnorm(0.975)
  centre <- (p + z^2 / (2 * n)) / (1 + z^2 / n)
  half <- z / (1 + z^2 / n) * sqrt(p * (1 - p) / n + z^2 / (4 * n^2))
  c(if (p == 0) 0 else centre - half, if (p == 1) 1 else centre + half)
}

rates <- indices <- list()
for (item in items) {
  x <- levels_of(item)
  x <- x[!is.na(x)]
  satisfied <- sum(x %in% item$satisfied)
  rates[[item$code]] <- satisfied / length(x)
  indices[[item$code]] <- (mean(x) - item$low) / (item$high - item$low) * 100
  name <- function(figure) paste0(item$code, ": ", figure)
  compare(name(said$scored), length(x), item$n)
  compare(name(said$rate), rates[[item$code]], item$rate)
  compare(name(said$mean), mean(x), item$mean)
  compare(name(said$index), indices[[item$code]], item$index)
  if (!is.na(item$lower)) {
    interval <- score_interval(satisfied, length(x), item$people)
    compare(name(said$lower), interval[1], item$lower)
    compare(name(said$upper), interval[2], item$upper)
  }
}

for (dimension in dimensions) {
  compare(paste0(dimension$code, ": ", said$rate), mean(unlist(rates[dimension$items])), dimension$rate)
  compare(paste0(dimension$code, ": ", said$index), mean(unlist(indices[dimension$items])), dimension$index)
}

# Cronbach's alpha over those who gave a scored answer to every item of the scale.
if (!is.na(scale$alpha)) {
  x <- sapply(items[scale$items], levels_of)
  C <- cov(x[complete.cases(x), , drop = FALSE])
  k <- ncol(C)
  compare(said$alpha, k / (k - 1) * (1 - sum(diag(C)) / sum(C)), scale$alpha)
}

if (length(differing)) stop(paste(said$failed, paste(differing, collapse = ", ")), call. = FALSE)
cat(said$reproduced, "\n", sep = "")
