/*
 * The exported names, made from jet_api.def: JetX, JetXA and JetXW of every public function. Each
 * is one call
 *
 *   of ese_api_JetX (api.h) when implemented.h lists the function, with the kind of text in front
 * where there is one; of ese_unavailable otherwise, which passes the function's gate and answers
 * JET_errFeatureNotAvailable.
 *
 * The file includes the list three times: for the plain names, which take what the A names take,
 * for A and for W.
 */
#include <esent.h>

#include "engine/api/api.h"
#include "engine/api/gate.h"
#include "engine/api/implemented.h"
#include "engine/api/unavailable.h"

#ifdef _WIN32
#define ESE_EXPORT __declspec(dllexport)
#else
#define ESE_EXPORT __attribute__((visibility("default")))
#endif

/* ---- small tools of the preprocessor --------------------------------------------------------- */

#define CAT(a, b)          CAT_(a, b)
#define CAT_(a, b)         a##b
#define SECOND(...)        SECOND_(__VA_ARGS__, ~)
#define SECOND_(a, b, ...) b

/* 1 when implemented.h defines ESE_IMPL_<base>, else 0. */
#define IS_IMPLEMENTED(base) SECOND(ESE_IMPL_##base, 0)

/* clang-format off */
#define COUNT(...) COUNT_(__VA_ARGS__, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define COUNT_(a, b, c, d, e, f, g, h, i, j, k, l, n, ...) n
/* clang-format on */

/* LIST(f, x, y, z): f x, f y, f z */
#define LIST(f, ...)       JOIN(LIST_, COUNT(__VA_ARGS__))(f, __VA_ARGS__)
#define JOIN(a, b)         JOIN_(a, b)
#define JOIN_(a, b)        a##b
#define LIST_1(f, a)       f a
#define LIST_2(f, a, ...)  f a, LIST_1(f, __VA_ARGS__)
#define LIST_3(f, a, ...)  f a, LIST_2(f, __VA_ARGS__)
#define LIST_4(f, a, ...)  f a, LIST_3(f, __VA_ARGS__)
#define LIST_5(f, a, ...)  f a, LIST_4(f, __VA_ARGS__)
#define LIST_6(f, a, ...)  f a, LIST_5(f, __VA_ARGS__)
#define LIST_7(f, a, ...)  f a, LIST_6(f, __VA_ARGS__)
#define LIST_8(f, a, ...)  f a, LIST_7(f, __VA_ARGS__)
#define LIST_9(f, a, ...)  f a, LIST_8(f, __VA_ARGS__)
#define LIST_10(f, a, ...) f a, LIST_9(f, __VA_ARGS__)
#define LIST_11(f, a, ...) f a, LIST_10(f, __VA_ARGS__)
#define LIST_12(f, a, ...) f a, LIST_11(f, __VA_ARGS__)

#define DECLARE(type, name, role) type name
#define PASS(type, name, role)    name
#define IGNORE(type, name, role)  (void)name
#define FIRST_NAME(tuple, ...)    PASS tuple
#define SECOND_NAME(a, ...)       SECOND_NAME_(__VA_ARGS__, ~)
#define SECOND_NAME_(tuple, ...)  PASS tuple

/* ---- what a function does -------------------------------------------------------------------- */

/* kind is A or W for functions that come in two kinds of text, else NO. */
#define KIND_A ESE_TEXT_A,
#define KIND_W ESE_TEXT_W,
#define KIND_NO
#define CALL_1(kind, base, handle, ...) ese_api_##base(KIND_##kind LIST(PASS, __VA_ARGS__))
#define CALL_0(kind, base, handle, ...) REFUSE_##handle(base, __VA_ARGS__)

#define REFUSE_NONE(base, ...)     JET_errFeatureNotAvailable
#define REFUSE_LEGACY(base, ...)   ese_unavailable(ESE_FN_##base, 0, 0)
#define REFUSE_SNAPSHOT(base, ...) ese_unavailable(ESE_FN_##base, 0, 0)
#define REFUSE_INSTANCE(base, ...) ese_unavailable(ESE_FN_##base, FIRST_NAME(__VA_ARGS__), 0)
#define REFUSE_SESSION(base, ...)  ese_unavailable(ESE_FN_##base, FIRST_NAME(__VA_ARGS__), 0)
#define REFUSE_DATABASE(base, ...)                                                                 \
    ese_unavailable(ESE_FN_##base, FIRST_NAME(__VA_ARGS__), SECOND_NAME(__VA_ARGS__))
#define REFUSE_CURSOR(base, ...)                                                                   \
    ese_unavailable_cursor(ESE_FN_##base, FIRST_NAME(__VA_ARGS__), SECOND_NAME(__VA_ARGS__))

#define CALL0_1(base) ese_api_##base()
#define CALL0_0(base) ese_unavailable(ESE_FN_##base, 0, 0)

#define DEFINE(name, kind, base, handle, ...)                                                      \
    ESE_EXPORT JET_ERR JET_CALL name(LIST(DECLARE, __VA_ARGS__));                                  \
    JET_ERR JET_CALL name(LIST(DECLARE, __VA_ARGS__))                                              \
    {                                                                                              \
        LIST(IGNORE, __VA_ARGS__);                                                                 \
        return CAT(CALL_, IS_IMPLEMENTED(base))(kind, base, handle, __VA_ARGS__);                  \
    }

#define DEFINE0(name, base)                                                                        \
    ESE_EXPORT JET_ERR JET_CALL name(void);                                                        \
    JET_ERR JET_CALL name(void)                                                                    \
    {                                                                                              \
        return CAT(CALL0_, IS_IMPLEMENTED(base))(base);                                            \
    }

/* ---- the three passes ------------------------------------------------------------------------ */

#undef JET_API
#define JET_API(visibility, base, names, handle, min_version, ...)                                 \
    ROW_##visibility(base, names, handle, __VA_ARGS__)
#define JET_API0(visibility, base, names, handle, min_version) ROW0_##visibility(base, names)
#define ROW_PRIVATE(...)
#define ROW0_PRIVATE(...)
#define ROW_PUBLIC(base, names, ...) NAMES_##names(base, __VA_ARGS__)
#define ROW0_PUBLIC(base, names)     DEFINE0_IN_PLAIN_PASS(base)

/* plain names */
#define JET_TX(name)                name##_A
#define DEFINE0_IN_PLAIN_PASS(base) DEFINE0(base, base)
#define NAMES_PLAIN(base, ...)      DEFINE(base, NO, base, __VA_ARGS__)
#define NAMES_AW(base, ...)         DEFINE(base, A, base, __VA_ARGS__)
#define NAMES_AW_ONLY(base, ...)
#define NAMES_W_ONLY(base, ...)
#include "jet_api.def"
#undef DEFINE0_IN_PLAIN_PASS
#undef NAMES_PLAIN
#undef NAMES_AW
#undef NAMES_AW_ONLY
#undef NAMES_W_ONLY

/* A names */
#define DEFINE0_IN_PLAIN_PASS(base)
#define NAMES_PLAIN(base, ...)
#define NAMES_AW(base, ...)      DEFINE(base##A, A, base, __VA_ARGS__)
#define NAMES_AW_ONLY(base, ...) DEFINE(base##A, A, base, __VA_ARGS__)
#define NAMES_W_ONLY(base, ...)
#include "jet_api.def"
#undef NAMES_AW
#undef NAMES_AW_ONLY
#undef NAMES_W_ONLY
#undef JET_TX

/* W names */
#define JET_TX(name)             name##_W
#define NAMES_AW(base, ...)      DEFINE(base##W, W, base, __VA_ARGS__)
#define NAMES_AW_ONLY(base, ...) DEFINE(base##W, W, base, __VA_ARGS__)
#define NAMES_W_ONLY(base, ...)  DEFINE(base##W, W, base, __VA_ARGS__)
#include "jet_api.def"
