/* shims/tests/preload_program.c - a program that uses an engine and knows nothing of esecheck.
 *
 * Two threads begin and end sessions; then it ends as its argument says: `exit`, `kill` (dies by
 * SIGKILL after the last call), `fork` (a child calls too and ends first) or `start` (the same with
 * another program, that calls nothing).
 */
#include <esent.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void *use(void *argument) {
    JET_SESID sesid;
    for (JET_INSTANCE i = 0; i < 10; i++) {
        if (JetBeginSessionA(i, &sesid, "user", argument) != 0 || sesid != i + 1) {
            _exit(10);
        }
        if (JetBeginSessionW(i, &sesid, u"\u00fcser", NULL) != 0 || sesid != i + 2) {
            _exit(11);
        }
        if (JetEndSession(sesid, 7) != 7) {
            _exit(12);
        }
    }
    return NULL;
}

int main(int argc, char **argv) {
    pthread_t thread;
    const char *how = argc > 1 ? argv[1] : "exit";
    if (strcmp(how, "nothing") == 0) {
        return 0;
    }
    pthread_create(&thread, NULL, use, NULL);
    pthread_join(thread, NULL);
    use("secret");
    if (strcmp(how, "kill") == 0) {
        raise(SIGKILL);
    }
    if (strcmp(how, "fork") == 0 || strcmp(how, "start") == 0) {
        pid_t child = fork();
        if (child == 0 && strcmp(how, "start") == 0) {
            execl(argv[0], argv[0], "nothing", (char *)NULL);
            _exit(13);
        }
        if (child == 0) {
            use(NULL);
            return 0;
        }
        int status = 1;
        waitpid(child, &status, 0);
        return status;
    }
    return 0;
}
