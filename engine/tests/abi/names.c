/* Makes the table ABI_NAMES of names.h under the mapping macros of its compilation. */
#include <esent.h>
#include "names.h"

#undef JET_API
#define ABI_TEXT(name)                                             #name
#define JET_API(visibility, base, names, handle, min_version, ...) {#base, ABI_TEXT(base)},
#define JET_API0(visibility, base, names, handle, min_version)     {#base, ABI_TEXT(base)},
#define JET_TX(name)                                               name##_A

const struct abi_name ABI_NAMES[ABI_NAMES_MOST] = {
#include "jet_api.def"
};
