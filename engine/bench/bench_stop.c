/*
 * bench_stop: what the life of an instance costs, what the stop costs, and what it saves.
 *
 *   life     JetCreateInstance + JetInit + JetTerm of an instance that does nothing; there is no thread but the caller's
 *   stop     JetStopServiceInstance while four sessions insert and commit, lazily
 *   term     JetTerm with a large dirty cache, at once and a moment after the stop: the ratio
 *   kill     what a recovery would have to redo when the process is killed, without and a moment after the stop,
 *            from genMinRequired and genMaxRequired of the database: the ratio
 *
 * Arguments: the folder to work in (default /dev/shm, else /tmp), and "quick" for fewer rounds. Nothing is judged; what
 * cannot be done ends the program with the call that failed.
 */
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <esent.h>

#define WRITERS 4
#define DIRTY_ROWS 150000
#define STOP_SETTLES_MS 1500

static char folder[400];
static char database[450];

static void must(JET_ERR err, const char *what, int line)
{
    if (err < JET_errSuccess) {
        fprintf(stderr, "bench_stop: line %d: %s: %ld\n", line, what, (long)err);
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

static JET_INSTANCE start(uint64_t depth)
{
    static int number;
    char name[20];
    JET_INSTANCE instance = JET_instanceNil;
    snprintf(name, sizeof name, "bench%d", number++);
    MUST(JetCreateInstanceA(&instance, name));
    MUST(JetSetSystemParameterA(&instance, 0, JET_paramSystemPath, 0, folder));
    MUST(JetSetSystemParameterA(&instance, 0, JET_paramLogFilePath, 0, folder));
    MUST(JetSetSystemParameterA(&instance, 0, JET_paramTempPath, 0, folder));
    MUST(JetSetSystemParameterA(&instance, 0, JET_paramLogFileSize, 1024, NULL));
    MUST(JetSetSystemParameterA(&instance, 0, JET_paramMaxVerPages, 16384, NULL));
    MUST(JetSetSystemParameterA(&instance, 0, JET_paramCheckpointDepthMax, (JET_API_PTR)depth, NULL));
    MUST(JetInit(&instance));
    return instance;
}

/* ---- rows ------------------------------------------------------------------------------------------------ */

struct session { JET_SESID sesid; JET_DBID dbid; JET_TABLEID tableid; JET_COLUMNID key, value; };

static void make_table(struct session *session)
{
    JET_COLUMNDEF key = {.cbStruct = sizeof key, .coltyp = JET_coltypLong};
    JET_COLUMNDEF value = {.cbStruct = sizeof value, .coltyp = JET_coltypBinary};
    MUST(JetCreateTableA(session->sesid, session->dbid, "t", 1, 100, &session->tableid));
    MUST(JetAddColumnA(session->sesid, session->tableid, "key", &key, NULL, 0, &session->key));
    MUST(JetAddColumnA(session->sesid, session->tableid, "value", &value, NULL, 0, &session->value));
    MUST(JetCreateIndexA(session->sesid, session->tableid, "p", JET_bitIndexPrimary, "+key\0", 6, 100));
}

static void create(JET_INSTANCE instance, struct session *session)
{
    MUST(JetBeginSessionA(instance, &session->sesid, NULL, NULL));
    MUST(JetCreateDatabaseA(session->sesid, database, NULL, &session->dbid, 0));
    make_table(session);
}

static void open_in(JET_INSTANCE instance, struct session *session)
{
    JET_COLUMNDEF column = {.cbStruct = sizeof column};
    MUST(JetBeginSessionA(instance, &session->sesid, NULL, NULL));
    MUST(JetOpenDatabaseA(session->sesid, database, NULL, &session->dbid, 0));
    MUST(JetOpenTableA(session->sesid, session->dbid, "t", NULL, 0, 0, &session->tableid));
    MUST(JetGetTableColumnInfoA(session->sesid, session->tableid, "key", &column, sizeof column, JET_ColInfo));
    session->key = column.columnid;
    MUST(JetGetTableColumnInfoA(session->sesid, session->tableid, "value", &column, sizeof column, JET_ColInfo));
    session->value = column.columnid;
}

static JET_ERR insert(struct session *session, int32_t key)
{
    static const char bytes[200] = "row";
    JET_ERR err = JetPrepareUpdate(session->sesid, session->tableid, JET_prepInsert);
    if (err == JET_errSuccess) {
        err = JetSetColumn(session->sesid, session->tableid, session->key, &key, sizeof key, 0, NULL);
    }
    if (err == JET_errSuccess) {
        err = JetSetColumn(session->sesid, session->tableid, session->value, bytes, sizeof bytes, 0, NULL);
    }
    return err == JET_errSuccess ? JetUpdate(session->sesid, session->tableid, NULL, 0, NULL) : err;
}

static void fill(struct session *session, int32_t rows)
{
    for (int32_t i = 0; i < rows;) {
        MUST(JetBeginTransaction(session->sesid));
        for (int32_t k = 0; k < 100; k++, i++) {
            MUST(insert(session, (int32_t)((uint32_t)i * 2654435761u >> 1)));
        }
        MUST(JetCommitTransaction(session->sesid, JET_bitCommitLazyFlush));
    }
}

/* ---- life ------------------------------------------------------------------------------------------------ */

static void bench_life(int rounds)
{
    double *times = calloc((size_t)rounds, sizeof *times);
    int most = 0;
    empty_folder();
    for (int i = 0; i < rounds; i++) {
        double begun = now_us();
        JET_INSTANCE instance = start(20971520);
        int count = threads();
        MUST(JetTerm(instance));
        times[i] = now_us() - begun;
        most = count > most ? count : most;
    }
    printf("life   first %.0f us, median %.0f us, 90 %% %.0f us, threads of the engine: %d\n", times[0],
           percentile(times, rounds, 50), percentile(times, rounds, 90), most - 1);
    free(times);
}

/* ---- stop ------------------------------------------------------------------------------------------------ */

struct writer { pthread_t thread; JET_INSTANCE instance; int number; };

static _Atomic int ready;

static void *write_rows(void *arg)
{
    struct writer *writer = arg;
    struct session session;
    open_in(writer->instance, &session);
    ready++;
    JET_ERR err = JET_errSuccess;
    for (int32_t i = 0; err == JET_errSuccess; i++) {
        err = JetBeginTransaction(session.sesid);
        if (err == JET_errSuccess) {
            err = insert(&session, i * WRITERS + writer->number);
        }
        if (err == JET_errSuccess) {
            err = JetCommitTransaction(session.sesid, JET_bitCommitLazyFlush);
        }
    }
    if (err != JET_errClientRequestToStopJetService) {
        MUST(err < 0 ? err : -1);
    }
    JetRollback(session.sesid, JET_bitRollbackAll);
    MUST(JetEndSession(session.sesid, 0));
    return NULL;
}

static void bench_stop(int rounds)
{
    double *times = calloc((size_t)rounds, sizeof *times);
    for (int i = 0; i < rounds; i++) {
        struct writer writers[WRITERS];
        struct session session;
        empty_folder();
        ready = 0;
        JET_INSTANCE instance = start(20971520);
        create(instance, &session);
        MUST(JetCloseTable(session.sesid, session.tableid)); /* its maker has it alone */
        for (int k = 0; k < WRITERS; k++) {
            writers[k] = (struct writer){.instance = instance, .number = k};
            pthread_create(&writers[k].thread, NULL, write_rows, &writers[k]);
        }
        while (ready < WRITERS) {
            usleep(1000);
        }
        usleep(20000);
        double begun = now_us();
        MUST(JetStopServiceInstance(instance));
        times[i] = now_us() - begun;
        for (int k = 0; k < WRITERS; k++) {
            pthread_join(writers[k].thread, NULL);
        }
        MUST(JetTerm(instance));
    }
    printf("stop   under %d writers: median %.1f us, 90 %% %.1f us\n", WRITERS, percentile(times, rounds, 50),
           percentile(times, rounds, 90));
    free(times);
}

/* ---- term ------------------------------------------------------------------------------------------------ */

static double term_time(bool stop)
{
    struct session session;
    empty_folder();
    JET_INSTANCE instance = start((uint64_t)1 << 30);
    create(instance, &session);
    fill(&session, DIRTY_ROWS);
    if (stop) {
        MUST(JetStopServiceInstance(instance));
        usleep(STOP_SETTLES_MS * 1000);
    }
    MUST(JetEndSession(session.sesid, 0));
    double begun = now_us();
    MUST(JetTerm(instance));
    return now_us() - begun;
}

static void bench_term(int rounds)
{
    double *with = calloc((size_t)rounds, sizeof *with), *without = calloc((size_t)rounds, sizeof *without);
    for (int i = 0; i < rounds; i++) {
        without[i] = term_time(false);
        with[i] = term_time(true);
    }
    double before = percentile(without, rounds, 50), after = percentile(with, rounds, 50);
    printf("term   without a stop %.1f ms, after one %.1f ms: %.3f of it\n", before / 1e3, after / 1e3, after / before);
    free(with);
    free(without);
}

/* ---- kill ------------------------------------------------------------------------------------------------ */

/* Generations a recovery needs after a kill, and how long it takes. */
static void kill_once(bool stop, uint32_t *generations, double *recovery)
{
    int pipes[2];
    char byte;
    empty_folder();
    if (pipe(pipes) != 0) {
        exit(1);
    }
    pid_t child = fork();
    if (child == 0) {
        struct session session;
        JET_INSTANCE instance = start((uint64_t)1 << 30);
        create(instance, &session);
        fill(&session, DIRTY_ROWS);
        MUST(JetCommitTransaction(session.sesid, JET_bitWaitLastLevel0Commit));
        if (stop) {
            MUST(JetStopServiceInstance(instance));
            usleep(STOP_SETTLES_MS * 1000);
        }
        if (write(pipes[1], "x", 1) != 1) {
            exit(1);
        }
        pause();
    }
    if (child < 0 || read(pipes[0], &byte, 1) != 1) {
        exit(1);
    }
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(pipes[0]);
    close(pipes[1]);
    JET_DBINFOMISC4 misc;
    MUST(JetGetDatabaseFileInfoA(database, &misc, sizeof misc, JET_DbInfoMisc));
    *generations = misc.genMaxRequired - misc.genMinRequired;
    double begun = now_us();
    JET_INSTANCE instance = start((uint64_t)1 << 30);
    *recovery = now_us() - begun;
    MUST(JetTerm(instance));
}

static void bench_kill(void)
{
    uint32_t without, with;
    double slow, fast;
    kill_once(false, &without, &slow);
    kill_once(true, &with, &fast);
    printf("kill   without a stop %u full generations of 1 MiB to redo, JetInit %.1f ms; after one %u, %.1f ms: %.3f of it\n",
           without, slow / 1e3, with, fast / 1e3, fast / slow);
}

int main(int argc, char **argv)
{
    bool quick = argc > 1 && strcmp(argv[argc - 1], "quick") == 0;
    const char *base = argc > (quick ? 2 : 1) ? argv[1] : access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(folder, sizeof folder, "%.300s/bench-stop-XXXXXX", base);
    if (mkdtemp(folder) == NULL) {
        fprintf(stderr, "bench_stop: no folder can be made in %s\n", base);
        return 1;
    }
    snprintf(database, sizeof database, "%s/bench.edb", folder);
    printf("folder %s\n", folder);
    bench_kill(); /* first: it forks, and there is no engine in the process yet */
    bench_life(quick ? 50 : 500);
    bench_stop(quick ? 20 : 200);
    bench_term(quick ? 1 : 5);
    empty_folder();
    rmdir(folder);
    return 0;
}
