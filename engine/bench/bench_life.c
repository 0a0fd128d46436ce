/*
 * bench_life: JetCreateInstance + JetInit + JetTerm of an instance that does nothing. The first life makes the files, the
 * others find them; every fuzz and exploration run pays for one. Also says how many threads the engine has
 * while such an instance is idle.
 *
 * Arguments: the folder to work in (default /dev/shm, else /tmp), the number of lives (default 500). Nothing is judged.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <esent.h>

static char folder[400];

static void must(JET_ERR err, const char *what, int line)
{
    if (err < JET_errSuccess) {
        fprintf(stderr, "bench_life: line %d: %s: %ld\n", line, what, (long)err);
        exit(1);
    }
}
#define MUST(call) must((call), #call, __LINE__)

static double now_us(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

static double percentile(double *times, int count, int percent)
{
    qsort(times, (size_t)count, sizeof *times, compare);
    return times[(count - 1) * percent / 100];
}

static void empty_folder(void)
{
    DIR *list = opendir(folder);
    for (struct dirent *entry; list != NULL && (entry = readdir(list)) != NULL;) {
        char path[700];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        unlink(path);
    }
    if (list != NULL) {
        closedir(list);
    }
}

static int threads(void)
{
    int count = 0;
    DIR *list = opendir("/proc/self/task");
    for (struct dirent *entry; list != NULL && (entry = readdir(list)) != NULL;) {
        count += entry->d_name[0] != '.';
    }
    if (list != NULL) {
        closedir(list);
    }
    return count;
}

static JET_INSTANCE start(void)
{
    static int number;
    char name[20];
    JET_INSTANCE instance = JET_instanceNil;
    snprintf(name, sizeof name, "bench%d", number++);
    MUST(JetCreateInstanceA(&instance, name));
    MUST(JetSetSystemParameterA(&instance, 0, JET_paramSystemPath, 0, folder));
    MUST(JetSetSystemParameterA(&instance, 0, JET_paramLogFilePath, 0, folder));
    MUST(JetSetSystemParameterA(&instance, 0, JET_paramTempPath, 0, folder));
    MUST(JetInit(&instance));
    return instance;
}

static void bench_lives(int rounds)
{
    double *times = calloc((size_t)rounds, sizeof *times);
    int most = 0;
    empty_folder();
    for (int i = 0; i < rounds; i++) {
        double begun = now_us();
        JET_INSTANCE instance = start();
        int count = threads();
        MUST(JetTerm(instance));
        times[i] = now_us() - begun;
        most = count > most ? count : most;
    }
    printf("life   first %.0f us, median %.0f us, 90 %% %.0f us, threads of the engine: %d\n", times[0],
           percentile(times, rounds, 50), percentile(times, rounds, 90), most - 1);
    free(times);
}

int main(int argc, char **argv)
{
    const char *base = argc > 1 ? argv[1] : access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    int rounds = argc > 2 ? atoi(argv[2]) : 500;
    snprintf(folder, sizeof folder, "%.300s/bench-life-XXXXXX", base);
    if (rounds <= 0 || mkdtemp(folder) == NULL) {
        fprintf(stderr, "usage: bench_life [FOLDER [LIVES]]; no folder can be made in %s\n", base);
        return 2;
    }
    bench_lives(rounds);
    empty_folder();
    rmdir(folder);
    return 0;
}
