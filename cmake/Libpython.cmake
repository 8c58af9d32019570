# The headers and the library of Debian's CPython 3.11, for what embeds an interpreter or extends one. Either may be missing:
# the rooms that need them do without, and say so.
find_path(POOLHAMMER_PYTHON_INCLUDE Python.h PATHS /usr/include PATH_SUFFIXES python3.11 NO_DEFAULT_PATH)
find_library(POOLHAMMER_PYTHON_LIBRARY python3.11)
