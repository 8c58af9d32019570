"""The parts of ci/nightly: a plan, the stages that it divides the time among, and the report."""
