/*
 * each.h - iterates the parameter tuples of a row of jet_api.def.
 *
 * ABI_EACH(first, rest, (type, name, ROLE), ...) is first(type, name, ROLE) rest(...) rest(...),
 * for one to twelve tuples. ABI_TYPES(...) is the parameter type list of the function, in
 * parentheses.
 */
#ifndef ENGINE_TESTS_ABI_EACH_H
#define ENGINE_TESTS_ABI_EACH_H

#define ABI_EACH(first, rest, ...)                                                                 \
    ABI_EACH_N(__VA_ARGS__, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)(first, rest, __VA_ARGS__)
#define ABI_EACH_N(a, b, c, d, e, f, g, h, i, j, k, l, n, ...) ABI_EACH_##n

#define ABI_EACH_1(first, rest, tuple)       first tuple
#define ABI_EACH_2(first, rest, tuple, ...)  first tuple ABI_EACH_1(rest, rest, __VA_ARGS__)
#define ABI_EACH_3(first, rest, tuple, ...)  first tuple ABI_EACH_2(rest, rest, __VA_ARGS__)
#define ABI_EACH_4(first, rest, tuple, ...)  first tuple ABI_EACH_3(rest, rest, __VA_ARGS__)
#define ABI_EACH_5(first, rest, tuple, ...)  first tuple ABI_EACH_4(rest, rest, __VA_ARGS__)
#define ABI_EACH_6(first, rest, tuple, ...)  first tuple ABI_EACH_5(rest, rest, __VA_ARGS__)
#define ABI_EACH_7(first, rest, tuple, ...)  first tuple ABI_EACH_6(rest, rest, __VA_ARGS__)
#define ABI_EACH_8(first, rest, tuple, ...)  first tuple ABI_EACH_7(rest, rest, __VA_ARGS__)
#define ABI_EACH_9(first, rest, tuple, ...)  first tuple ABI_EACH_8(rest, rest, __VA_ARGS__)
#define ABI_EACH_10(first, rest, tuple, ...) first tuple ABI_EACH_9(rest, rest, __VA_ARGS__)
#define ABI_EACH_11(first, rest, tuple, ...) first tuple ABI_EACH_10(rest, rest, __VA_ARGS__)
#define ABI_EACH_12(first, rest, tuple, ...) first tuple ABI_EACH_11(rest, rest, __VA_ARGS__)

#define ABI_TYPES(...)                   (ABI_EACH(ABI_TYPE_FIRST, ABI_TYPE_REST, __VA_ARGS__))
#define ABI_TYPE_FIRST(type, name, role) type
#define ABI_TYPE_REST(type, name, role)  , type

#endif /* ENGINE_TESTS_ABI_EACH_H */
