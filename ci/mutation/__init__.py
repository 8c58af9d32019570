"""Planted bugs: building, driving and scoring them. ci/mutants is the command."""
