/* scenarios/supervisor/guard_windows.c - the child's side of a crash, and stacks on request.
 *
 * A filter for exceptions that nobody handles writes the code, the address and the frames as module
 * and offset. Stacks of all threads are written by a thread of the guard that waits for a named
 * event: it suspends one thread after the other and walks it with the unwind data.
 */
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tlhelp32.h>

#include "scenarios/supervisor/guard_windows.h"
#include "scenarios/supervisor/platform.h"

#define SCN_FRAMES 64

static HANDLE crash_file = INVALID_HANDLE_VALUE, stack_file = INVALID_HANDLE_VALUE;
static _Thread_local uint32_t this_actor;

static void put(HANDLE file, const char *text)
{
    DWORD written;
    WriteFile(file, text, (DWORD)strlen(text), &written, NULL);
}

static void put_frame(HANDLE file, DWORD64 address)
{
    HMODULE module = NULL;
    char name[MAX_PATH] = "?", text[MAX_PATH + 64];
    if (GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                               GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                           (const char *)(uintptr_t)address, &module)) {
        GetModuleFileNameA(module, name, sizeof name);
    }
    const char *base = strrchr(name, '\\');
    snprintf(text, sizeof text, "%s+0x%llx\n", base != NULL ? base + 1 : name,
             (unsigned long long)(address - (DWORD64)(uintptr_t)module));
    put(file, text);
}

static void put_stack(HANDLE file, CONTEXT *context)
{
    for (int i = 0; i < SCN_FRAMES && context->Rip != 0; i++) {
        DWORD64 base;
        put_frame(file, context->Rip);
        PRUNTIME_FUNCTION function = RtlLookupFunctionEntry(context->Rip, &base, NULL);
        if (function == NULL) {
            if (context->Rsp == 0) {
                break;
            }
            context->Rip = *(const DWORD64 *)(uintptr_t)context->Rsp; /* a leaf */
            context->Rsp += 8;
        } else {
            void *data;
            DWORD64 frame;
            RtlVirtualUnwind(UNW_FLAG_NHANDLER, base, context->Rip, function, context, &data,
                             &frame, NULL);
        }
    }
}

static LONG WINAPI on_crash(EXCEPTION_POINTERS *what)
{
    char text[96];
    CONTEXT context = *what->ContextRecord;
    if (this_actor != 0) {
        snprintf(text, sizeof text, "actor %u\n", (unsigned)this_actor);
        put(crash_file, text);
    }
    snprintf(text, sizeof text, "exception 0x%08lx at address 0x%llx\n",
             (unsigned long)what->ExceptionRecord->ExceptionCode,
             (unsigned long long)(uintptr_t)what->ExceptionRecord->ExceptionAddress);
    put(crash_file, text);
    put_stack(crash_file, &context);
    TerminateProcess(GetCurrentProcess(), what->ExceptionRecord->ExceptionCode);
    return EXCEPTION_EXECUTE_HANDLER;
}

static void put_thread(DWORD id)
{
    char text[64];
    CONTEXT context = {.ContextFlags = CONTEXT_FULL};
    HANDLE thread = OpenThread(THREAD_SUSPEND_RESUME | THREAD_GET_CONTEXT, FALSE, id);
    snprintf(text, sizeof text, "thread %lu\n", (unsigned long)id);
    put(stack_file, text);
    if (thread != NULL && SuspendThread(thread) != (DWORD)-1) {
        if (GetThreadContext(thread, &context)) {
            put_stack(stack_file, &context);
        }
        ResumeThread(thread);
    }
    if (thread != NULL) {
        CloseHandle(thread);
    }
}

static DWORD WINAPI write_stacks(void *event)
{
    while (WaitForSingleObject(event, INFINITE) == WAIT_OBJECT_0) {
        HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
        THREADENTRY32 entry = {.dwSize = sizeof entry};
        for (BOOL more = Thread32First(snapshot, &entry); more;
             more = Thread32Next(snapshot, &entry)) {
            if (entry.th32OwnerProcessID == GetCurrentProcessId() &&
                entry.th32ThreadID != GetCurrentThreadId()) {
                put_thread(entry.th32ThreadID);
            }
        }
        CloseHandle(snapshot);
        put(stack_file, SCN_STACK_END);
    }
    return 0;
}

static HANDLE open_log(const char *path)
{
    return CreateFileA(path, FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                       OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
}

void scn_guard_thread(uint32_t actor)
{
    ULONG room = 64 * 1024; /* for the filter after a stack overflow */
    this_actor = actor;
    SetThreadStackGuarantee(&room);
}

void scn_guard_install(const char *crash, const char *stacks)
{
    char name[64];
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
    crash_file = open_log(crash);
    stack_file = open_log(stacks);
    SetUnhandledExceptionFilter(on_crash);
    snprintf(name, sizeof name, SCN_STACK_EVENT, (unsigned long)GetCurrentProcessId());
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, name);
    HANDLE thread = event != NULL ? CreateThread(NULL, 0, write_stacks, event, 0, NULL) : NULL;
    if (thread != NULL) {
        CloseHandle(thread);
    }
    scn_guard_thread(0);
}
