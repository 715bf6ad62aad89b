"""Worker processes: where problems and answers are read, judged and, if need be, killed."""
