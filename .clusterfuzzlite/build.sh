#!/usr/bin/env bash
# The build is OSS-Fuzz's. Called in the project's folder.
set -euo pipefail
exec bash ci/oss-fuzz/build.sh
