#include <lk/compiler.h>
