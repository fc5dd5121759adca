"""One file per figure; each also measures its own limit in the same run."""
