/*
 * test_list.c - jet_api.def lists what the original exports, and its rows make sense.
 */
#include <criterion/criterion.h>
#include <stdbool.h>
#include <string.h>

#define JET_NO_NAME_MAP
#include <esent.h>
#include "each.h"

#define PARAMS_MOST 12

struct param {
    const char *type;
    const char *name;
    const char *role;
};

struct row {
    const char *visibility;
    const char *base;
    const char *names;
    const char *handle;
    int min_version;
    struct param params[PARAMS_MOST]; /* the unused ones have no name */
};

#undef JET_API
#define PARAM(type, name, role) {#type, #name, #role},
#define JET_TX(name)            name##_A
#define JET_API(visibility, base, names, handle, min_version, ...)                                 \
    {#visibility, #base, #names, #handle, min_version, {ABI_EACH(PARAM, PARAM, __VA_ARGS__)}},
#define JET_API0(visibility, base, names, handle, min_version)                                     \
    {#visibility, #base, #names, #handle, min_version, {{NULL, NULL, NULL}}},

static const struct row rows[] = {
#include "jet_api.def"
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

#define ABI_FUNCTION(visibility, base, names, min_version)                                         \
    {#visibility, #base, #names, min_version},
static const struct {
    const char *visibility;
    const char *base;
    const char *names;
    int min_version;
} exported[] = {
#include "functions.def"
};
#define EXPORTED (sizeof(exported) / sizeof(exported[0]))

static bool is(const char *a, const char *b)
{
    return a != NULL && strcmp(a, b) == 0;
}

static bool is_public(const struct row *row)
{
    return is(row->visibility, "PUBLIC");
}

static bool has_role(const struct row *row, const char *role)
{
    for (int i = 0; i < PARAMS_MOST; i++)
        if (is(row->params[i].role, role))
            return true;
    return false;
}

/* Exported names of a row, by its `names`; 0 for a word that is none. */
static int count_names(const char *names)
{
    return is(names, "PLAIN") || is(names, "W_ONLY") ? 1
           : is(names, "AW")                         ? 3
           : is(names, "AW_ONLY")                    ? 2
                                                     : 0;
}

Test(list, has_212_functions_161_of_them_public)
{
    int public_rows = 0, private_rows = 0;
    for (size_t i = 0; i < ROWS; i++) {
        public_rows += is_public(&rows[i]);
        private_rows += is(rows[i].visibility, "PRIVATE");
    }
    cr_expect_eq(public_rows, 161);
    cr_expect_eq(private_rows, 51);
    cr_expect_eq(ROWS, 212);
}

Test(list, has_379_exported_names_293_of_them_public)
{
    int all = 0, of_public = 0;
    for (size_t i = 0; i < ROWS; i++) {
        int n = count_names(rows[i].names);
        cr_expect_gt(n, 0, "%s has unknown names %s", rows[i].base, rows[i].names);
        all += n;
        of_public += is_public(&rows[i]) ? n : 0;
    }
    cr_expect_eq(all, 379);
    cr_expect_eq(of_public, 293);
}

/* Each exported function once, with its visibility, names and version. */
Test(list, is_what_the_original_exports)
{
    cr_assert_eq(EXPORTED, 212);
    for (size_t i = 0; i < EXPORTED; i++) {
        int seen = 0;
        for (size_t k = 0; k < ROWS; k++) {
            if (!is(rows[k].base, exported[i].base))
                continue;
            seen++;
            cr_expect_str_eq(rows[k].visibility, exported[i].visibility, "%s", exported[i].base);
            cr_expect_str_eq(rows[k].names, exported[i].names, "%s", exported[i].base);
            if (is_public(&rows[k]))
                cr_expect_eq(rows[k].min_version, exported[i].min_version, "%s", exported[i].base);
        }
        cr_expect_eq(seen, 1, "%s is listed %d times", exported[i].base, seen);
    }
}

Test(list, versions_are_known_ones)
{
    static const int known[] = {0x0500, 0x0501, 0x0502, 0x0600, 0x0601,
                                0x0602, 0x0603, 0x0A00, 0x0A01};
    for (size_t i = 0; i < ROWS; i++) {
        bool found = false;
        for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
            found = found || known[k] == rows[i].min_version;
        cr_expect(found, "%s has version 0x%04X", rows[i].base, (unsigned)rows[i].min_version);
    }
}

/* Roles whose C type is fixed. NULL: several types are possible. */
static const struct {
    const char *role;
    const char *type;
} roles[] = {
    {"IN_INSTANCE", "JET_INSTANCE"},
    {"OUT_INSTANCE", "JET_INSTANCE *"},
    {"INOUT_INSTANCE", "JET_INSTANCE *"},
    {"IN_SESID", "JET_SESID"},
    {"OUT_SESID", "JET_SESID *"},
    {"IN_DBID", "JET_DBID"},
    {"OUT_DBID", "JET_DBID *"},
    {"IN_TABLEID", "JET_TABLEID"},
    {"OUT_TABLEID", "JET_TABLEID *"},
    {"IN_COLUMNID", "JET_COLUMNID"},
    {"OUT_COLUMNID", "JET_COLUMNID *"},
    {"IN_SNAPID", "JET_OSSNAPID"},
    {"OUT_SNAPID", "JET_OSSNAPID *"},
    {"IN_LS", "JET_LS"},
    {"OUT_LS", "JET_LS *"},
    {"IN_FILE", "JET_HANDLE"},
    {"OUT_FILE", "JET_HANDLE *"},
    {"IN_HANDLE", "JET_HANDLE"},
    {"OUT_HANDLE", "JET_HANDLE *"},
    {"IN_GRBIT", "JET_GRBIT"},
    {"OUT_GRBIT", "JET_GRBIT *"},
    {"IN_API_PTR", "JET_API_PTR"},
    {"INOUT_API_PTR", "JET_API_PTR *"},
    {"OUT_SIZE", "JET_ULONG *"},
    {"OUT_TEXT", "JET_PSTR_A"},
    {"OUT_SERIAL", "JET_COMMIT_ID *"},
    {"IN_INT", NULL},
    {"IN_SIZE", NULL},
    {"IN_TEXT", NULL},
    {"IN_DATA", NULL},
    {"OUT_DATA", NULL},
    {"OUT_INT", NULL},
    {"IN_STRUCT", NULL},
    {"OUT_STRUCT", NULL},
    {"INOUT_STRUCT", NULL},
    {"IN_CALLBACK", NULL},
    {"IN_CONTEXT", NULL},
    {"OUT_POINTER", NULL},
    {"RESERVED", NULL},
};

/* Handles and bits have roles of their own, by value and by pointer, so that nobody takes one for a
 * number. */
static bool is_handle_type(const char *type)
{
    static const char *const handles[] = {"JET_INSTANCE", "JET_SESID",    "JET_DBID",
                                          "JET_TABLEID",  "JET_COLUMNID", "JET_OSSNAPID",
                                          "JET_LS",       "JET_HANDLE",   "JET_GRBIT"};
    for (size_t i = 0; i < sizeof(handles) / sizeof(handles[0]); i++) {
        size_t n = strlen(handles[i]);
        if (strncmp(type, handles[i], n) == 0 && (type[n] == '\0' || is(type + n, " *")))
            return true;
    }
    return false;
}

Test(list, roles_fit_types)
{
    for (size_t i = 0; i < ROWS; i++) {
        for (int k = 0; k < PARAMS_MOST && rows[i].params[k].name != NULL; k++) {
            const struct param *p = &rows[i].params[k];
            bool known = false, fixed = false;
            for (size_t r = 0; r < sizeof(roles) / sizeof(roles[0]); r++) {
                if (!is(p->role, roles[r].role))
                    continue;
                known = true;
                fixed = roles[r].type != NULL;
                if (fixed)
                    cr_expect_str_eq(p->type, roles[r].type, "%s, %s", rows[i].base, p->name);
            }
            cr_expect(known, "%s, %s: %s is no role", rows[i].base, p->name, p->role);
            cr_expect(fixed || !is_handle_type(p->type), "%s, %s: %s has role %s", rows[i].base,
                      p->name, p->type, p->role);
        }
    }
}

static bool is_pointer(const struct param *p)
{
    return strchr(p->type, '*') != NULL || is(p->type, "JET_PSTR_A") || is(p->type, "JET_PCSTR_A");
}

/* A size belongs to the pointer before it, and bytes have a size after them. */
Test(list, sizes_follow_their_buffers)
{
    for (size_t i = 0; i < ROWS; i++) {
        for (int k = 0; k < PARAMS_MOST && rows[i].params[k].name != NULL; k++) {
            const struct param *p = &rows[i].params[k];
            const struct param *next = k + 1 < PARAMS_MOST ? p + 1 : NULL;
            if (is(p->role, "IN_SIZE")) {
                cr_expect(k > 0 && is_pointer(p - 1), "%s, %s", rows[i].base, p->name);
                cr_expect(!is_pointer(p), "%s, %s", rows[i].base, p->name);
            }
            if (is(p->role, "IN_DATA") || is(p->role, "OUT_DATA") || is(p->role, "OUT_TEXT"))
                cr_expect(next != NULL && is(next->role, "IN_SIZE"), "%s, %s", rows[i].base,
                          p->name);
        }
    }
}

Test(list, handles_are_what_the_parameters_need)
{
    for (size_t i = 0; i < ROWS; i++) {
        const struct row *row = &rows[i];
        const char *first = row->params[0].role, *second = row->params[1].role;
        if (!is_public(row))
            continue;
        if (is(row->handle, "CURSOR"))
            cr_expect(is(first, "IN_SESID") && is(second, "IN_TABLEID"), "%s", row->base);
        else if (is(row->handle, "DATABASE"))
            cr_expect(is(first, "IN_SESID") && is(second, "IN_DBID"), "%s", row->base);
        else if (is(row->handle, "SESSION"))
            cr_expect(is(first, "IN_SESID") && !is(second, "IN_DBID") && !is(second, "IN_TABLEID"),
                      "%s", row->base);
        else if (is(row->handle, "INSTANCE"))
            cr_expect(is(first, "IN_INSTANCE") || is(first, "INOUT_INSTANCE"), "%s", row->base);
        else if (is(row->handle, "SNAPSHOT"))
            cr_expect(is(first, "IN_SNAPID"), "%s", row->base);
        else {
            cr_expect(is(row->handle, "LEGACY") || is(row->handle, "NONE"), "%s", row->base);
            cr_expect(!has_role(row, "IN_INSTANCE") && !has_role(row, "IN_SESID"), "%s", row->base);
        }
    }
}

/* The legacy functions, by name: there is one for each thing that a sole instance can be told. */
Test(list, legacy_functions)
{
    static const char *const legacy[] = {"JetBackup",        "JetBeginExternalBackup",
                                         "JetCloseFile",     "JetEndExternalBackup",
                                         "JetGetAttachInfo", "JetGetLogInfo",
                                         "JetOpenFile",      "JetReadFile",
                                         "JetRestore",       "JetRestore2",
                                         "JetStopBackup",    "JetStopService",
                                         "JetTruncateLog"};
    size_t n = sizeof(legacy) / sizeof(legacy[0]), seen = 0;
    for (size_t i = 0; i < ROWS; i++) {
        if (!is(rows[i].handle, "LEGACY"))
            continue;
        seen++;
        bool found = false;
        for (size_t k = 0; k < n; k++)
            found = found || is(rows[i].base, legacy[k]);
        cr_expect(found, "%s", rows[i].base);
    }
    cr_expect_eq(seen, n);
}
