"""The flywheel: data to train models with, made by solvers and taken from runs."""
