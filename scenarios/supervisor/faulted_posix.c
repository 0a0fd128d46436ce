/* scenarios/supervisor/faulted_posix.c - the file between parent and child about a run with a fault. */
#include "scenarios/supervisor/faulted.h"

#include <dirent.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scenarios/supervisor/platform.h"

#define POINTS ((size_t)1 << 20)
#define MODULES 64
#define BLOCKS ((size_t)1 << 14)
#define THREADS_MS 500 /* for threads that are ending */

struct module {
    uintptr_t base, begin, end;
    char path[256];
};

struct scn_faulted_page {
    struct shim_fault_log log;
    bool begun, complete;
    int descriptors_before, descriptors, threads_before, threads;
    char descriptor[256];
    struct module modules[MODULES];
    int module_count;
    struct shim_fault_point points[]; /* POINTS of them, or none */
};

static size_t size_of(bool record)
{
    return sizeof(struct scn_faulted_page) + (record ? POINTS * sizeof(struct shim_fault_point) : 0);
}

int scn_faulted_create(const char *path, bool record)
{
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int failed = file < 0 || ftruncate(file, (off_t)size_of(record)) != 0;
    if (file >= 0) {
        close(file);
    }
    return failed ? -1 : 0;
}

static struct scn_faulted_page *map(const char *path, size_t *size)
{
    struct stat status;
    int file = open(path, O_RDWR | O_CLOEXEC);
    void *made = MAP_FAILED;
    if (file >= 0 && fstat(file, &status) == 0 && (size_t)status.st_size >= sizeof(struct scn_faulted_page)) {
        *size = (size_t)status.st_size;
        made = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    }
    if (file >= 0) {
        close(file);
    }
    return made == MAP_FAILED ? NULL : made;
}

/* ---- the child ---- */

/* Descriptors that are open; files of the engine are those outside of /proc and /dev. */
static int count_descriptors(char *name, size_t size)
{
    DIR *directory = opendir("/proc/self/fd");
    int count = 0;
    for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
        char link[300], to[256];
        snprintf(link, sizeof link, "/proc/self/fd/%s", entry->d_name);
        ssize_t length = entry->d_name[0] == '.' || atoi(entry->d_name) == dirfd(directory)
                             ? -1 : readlink(link, to, sizeof to - 1);
        if (length > 0) {
            to[length] = '\0';
            count++;
            snprintf(name, size, "%s", to); /* the highest one, which is the newest */
        }
    }
    if (directory != NULL) {
        closedir(directory);
    }
    return count;
}

static int count_threads(void)
{
    DIR *directory = opendir("/proc/self/task");
    int count = 0;
    for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
        count += entry->d_name[0] != '.';
    }
    if (directory != NULL) {
        closedir(directory);
    }
    return count;
}

static int note_module(struct dl_phdr_info *info, size_t size, void *context)
{
    struct scn_faulted_page *page = context;
    struct module *module = &page->modules[page->module_count];
    (void)size;
    if (page->module_count == MODULES) {
        return 1;
    }
    *module = (struct module){.base = info->dlpi_addr, .begin = UINTPTR_MAX};
    snprintf(module->path, sizeof module->path, "%s", info->dlpi_name);
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type == PT_LOAD) {
            uintptr_t begin = info->dlpi_addr + segment->p_vaddr, end = begin + segment->p_memsz;
            module->begin = begin < module->begin ? begin : module->begin;
            module->end = end > module->end ? end : module->end;
        }
    }
    page->module_count++;
    return 0;
}

static struct shim_fault_block blocks[BLOCKS * 2]; /* pages that are not needed are never touched */

/* False: the run without a fault never came to its end, so what is usual is not known. */
static bool read_usual(const char *path, struct shim_fault_block *to, size_t *count)
{
    int file = open(path, O_RDONLY | O_CLOEXEC); /* no stream: that would be memory that a clean run does not have */
    ssize_t size = file < 0 ? -1 : read(file, to, BLOCKS * sizeof *to);
    if (file >= 0) {
        close(file);
    }
    *count = size > 0 ? (size_t)size / sizeof *to : 0;
    return size >= 0;
}

struct scn_faulted_page *scn_faulted_begin(const char *path, bool record, const char *usual)
{
    size_t size = 0;
    struct scn_faulted_page *page = map(path, &size);
    if (page == NULL) {
        return NULL;
    }
    dl_iterate_phdr(note_module, page);
    if (record && size >= size_of(true)) {
        page->log.points = page->points;
        page->log.room = POINTS;
        page->log.stacks = page->log.stales = true;
    }
    page->threads_before = count_threads();
    page->descriptors_before = count_descriptors(page->descriptor, sizeof page->descriptor);
    page->begun = true;
    shim_faults_record(&page->log);
    size_t usual_count = 0;
    bool lean = usual != NULL && read_usual(usual, blocks, &usual_count);
    shim_faults_follow_memory(lean ? blocks : NULL, usual_count);
    return page;
}

/* The most that any run left of each stack. Both are sorted by stack. */
static void write_usual(const char *path, const struct shim_fault_block *before, size_t before_count,
                        const struct shim_fault_block *now, size_t now_count)
{
    FILE *file = fopen(path, "wb");
    for (size_t b = 0, n = 0; file != NULL && (b < before_count || n < now_count);) {
        bool old = n == now_count || (b < before_count && before[b].stack <= now[n].stack);
        bool both = old && n < now_count && before[b].stack == now[n].stack;
        const struct shim_fault_block *more = both ? (before[b].blocks > now[n].blocks ? &before[b] : &now[n])
                                              : old ? &before[b] : &now[n];
        fwrite(more, sizeof *more, 1, file);
        b += old;
        n += both || !old;
    }
    if (file != NULL) {
        fclose(file);
    }
}

void scn_faulted_end(struct scn_faulted_page *page, const char *usual, bool clean)
{
    if (page == NULL) {
        return;
    }
    size_t usual_count = 0;
    bool known = read_usual(usual, blocks, &usual_count);
    page->descriptors = count_descriptors(page->descriptor, sizeof page->descriptor);
    page->threads = count_threads();
    for (int ms = 0; page->threads > page->threads_before && ms < THREADS_MS; ms += 10) {
        scn_rest_milliseconds(10);
        page->threads = count_threads();
    }
    if (clean) {
        write_usual(usual, blocks, usual_count, blocks + BLOCKS, shim_faults_blocks(blocks + BLOCKS, BLOCKS));
    } else if (known) {
        shim_faults_look_for_leaks(blocks, usual_count);
    }
    page->log.points = NULL;
    page->complete = true;
    shim_faults_record(NULL);
}

/* ---- the parent ---- */

/* Frames as the guard writes them: a return address stands for the call before it. */
static char *stack_text(const struct scn_faulted_page *page, void *const *frames, int count)
{
    size_t room = (size_t)(count > 0 ? count : 1) * 320, used = 0;
    char *text = calloc(1, room);
    for (int i = 0; text != NULL && i < count; i++) {
        uintptr_t address = (uintptr_t)frames[i] - 1;
        for (int m = 0; m < page->module_count; m++) {
            const struct module *module = &page->modules[m];
            if (address >= module->begin && address < module->end && used < room) {
                used += (size_t)snprintf(text + used, room - used, "%s(+0x%lx)[0x%lx]\n",
                                         module->path[0] != '\0' ? module->path : "program",
                                         (unsigned long)(address - module->base), (unsigned long)address);
                break;
            }
        }
    }
    return text;
}

void scn_faulted_read(const char *path, struct scn_faulted *faulted)
{
    size_t size = 0;
    struct scn_faulted_page *page = map(path, &size);
    scn_faulted_fini(faulted);
    if (page == NULL) {
        return;
    }
    faulted->known = page->begun;
    faulted->complete = page->complete;
    memcpy(&faulted->log, &page->log, sizeof faulted->log);
    faulted->log.points = NULL;
    faulted->descriptors = page->complete ? page->descriptors - page->descriptors_before : 0;
    faulted->threads = page->complete ? page->threads - page->threads_before : 0;
    snprintf(faulted->descriptor, sizeof faulted->descriptor, "%s", page->descriptor);
    faulted->stack = stack_text(page, page->log.frames, page->log.frame_count);
    faulted->leak_stack = stack_text(page, page->log.leak_frames, page->log.leak_frame_count);
    uint64_t count = atomic_load(&page->log.point_count);
    if (size >= size_of(true) && count > 0) {
        faulted->overflow = count > POINTS;
        count = count > POINTS ? POINTS : count;
        faulted->points = malloc((size_t)count * sizeof *faulted->points);
        if (faulted->points != NULL) {
            memcpy(faulted->points, page->points, (size_t)count * sizeof *faulted->points);
            faulted->point_count = (size_t)count;
        }
    }
    munmap(page, size);
}

void scn_faulted_fini(struct scn_faulted *faulted)
{
    free(faulted->stack);
    free(faulted->leak_stack);
    free(faulted->points);
    memset(faulted, 0, sizeof *faulted);
}
