/*
 * test_abi.c - the tables are complete, and names are mapped as esent.h says.
 *
 * That esent.h has the layouts and values of the tables is checked where check.c is compiled; here
 * the number of rows is checked, so that a lost row does not go unnoticed, and what needs running.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include <esent.h>
#include "names.h"

#define ABI_VALUE(name, value)                     +1
#define ABI_WORD(name, value)                      +1
#define ABI_NARROW(name, value)                    +1
#define ABI_LATEST(name, value)                    +1
#define ABI_TEXT(name, value)                      +1
#define ABI_STRUCT(type, size, alignment)          +1
#define ABI_MEMBER(type, member, offset, size)     +1
#define ABI_SCALAR(type, size, alignment)          +1
#define ABI_FUNCTION(visibility, base, names, ver) +1

static const int rows_of_errors = 0
#include "errors.def"
    ;
static const int rows_of_bits = 0
#include "bits.def"
    ;
static const int rows_of_params = 0
#include "params.def"
    ;
static const int rows_of_categories = 0
#include "categories.def"
    ;
static const int rows_of_constants = 0
#include "constants.def"
    ;
static const int rows_of_layout = 0
#include "layout.def"
    ;

#undef ABI_MEMBER
#undef ABI_SCALAR
#define ABI_MEMBER(type, member, offset, size)
#define ABI_SCALAR(type, size, alignment)
static const int structs = 0
#include "layout.def"
    ;

Test(abi, tables_are_complete)
{
    cr_expect_eq(rows_of_errors, 432);
    cr_expect_eq(rows_of_bits, 241);
    cr_expect_eq(rows_of_params, 132);
    cr_expect_eq(rows_of_categories, 18);
    cr_expect_eq(rows_of_constants, 213);
    cr_expect_eq(rows_of_layout, 736);
    cr_expect_eq(structs, 75);
}

Test(abi, version_is_windows_10_unless_told)
{
    cr_expect_eq(JET_VERSION, 0x0A00);
}

/* The values of the table's texts: the bytes that a configuration store is searched for. */
#undef ABI_VALUE
#undef ABI_WORD
#undef ABI_NARROW
#undef ABI_LATEST
#undef ABI_TEXT
#define ABI_VALUE(name, value)
#define ABI_WORD(name, value)
#define ABI_NARROW(name, value)
#define ABI_LATEST(name, value)
#define ABI_TEXT(name, value) {#name, name, value},

static const struct {
    const char *name;
    const JET_WCHAR *wide;
    const char *narrow;
} texts[] = {
#include "constants.def"
};

Test(abi, texts)
{
    cr_assert_eq(sizeof(texts) / sizeof(texts[0]), 3);
    for (size_t i = 0; i < 3; i++) {
        size_t n = strlen(texts[i].narrow);
        for (size_t k = 0; k <= n; k++)
            cr_expect_eq(texts[i].wide[k], (JET_WCHAR)texts[i].narrow[k], "%s, character %zu",
                         texts[i].name, k);
    }
}

/* An error and its range: documented codes are below zero, warnings above, and none is named twice
 * with different values (the compiler sees to that). */
#undef ABI_VALUE
#define ABI_VALUE(name, value) {#name, value},

static const struct {
    const char *name;
    JET_ERR err;
} errors[] = {
#include "errors.def"
};

Test(abi, errors_are_negative_and_warnings_positive)
{
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        const char *name = errors[i].name;
        if (strcmp(name, "JET_errSuccess") == 0)
            cr_expect_eq(errors[i].err, 0);
        else if (strcmp(name, "JET_wrnNyi") == 0 || strstr(name, "err") == name + 4)
            cr_expect_lt(errors[i].err, 0, "%s", name);
        else
            cr_expect_gt(errors[i].err, 0, "%s", name);
    }
}

/* ---- name mapping ---------------------------------------------------------------------------- */

#define ABI_HAS_PLAIN   0
#define ABI_HAS_AW      1
#define ABI_HAS_AW_ONLY 1
#define ABI_HAS_W_ONLY  2
#undef ABI_FUNCTION
#define ABI_FUNCTION(visibility, base, names, ver) {#base, #visibility, ABI_HAS_##names},

static const struct {
    const char *base;
    const char *visibility;
    int has; /* 1: A and W, 2: W only */
} functions[] = {
#include "functions.def"
};

/* What `JetX` is to become: JetX and the suffix for functions with variants, else JetX. Private
 * functions are not in esent.h, so they are never mapped. */
static void expect_mapping(const struct abi_name *names, const char *with_variants,
                           const char *w_only)
{
    int seen = 0;
    for (; names->base != NULL; names++, seen++) {
        char expected[80];
        const char *suffix = NULL;
        for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
            /* The stringified base is the list's own spelling even where it is a macro. */
            if (strcmp(functions[i].base, names->base) != 0)
                continue;
            suffix = "";
            if (strcmp(functions[i].visibility, "PUBLIC") == 0 && functions[i].has == 1)
                suffix = with_variants;
            if (strcmp(functions[i].visibility, "PUBLIC") == 0 && functions[i].has == 2)
                suffix = w_only;
        }
        cr_assert_not_null(suffix, "%s is in the list but not an exported function", names->base);
        snprintf(expected, sizeof(expected), "%s%s", names->base, suffix);
        cr_expect_str_eq(names->mapped, expected);
    }
    cr_expect_eq(seen, 212);
}

Test(abi, plain_names_mean_a_variants)
{
    expect_mapping(abi_names_default, "A", "");
}

Test(abi, plain_names_mean_w_variants_under_jet_unicode)
{
    expect_mapping(abi_names_unicode, "W", "W");
}

Test(abi, plain_names_are_not_mapped_if_told)
{
    expect_mapping(abi_names_no_map, "", "");
}

Test(abi, plain_names_are_not_mapped_before_vista)
{
    expect_mapping(abi_names_0500, "", "");
}

/* ---- the header declares nothing that the list does not have --------------------------------- */

Test(abi, header_declares_293_functions)
{
    static const char start[] = "JET_ERR JET_API Jet";
    char line[512];
    int declared = 0;
    FILE *header = fopen(ABI_HEADER, "r");
    cr_assert_not_null(header, "cannot open %s", ABI_HEADER);
    while (fgets(line, sizeof(line), header) != NULL)
        declared += strncmp(line, start, strlen(start)) == 0;
    fclose(header);
    cr_expect_eq(declared, 293);
}
