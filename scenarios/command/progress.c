/* scenarios/command/progress.c - one line that tells a waiting person what is going on. */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#ifdef _WIN32
#include <io.h>
#define isatty _isatty
#else
#include <sys/ioctl.h>
#include <unistd.h>
#endif

#include "scenarios/command/command.h"

#define WIDTH 79    /* of a terminal that does not say */
#define NARROWEST 40
#define WIDEST 200

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int shown; /* columns of the line that stands there */

/* One column less than the terminal has: in the last one some begin a new line. */
static size_t width(void)
{
#ifndef _WIN32
    struct winsize size;
    if (ioctl(2, TIOCGWINSZ, &size) == 0 && size.ws_col > NARROWEST) {
        return size.ws_col <= WIDEST ? size.ws_col - 1u : WIDEST;
    }
#endif
    return WIDTH;
}

void cmd_progress(const char *format, ...)
{
    char line[WIDEST + 1];
    va_list arguments;
    if (!isatty(2)) {
        return;
    }
    va_start(arguments, format);
    vsnprintf(line, width() + 1, format, arguments);
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
