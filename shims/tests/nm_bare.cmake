# cmake -DNM=nm -DLIBRARY=libshims.a -P nm_bare.cmake
#
# The recorder's hot path may call nothing but the reservation of room: no sanitizer, no libc
# function that one intercepts.
execute_process(COMMAND ${NM} -u ${LIBRARY} OUTPUT_VARIABLE symbols RESULT_VARIABLE failed ERROR_QUIET)
if(failed)
    message(FATAL_ERROR "${NM} cannot read ${LIBRARY}")
endif()
string(REGEX MATCH "record_hot[^:\n]*:\n[^:]*" part "${symbols}")
if(part STREQUAL "")
    message(FATAL_ERROR "record_hot is not in ${LIBRARY}")
endif()
string(REGEX MATCHALL " [Uw] [^ \n]+" found "${part}")
set(allowed shim_map_reserve _GLOBAL_OFFSET_TABLE_ shim_map_clock
    __gcov_.* __llvm_profile_.*)
foreach(symbol IN LISTS found)
    string(REGEX REPLACE "^ [Uw] " "" symbol "${symbol}")
    set(good FALSE)
    foreach(pattern IN LISTS allowed)
        if(symbol MATCHES "^${pattern}$")
            set(good TRUE)
        endif()
    endforeach()
    if(NOT good)
        message(FATAL_ERROR "record_hot.c calls ${symbol}; it must stay invisible to sanitizers")
    endif()
endforeach()
message(STATUS "record_hot.c is bare")
