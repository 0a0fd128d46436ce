/*
 * check.h - the layout and the values of esent.h, compared at compile time.
 *
 * Included by check.c and check.cpp, which are compiled once per setting of esent.h's three macros
 * and for every platform: compiling is the test, nothing is run. The numbers come from the tables
 * beside this file, so that a failure names the struct member or the constant.
 */
#include <stddef.h>
#include <esent.h>

#ifndef __cplusplus
#include <assert.h>
#endif
#ifdef __cplusplus
#define ABI_ALIGNMENT(type) alignof(type)
#else
#define ABI_ALIGNMENT(type) _Alignof(type)
#endif

/* ---- values ---------------------------------------------------------------------------------- */

#define ABI_VALUE(name, value) static_assert((long long)(name) == (value), #name);
#define ABI_WORD(name, value)  static_assert((uint32_t)(name) == (value), #name);
#define ABI_TEXT(name, value)                                                                      \
    static_assert(sizeof(name) == 2 * sizeof(value) && sizeof((name)[0]) == 2, #name);
#ifdef JET_UNICODE
#define ABI_NARROW(name, value) static_assert((name) == 2 * (value), #name);
#else
#define ABI_NARROW(name, value) static_assert((name) == (value), #name);
#endif
#if JET_VERSION >= 0x0A00
#define ABI_LATEST(name, value) static_assert((name) == (value), #name);
#else
#define ABI_LATEST(name, value) static_assert((name) < (value), #name);
#endif
#include "errors.def"
#include "bits.def"
#include "params.def"
#include "categories.def"
#include "constants.def"

/* ---- layout ---------------------------------------------------------------------------------- */

static_assert(sizeof(JET_LONG) == 4 && sizeof(JET_ULONG) == 4, "long");
static_assert(sizeof(JET_WCHAR) == 2, "WCHAR");
static_assert((JET_LONG)-1 < 0 && (JET_ULONG)-1 > 0 && (JET_WCHAR)-1 > 0, "signs");

#if JET_VERSION >= 0x0600
#define ABI_STRUCT(type, size, alignment)                                                          \
    static_assert(sizeof(type) == (size), #type);                                                  \
    static_assert(ABI_ALIGNMENT(type) == (alignment), #type " alignment");
#define ABI_SCALAR(type, size, alignment) ABI_STRUCT(type, size, alignment)
#define ABI_MEMBER(type, member, offset, size)                                                     \
    static_assert(offsetof(type, member) == (offset), #type "." #member);                          \
    static_assert(sizeof(((type *)0)->member) == (size), #type "." #member " size");
#include "layout.def"
#else
/* Two structs grew at 0x0600; callers pass their size, so the old one must stay reachable. */
static_assert(sizeof(JET_INDEXCREATE_A) == 72 && sizeof(JET_INDEXCREATE_W) == 72,
              "JET_INDEXCREATE");
static_assert(sizeof(JET_TUPLELIMITS) == 12, "JET_TUPLELIMITS");
#endif

/* ---- plain names ----------------------------------------------------------------------------- */

#ifdef JET_UNICODE
#define ABI_OTHER(name) name##_W
#else
#define ABI_OTHER(name) name##_A
#endif
#ifdef __cplusplus
template <class A, class B> struct abi_same {
    static const bool value = false;
};
template <class A> struct abi_same<A, A> {
    static const bool value = true;
};
#define ABI_SAME(a, b) abi_same<a, b>::value
#else
#define ABI_SAME(a, b) __builtin_types_compatible_p(a, b)
#endif
#define ABI_PAIR(name) static_assert(ABI_SAME(name, ABI_OTHER(name)), #name)
ABI_PAIR(JET_RSTMAP);
ABI_PAIR(JET_CONVERT);
ABI_PAIR(JET_COLUMNBASE);
ABI_PAIR(JET_COLUMNCREATE);
ABI_PAIR(JET_USERDEFINEDDEFAULT);
ABI_PAIR(JET_CONDITIONALCOLUMN);
ABI_PAIR(JET_INDEXCREATE);
ABI_PAIR(JET_INDEXCREATE2);
ABI_PAIR(JET_INDEXCREATE3);
ABI_PAIR(JET_TABLECREATE);
ABI_PAIR(JET_TABLECREATE2);
ABI_PAIR(JET_TABLECREATE3);
ABI_PAIR(JET_TABLECREATE4);
ABI_PAIR(JET_SETSYSPARAM);
ABI_PAIR(JET_RSTINFO);
ABI_PAIR(JET_LOGINFO);
ABI_PAIR(JET_INSTANCE_INFO);

/* ---- what JET_VERSION hides: the names are free below the version that has them -------------- */

#if JET_VERSION < 0x0501
enum { JetInit2, JetStopServiceInstance };
#endif
#if JET_VERSION < 0x0602
enum { JetStopServiceInstance2, JetSetCursorFilter };
#endif
