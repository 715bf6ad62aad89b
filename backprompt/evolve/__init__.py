"""A population of accepted answers, from which better ones are asked for (FunSearch)."""
