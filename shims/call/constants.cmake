# cmake -DHEADER=esent.h -DOUTPUT=file -P constants.cmake
#
# Writes one line { "JET_x", (int64_t)JET_x }, for every macro of the header that is a number. What
# the number is, the compiler says; here only macros that are none (functions, types, text) are left
# out.
file(STRINGS "${HEADER}" lines REGEX "^[ \t]*#[ \t]*define[ \t]+JET_[A-Za-z0-9_]+[ \t]+[^ \t]")
set(names "")
foreach(line IN LISTS lines)
    if(NOT line MATCHES "define[ \t]+(JET_[A-Za-z0-9_]+)[ \t]+(.*)$")
        continue()
    endif()
    set(name "${CMAKE_MATCH_1}")
    string(REGEX REPLACE "/\\*.*$" "" value "${CMAKE_MATCH_2}")
    string(STRIP "${value}" value)
    if(value MATCHES "^(\\(?-?[0-9]|\\(?~?\\(JET_[A-Z]+\\)|\\(?JET_[a-z][A-Za-z0-9]*[^A-Za-z0-9(])")
        list(APPEND names "${name}")
    endif()
endforeach()
list(REMOVE_DUPLICATES names)
list(SORT names COMPARE STRING CASE SENSITIVE)
list(LENGTH names count)
if(count LESS 100)
    message(FATAL_ERROR "${HEADER}: only ${count} constants found; has its form changed?")
endif()
set(text "")
foreach(name IN LISTS names)
    string(APPEND text "    {\"${name}\", (int64_t)${name}},\n")
endforeach()
file(WRITE "${OUTPUT}" "${text}")
