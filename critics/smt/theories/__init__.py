"""The theories of SMT-LIB 2.7: for every operator, how it is typed and what it computes."""
