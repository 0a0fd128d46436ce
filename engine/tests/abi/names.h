/*
 * names.h - what each function name of the list becomes once esent.h's name mapping has seen it.
 *
 * names.c is compiled once per setting of the mapping macros; each makes one of these tables.
 */
#ifndef ENGINE_TESTS_ABI_NAMES_H
#define ENGINE_TESTS_ABI_NAMES_H

struct abi_name {
    const char *base;   /* as in the list */
    const char *mapped; /* as the compiler sees it */
};

#define ABI_NAMES_MOST 256

/* Each ends with a base of NULL. */
extern const struct abi_name abi_names_default[ABI_NAMES_MOST];
extern const struct abi_name abi_names_unicode[ABI_NAMES_MOST];
extern const struct abi_name abi_names_no_map[ABI_NAMES_MOST];
extern const struct abi_name abi_names_0500[ABI_NAMES_MOST];

#endif /* ENGINE_TESTS_ABI_NAMES_H */
