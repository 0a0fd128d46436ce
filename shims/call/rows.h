/* shims/call/rows.h - how the rows of jet_api.def are turned into code.
 *
 * A row carries its parameters as tuples, (type, name, ROLE). SHIM_ROW_LIST(m, ...) makes
 * m(0, tuple), m(1, tuple) ... of them, separated by commas; it knows up to SHIM_MAX_ARGS tuples, a
 * row with more does not compile. Only for use inside the shims.
 */
#ifndef ESECHECK_SHIMS_CALL_ROWS_H
#define ESECHECK_SHIMS_CALL_ROWS_H

#ifndef JET_NO_NAME_MAP
#error "define JET_NO_NAME_MAP before the first include: base names must stay base names"
#endif

/* clang-format off */
#define SHIM_ROW_LIST_1(m, a)       m(0, a)
#define SHIM_ROW_LIST_2(m, a, ...)  m(0, a), SHIM_ROW_AT1_1(m, __VA_ARGS__)
#define SHIM_ROW_LIST_3(m, a, ...)  m(0, a), SHIM_ROW_AT1_2(m, __VA_ARGS__)
#define SHIM_ROW_LIST_4(m, a, ...)  m(0, a), SHIM_ROW_AT1_3(m, __VA_ARGS__)
#define SHIM_ROW_LIST_5(m, a, ...)  m(0, a), SHIM_ROW_AT1_4(m, __VA_ARGS__)
#define SHIM_ROW_LIST_6(m, a, ...)  m(0, a), SHIM_ROW_AT1_5(m, __VA_ARGS__)
#define SHIM_ROW_LIST_7(m, a, ...)  m(0, a), SHIM_ROW_AT1_6(m, __VA_ARGS__)
#define SHIM_ROW_LIST_8(m, a, ...)  m(0, a), SHIM_ROW_AT1_7(m, __VA_ARGS__)
#define SHIM_ROW_LIST_9(m, a, ...)  m(0, a), SHIM_ROW_AT1_8(m, __VA_ARGS__)
#define SHIM_ROW_LIST_10(m, a, ...) m(0, a), SHIM_ROW_AT1_9(m, __VA_ARGS__)
#define SHIM_ROW_AT1_1(m, a)                         m(1, a)
#define SHIM_ROW_AT1_2(m, a, b)                      SHIM_ROW_AT1_1(m, a), m(2, b)
#define SHIM_ROW_AT1_3(m, a, b, c)                   SHIM_ROW_AT1_2(m, a, b), m(3, c)
#define SHIM_ROW_AT1_4(m, a, b, c, d)                SHIM_ROW_AT1_3(m, a, b, c), m(4, d)
#define SHIM_ROW_AT1_5(m, a, b, c, d, e)             SHIM_ROW_AT1_4(m, a, b, c, d), m(5, e)
#define SHIM_ROW_AT1_6(m, a, b, c, d, e, f)          SHIM_ROW_AT1_5(m, a, b, c, d, e), m(6, f)
#define SHIM_ROW_AT1_7(m, a, b, c, d, e, f, g)       SHIM_ROW_AT1_6(m, a, b, c, d, e, f), m(7, g)
#define SHIM_ROW_AT1_8(m, a, b, c, d, e, f, g, h)    SHIM_ROW_AT1_7(m, a, b, c, d, e, f, g), m(8, h)
#define SHIM_ROW_AT1_9(m, a, b, c, d, e, f, g, h, i) SHIM_ROW_AT1_8(m, a, b, c, d, e, f, g, h), m(9, i)
/* clang-format on */

#define SHIM_ROW_PICK(a, b, c, d, e, f, g, h, i, j, n, ...) n
#define SHIM_ROW_COUNT(...) SHIM_ROW_PICK(__VA_ARGS__, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define SHIM_ROW_PASTE_(a, b) a##b
#define SHIM_ROW_PASTE(a, b) SHIM_ROW_PASTE_(a, b)
#define SHIM_ROW_LIST(m, ...)                                                                      \
    SHIM_ROW_PASTE(SHIM_ROW_LIST_, SHIM_ROW_COUNT(__VA_ARGS__))(m, __VA_ARGS__)

/* Parts of a tuple, for use as `SHIM_ROW_TYPE tuple`. */
#define SHIM_ROW_TYPE(type, name, role) type
#define SHIM_ROW_NAME(type, name, role) name

#endif
