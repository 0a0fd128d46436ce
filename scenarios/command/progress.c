/* scenarios/command/progress.c - one line that tells a waiting person what is going on. */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#ifdef _WIN32
#include <io.h>
#define isatty _isatty
#else
#include <unistd.h>
#endif

#include "scenarios/command/command.h"

#define WIDTH 79

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int shown; /* columns of the line that stands there */

void cmd_progress(const char *format, ...)
{
    char line[WIDTH + 1];
    va_list arguments;
    if (!isatty(2)) {
        return;
    }
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    pthread_mutex_lock(&lock);
    fprintf(stderr, "\r%-*s", shown, line);
    fflush(stderr);
    shown = (int)strlen(line);
    pthread_mutex_unlock(&lock);
}

void cmd_progress_clear(void)
{
    pthread_mutex_lock(&lock);
    if (shown > 0) {
        fprintf(stderr, "\r%*s\r", shown, "");
        fflush(stderr);
        shown = 0;
    }
    pthread_mutex_unlock(&lock);
}
