#pragma once

#include <link.h>

namespace poolhammer::worker {

/// Whether the loaded object exports a symbol of that name. Unlike dlsym, it allocates nothing where there is
/// none: the loader's message would be a block of the library under test.
[[nodiscard]] bool exports(const dl_phdr_info& object, const char* symbol);

}  // namespace poolhammer::worker
