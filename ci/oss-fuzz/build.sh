#!/usr/bin/env bash
# Builds the fuzz targets for a fuzzing cluster, as OSS-Fuzz and ClusterFuzzLite ask: with $CC, $CXX and their flags, linked
# to $LIB_FUZZING_ENGINE, the programs and all that belongs to them into $OUT. Adds no sanitizer and no engine of its own.
set -euo pipefail
for variable in CC CXX CFLAGS CXXFLAGS LIB_FUZZING_ENGINE OUT WORK; do
  [[ -v $variable ]] || { echo "oss-fuzz/build.sh: $variable is not set; a cluster's builder sets it" >&2; exit 2; }
done
# A cluster copies this file out of the project, and calls it in the project's folder.
if [[ ! -f fuzz/CMakeLists.txt ]]; then
  echo "oss-fuzz/build.sh: to be called in the project's folder, found itself in $PWD" >&2
  exit 2
fi

# Type None: the optimisation is the cluster's choice too.
cmake -G Ninja -S . -B "$WORK/build" -DCMAKE_BUILD_TYPE=None -DPOOLHAMMER_TARGETS_ONLY=ON -DPOOLHAMMER_TESTS=OFF \
  -DPOOLHAMMER_PROPERTIES=OFF "-DPOOLHAMMER_FUZZING_ENGINE=$LIB_FUZZING_ENGINE"
cmake --build "$WORK/build" --parallel "$(nproc)"

targets=()
for source in fuzz/fuzz_*.cpp; do
  program=$(basename "$source" .cpp)
  name=${program#fuzz_}
  built=$WORK/build/fuzz/$program
  # A cluster runs what needs nothing beside itself; what needs the worker is not even built.
  [[ -f $built ]] || continue
  needs=$(python3 ci/fuzz_targets.py needs "$built")
  [[ -z $needs ]] || continue
  targets+=("$program")
  cp "$built" "$OUT/"
  python3 ci/fuzz_targets.py options "$built" >"$OUT/$program.options"
  # A dictionary of its own, or none: the mutator of traces works by operations.
  [[ ! -f fuzz/$program.dict ]] || cp "fuzz/$program.dict" "$OUT/"
  mapfile -t seeds < <(find -L "corpus/$name" corpus/regressions -type f 2>/dev/null | sort)
  if ((${#seeds[@]} == 0)); then
    echo "oss-fuzz/build.sh: $program has no seeds in corpus/$name" >&2
    exit 1
  fi
  rm -f "$OUT/${program}_seed_corpus.zip"
  zip --quiet --junk-paths -X "$OUT/${program}_seed_corpus.zip" "${seeds[@]}"
done
((${#targets[@]} > 0)) || { echo "oss-fuzz/build.sh: no target was built" >&2; exit 1; }
echo "oss-fuzz: built ${targets[*]}"
