/*
 * agree.h - every public row of jet_api.def describes the function that esent.h declares.
 *
 * For each exported name the type of the declaration is compared with the type that is built from
 * the row. Compiling is the test; included by agree.c and agree.cpp.
 */
#define JET_NO_NAME_MAP
#ifndef __cplusplus
#include <assert.h>
#endif
#include <esent.h>
#include "each.h"

#ifdef __cplusplus
template <class A, class B> struct abi_same {
    static const bool value = false;
};
template <class A> struct abi_same<A, A> {
    static const bool value = true;
};
#define ABI_SAME(function, types)                                                                  \
    static_assert(abi_same<decltype(&function), JET_ERR(JET_CALL *) types>::value, #function);
#else
#define ABI_SAME(function, types)                                                                  \
    static_assert(__builtin_types_compatible_p(__typeof__(&function), JET_ERR(JET_CALL *) types),  \
                  #function);
#endif

#undef JET_API

/* First with the text types of the A variants, which are those of the plain names too. */
#define ABI_PLAIN(base, types)   ABI_SAME(base, types)
#define ABI_AW(base, types)      ABI_SAME(base, types) ABI_SAME(base##A, types)
#define ABI_AW_ONLY(base, types) ABI_SAME(base##A, types)
#define ABI_W_ONLY(base, types)
#define ABI_PUBLIC(base, names) ABI_##names(base, (void))
#define ABI_PRIVATE(base, names)
#define JET_TX(name) name##_A
#define JET_API(visibility, base, names, handle, min_version, ...)                                 \
    ABI_##names(base, ABI_TYPES(__VA_ARGS__))
#define JET_API0(visibility, base, names, handle, min_version) ABI_##visibility(base, names)
#include "jet_api.def"
#undef ABI_PLAIN
#undef ABI_AW
#undef ABI_AW_ONLY
#undef ABI_W_ONLY
#undef JET_TX

/* Then with those of the W variants. */
#define ABI_PLAIN(base, types)
#define ABI_AW(base, types)      ABI_SAME(base##W, types)
#define ABI_AW_ONLY(base, types) ABI_SAME(base##W, types)
#define ABI_W_ONLY(base, types)  ABI_SAME(base##W, types)
#define JET_TX(name)             name##_W
#include "jet_api.def"
