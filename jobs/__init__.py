"""One file for each thing the society needs done; each job is one transaction."""
