/* scenarios/supervisor/process_windows.c - a child, its end, and the stacks of its threads. */
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/supervisor/guard_windows.h"
#include "scenarios/supervisor/platform.h"
#include "scenarios/supervisor/supervisor.h"

#define SCN_STACKS_WAIT_MS 2000

struct scn_process {
    HANDLE process, job;
    DWORD id;
};

/* One command line; the arguments are paths and numbers without quotes in them. */
static void command_line(const char *const *arguments, char *line, size_t size)
{
    size_t used = 0;
    line[0] = '\0';
    for (int i = 0; arguments[i] != NULL && used < size; i++) {
        used += (size_t)snprintf(line + used, size - used, "%s\"%s\"", i > 0 ? " " : "",
                                 arguments[i]);
    }
}

int scn_process_start(const char *const *arguments, const char *directory, const char *output,
                      const char *const *environment, struct scn_process **process, char *error,
                      size_t error_size)
{
    char line[4096];
    SECURITY_ATTRIBUTES inherit = {.nLength = sizeof inherit, .bInheritHandle = TRUE};
    STARTUPINFOEXA start = {.StartupInfo = {.cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES}};
    SIZE_T size = 0;
    PROCESS_INFORMATION child;
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;
    struct scn_process *new = calloc(1, sizeof *new);
    (void)environment; /* sanitizers only */
    HANDLE file = CreateFileA(output, FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE,
                              &inherit, OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    start.StartupInfo.hStdOutput = start.StartupInfo.hStdError = file;
    start.StartupInfo.hStdInput = INVALID_HANDLE_VALUE;
    command_line(arguments, line, sizeof line);
    /* Nothing but its output: a file of another thread, such as a history that is about to be renamed,
     * would stay open for as long as the child lives. */
    InitializeProcThreadAttributeList(NULL, 1, 0, &size);
    start.lpAttributeList = malloc(size);
    bool listed = start.lpAttributeList != NULL &&
                  InitializeProcThreadAttributeList(start.lpAttributeList, 1, 0, &size);
    bool started =
        new != NULL && listed &&
        UpdateProcThreadAttribute(start.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, &file,
                                  sizeof file, NULL, NULL) &&
        CreateProcessA(arguments[0], line, NULL, NULL, TRUE,
                       CREATE_NEW_PROCESS_GROUP | CREATE_SUSPENDED | EXTENDED_STARTUPINFO_PRESENT,
                       NULL, directory, &start.StartupInfo, &child);
    DWORD code = GetLastError();
    if (listed) {
        DeleteProcThreadAttributeList(start.lpAttributeList);
    }
    free(start.lpAttributeList);
    CloseHandle(file);
    if (!started) {
        snprintf(error, error_size, "%s: cannot be started: error %lu", arguments[0],
                 (unsigned long)code);
        free(new);
        return -1;
    }
    memset(&limits, 0, sizeof limits);
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    new->job = CreateJobObjectA(NULL, NULL);
    SetInformationJobObject(new->job, JobObjectExtendedLimitInformation, &limits, sizeof limits);
    AssignProcessToJobObject(new->job, child.hProcess);
    ResumeThread(child.hThread);
    CloseHandle(child.hThread);
    new->process = child.hProcess;
    new->id = child.dwProcessId;
    *process = new;
    return 0;
}

bool scn_process_ended(struct scn_process *process, struct scn_exit *how)
{
    DWORD code = 0;
    if (WaitForSingleObject(process->process, 0) != WAIT_OBJECT_0) {
        return false;
    }
    GetExitCodeProcess(process->process, &code);
    how->by_signal = code >= 0x80000000u;
    how->code = code;
    snprintf(how->name, sizeof how->name, how->by_signal ? "exception 0x%08lx" : "exit code %lu",
             (unsigned long)code);
    return true;
}

void scn_process_stacks(struct scn_process *process, const char *path)
{
    char name[64];
    snprintf(name, sizeof name, SCN_STACK_EVENT, (unsigned long)process->id);
    HANDLE event = OpenEventA(EVENT_MODIFY_STATE, FALSE, name);
    if (event == NULL) {
        return;
    }
    SetEvent(event);
    CloseHandle(event);
    uint64_t end = scn_milliseconds() + SCN_STACKS_WAIT_MS;
    for (bool whole = false; !whole && scn_milliseconds() < end;) {
        char *tail = scn_read_tail(path, strlen(SCN_STACK_END));
        whole = tail != NULL && strcmp(tail, SCN_STACK_END) == 0;
        free(tail);
        scn_rest_milliseconds(5);
    }
}

void scn_process_kill(struct scn_process *process)
{
    TerminateJobObject(process->job, 1);
    TerminateProcess(process->process, 1);
    WaitForSingleObject(process->process, 10000);
}

void scn_process_free(struct scn_process *process)
{
    CloseHandle(process->process);
    CloseHandle(process->job);
    free(process);
}

static volatile LONG interrupted;

static BOOL WINAPI on_interrupt(DWORD type)
{
    (void)type;
    return InterlockedExchange(&interrupted, 1) == 0; /* the second time it ends us */
}

void scn_interrupt_install(void)
{
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
    SetConsoleCtrlHandler(on_interrupt, TRUE);
}

bool scn_interrupted(void)
{
    return interrupted != 0;
}

void scn_interrupt_finish(void)
{
    ExitProcess(STATUS_CONTROL_C_EXIT);
}
