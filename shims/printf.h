/* shims/printf.h - marks functions that take a format. On Windows it is C99's ("%zu") all the same. */
#ifndef ESECHECK_SHIMS_PRINTF_H
#define ESECHECK_SHIMS_PRINTF_H

#if defined(__clang__)
#define SHIM_PRINTF(format_at, first) __attribute__((format(printf, format_at, first)))
#else
#define SHIM_PRINTF(format_at, first) __attribute__((format(gnu_printf, format_at, first)))
#endif

#endif
