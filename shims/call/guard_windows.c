/* shims/call/guard_windows.c - what a stub library's functions do, as a result.
 *
 * Wine's built-in libraries export functions that nobody has written; calling one raises exception
 * 0x80000100 with the names of module and function. A vectored handler recognises exactly that, on a
 * thread that is inside a shim call, for a function of the API, and lets the thread go on behind the
 * call. Every other exception takes its course.
 */
#include "shims/call/dispatch.h"

#include <string.h>
#include <windows.h>

#define EXCEPTION_OF_STUB 0x80000100u

struct guard {
    void *buffer[5];     /* of __builtin_setjmp */
    struct guard *outer; /* a callback of the engine may call the engine again */
};

static DWORD slot = TLS_OUT_OF_INDEXES; /* the thread's innermost guard, or NULL */

static void leave_call(void) {
    struct guard *guard = TlsGetValue(slot);
    __builtin_longjmp(guard->buffer, 1);
}

static LONG CALLBACK on_exception(EXCEPTION_POINTERS *pointers) {
    const EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    if (record->ExceptionCode != EXCEPTION_OF_STUB || record->NumberParameters < 2 ||
        record->ExceptionInformation[1] < 0x10000 || TlsGetValue(slot) == NULL) {
        return EXCEPTION_CONTINUE_SEARCH;
    }
    if (shim_function_find((const char *)record->ExceptionInformation[1], NULL) == SHIM_FN_NONE) {
        return EXCEPTION_CONTINUE_SEARCH;
    }
    /* Not from here: the handler runs inside the dispatcher. The thread is sent to leave_call, on a
     * stack that looks as if it had been called. */
    pointers->ContextRecord->Rip = (DWORD64)(uintptr_t)leave_call;
    pointers->ContextRecord->Rsp = (pointers->ContextRecord->Rsp & ~(DWORD64)15) - 64 - 8;
    return EXCEPTION_CONTINUE_EXECUTION;
}

__attribute__((constructor)) static void install(void) {
    slot = TlsAlloc();
    AddVectoredExceptionHandler(1, on_exception);
}

__attribute__((noinline)) JET_ERR shim_guarded(shim_wrapper wrapper, shim_entry entry,
                                               const uint64_t *args) {
    struct guard guard;
    guard.outer = TlsGetValue(slot);
    TlsSetValue(slot, &guard);
    JET_ERR result;
    if (__builtin_setjmp(guard.buffer) == 0) {
        result = wrapper(entry, args);
    } else {
        result = SHIM_ERR_STUB;
    }
    TlsSetValue(slot, guard.outer);
    return result;
}
