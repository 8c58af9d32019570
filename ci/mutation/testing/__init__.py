"""What the tests of ci/mutants stand on: a project whose compiler compiles nothing."""
