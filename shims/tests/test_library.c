/* Engines are loaded, and whatever is none gives a message instead of a crash. */
#define JET_NO_NAME_MAP
#include <criterion/criterion.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shims/library/image.h"
#include "shims/library/library.h"
#include "shims/tests/temp.h"

static char error[512];

static void expect_refused(const char *path, const char *message) {
    struct shim_library_info info;
    struct shim_library *library = NULL;
    error[0] = '\0';
    cr_expect_eq(shim_library_inspect(path, &info, error, sizeof error), -1, "%s", path);
    cr_expect_not_null(strstr(error, message), "%s", error);
    cr_expect_eq(strncmp(error, path, strlen(path)), 0, "%s", error);
    cr_expect_eq(shim_library_open(path, &library, error, sizeof error), -1);
    cr_expect_null(library);
}

Test(library, an_engine_is_inspected_and_loaded) {
    struct shim_library_info info = {0};
    struct shim_library *library;
    cr_assert_eq(shim_library_inspect(FAKE_ENGINE, &info, error, sizeof error), 0, "%s", error);
    cr_expect_eq(info.exported, 6);
    cr_expect_eq(info.missing, 161 - 4);
    cr_expect_eq(info.sanitizer, shim_sanitizer_of_this_program());
    cr_expect_eq(strncmp(info.build, "build-id ", 9), 0, "%s", info.build);
    cr_assert_eq(shim_library_open(FAKE_ENGINE, &library, error, sizeof error), 0, "%s", error);
    cr_expect_eq(shim_library_info(library)->missing, 157);
    cr_expect_str_eq(shim_library_path(library), FAKE_ENGINE);
    cr_expect(shim_library_has(library, SHIM_FN_JetBeginSession));
    cr_expect_not(shim_library_has(library, SHIM_FN_JetInit));
    struct shim_caller caller = {.table = shim_library_table(library)};
    JET_SESID sesid = 0;
    uint64_t args[] = {10, (uint64_t)(uintptr_t)&sesid, 0, 0};
    cr_expect_eq(shim_callv(&caller, SHIM_FN_JetBeginSession, SHIM_W, args), 0);
    cr_expect_eq(sesid, 12);
    cr_expect_eq(shim_callv(&caller, SHIM_FN_JetInit, SHIM_PLAIN, args), SHIM_ERR_MISSING);
    shim_entry pre_init = shim_library_symbol(library, "fake_pre_init");
    cr_assert_not_null(pre_init);
    pre_init();
    cr_expect_null(shim_library_symbol(library, "no_such_symbol"));
    shim_library_close(library);
}

Test(library, what_is_no_engine_is_refused, .init = temp_make, .fini = temp_remove) {
    expect_refused(temp_path("missing.so"), "cannot be opened");
    expect_refused("/tmp", "cannot be read");
    expect_refused(temp_write("text.so", "just text\n", 10), "is no shared library");
    expect_refused(temp_write("empty.so", "", 0), "is no shared library");
    expect_refused(temp_write("short.so", "\177ELF\2\1", 6), "ends inside its header");
    expect_refused(temp_write("32.so", "\177ELF\1\1\1\0\0\0\0\0\0\0\0\0\3\0\3\0", 20), "32-bit");
    expect_refused(NOT_ENGINE, "exports no function of the API");
    expect_refused("/proc/self/exe", "is a program");
    unsigned char pe[512] = "MZ";
    pe[0x3c] = 0x80;
    memcpy(pe + 0x80, "PE\0\0\x64\x86", 6);
    expect_refused(temp_write("esent.dll", pe, sizeof pe), "esecheck.exe");
}

Test(library, another_machine_or_a_cut_file_is_refused, .init = temp_make, .fini = temp_remove) {
    size_t size;
    char *bytes = temp_read(FAKE_ENGINE, &size);
    expect_refused(temp_write("cut.so", bytes, size / 8), "is cut");
    bytes[18] = 21; /* PowerPC */
    bytes[19] = 0;
    expect_refused(temp_write("ppc.so", bytes, size), "another machine");
    free(bytes);
}

Test(library, an_engine_with_another_sanitizer_names_the_esecheck_to_use) {
    struct shim_library_info info;
    if (shim_sanitizer_of_this_program() == SHIM_SAN_ADDRESS) {
        cr_expect_eq(shim_library_inspect(FAKE_ASAN, &info, error, sizeof error), 0, "%s", error);
        cr_expect_eq(info.sanitizer, SHIM_SAN_ADDRESS);
    } else {
        expect_refused(FAKE_ASAN, "use esecheck-asan");
    }
    expect_refused(FAKE_TSAN, "use esecheck-tsan");
}

/* Damaged files are looked at without harm (they are not loaded). */
static void look_at_damaged(const char *path, const char *(*look)(struct shim_image *)) {
    size_t size;
    unsigned char *good = (unsigned char *)temp_read(path, &size);
    unsigned seed = 3;
    int accepted = 0, refused = 0;
    for (int round = 0; round < 4000; round++) {
        size_t cut = round % 3 == 0 ? (size_t)rand_r(&seed) % size : size;
        unsigned char *bytes = malloc(cut + 1); /* its own allocation, for AddressSanitizer */
        memcpy(bytes, good, cut);
        for (int k = 0; k <= round % 6 && cut > 64; k++) {
            size_t at = (size_t)rand_r(&seed) % (k % 2 == 0 && cut > 4096 ? 4096 : cut);
            bytes[at] = (unsigned char)rand_r(&seed);
        }
        struct shim_image *image = calloc(1, sizeof *image);
        image->bytes = bytes;
        image->size = cut;
        if (look(image) == NULL) {
            accepted++;
        } else {
            refused++;
        }
        free(image);
        free(bytes);
    }
    cr_expect_gt(refused, 100);
    cr_expect_gt(accepted, 100);
    free(good);
}

Test(library, damaged_elf_files_do_no_harm, .timeout = 60) {
    look_at_damaged(FAKE_ENGINE, shim_image_read_elf);
}

static const char *look_pe(struct shim_image *image) {
    return shim_image_is_pe(image) ? shim_image_read_pe(image) : "no PE";
}

#define WINE "/usr/lib/x86_64-linux-gnu/wine/x86_64-windows/"
#define WINE_ESENT WINE "esent.dll"

Test(library, dlls_are_read, .timeout = 60) {
    if (access(WINE_ESENT, R_OK) != 0) {
        cr_skip_test("no " WINE_ESENT);
    }
    size_t size;
    struct shim_image image = {0};
    unsigned char *bytes = (unsigned char *)temp_read(WINE_ESENT, &size);
    image.bytes = bytes;
    image.size = size;
    cr_assert(shim_image_is_pe(&image));
    const char *wrong = shim_image_read_pe(&image);
    cr_assert_null(wrong, "%s", wrong);
    cr_expect_gt(image.info.exported, 200);
    cr_expect(image.seen[SHIM_FN_JetInit]);
    cr_expect_not(image.seen[SHIM_FN_JetStopServiceInstance2]);
    cr_expect_str_eq(image.info.build, "", "it has no version");
    free(bytes);
    image = (struct shim_image){0};
    image.bytes = bytes = (unsigned char *)temp_read(WINE "kernel32.dll", &image.size);
    cr_expect_null(shim_image_read_pe(&image));
    cr_expect_eq(strncmp(image.info.build, "version 10.", 11), 0, "%s", image.info.build);
    free(bytes);
    look_at_damaged(WINE_ESENT, look_pe);
}

/* ---- redirection --------------------------------------------------------------------------- */

static pid_t (*parent_before)(void);

static pid_t other_parent(void) {
    return parent_before() + 4242;
}

static JET_ULONG version_of(const struct shim_library *library, JET_SESID how) {
    struct shim_caller caller = {.table = shim_library_table(library)};
    JET_ULONG version = 0;
    uint64_t args[] = {how, (uint64_t)(uintptr_t)&version};
    cr_assert_eq(shim_callv(&caller, SHIM_FN_JetGetVersion, SHIM_PLAIN, args), 0);
    return version;
}

static void redirect(const char *path) {
    struct shim_library *library;
    JET_ULONG parent = (JET_ULONG)getppid();
    shim_entry before = NULL;
    cr_assert_eq(shim_library_open(path, &library, error, sizeof error), 0, "%s", error);
    int changed = shim_library_redirect(library, "getppid", (shim_entry)other_parent, &before);
    cr_expect_eq(changed, 2, "%s: a call and a pointer in data, not %d", path, changed);
    cr_assert_not_null(before);
    parent_before = (pid_t(*)(void))before;
    cr_expect_eq(version_of(library, 0), parent + 4242);
    cr_expect_eq(version_of(library, 1), parent + 4242);
    cr_expect_eq((JET_ULONG)getppid(), parent, "the harness's own calls stay its own");
    shim_entry second = NULL;
    cr_expect_eq(shim_library_redirect(library, "getppid", before, &second), 2);
    cr_expect_eq(second, (shim_entry)other_parent);
    cr_expect_eq(version_of(library, 0), parent);
    before = NULL;
    cr_expect_eq(shim_library_redirect(library, "no_such_import", (shim_entry)other_parent, &before),
                 0);
    cr_expect_null(before);
    shim_library_close(library);
    cr_assert_eq(shim_library_open(path, &library, error, sizeof error), 0);
    cr_expect_eq(version_of(library, 0), parent);
    cr_expect_eq(version_of(library, 1), parent);
    shim_library_close(library);
}

Test(library, closing_restores_imports_of_modules_that_stay) {
    struct shim_library *library;
    cr_assert_eq(shim_library_open(FAKE_ENGINE_NOW, &library, error, sizeof error), 0);
    void *mine = dlopen(FAKE_ENGINE_NOW, RTLD_NOW | RTLD_NOLOAD);
    cr_assert_not_null(mine);
    JET_ERR (*get_version)(JET_SESID, JET_ULONG *) =
        (JET_ERR(*)(JET_SESID, JET_ULONG *))dlsym(mine, "JetGetVersion");
    shim_entry before = NULL;
    shim_library_redirect(library, "getppid", (shim_entry)other_parent, &before);
    parent_before = (pid_t(*)(void))before;
    JET_ULONG version = 0;
    get_version(0, &version);
    cr_expect_eq(version, (JET_ULONG)getppid() + 4242);
    shim_library_close(library);
    get_version(0, &version);
    cr_expect_eq(version, (JET_ULONG)getppid());
    get_version(1, &version);
    cr_expect_eq(version, (JET_ULONG)getppid());
    dlclose(mine);
}

Test(library, imports_bound_at_once_can_be_redirected) {
    redirect(FAKE_ENGINE_NOW);
}

Test(library, imports_bound_lazily_can_be_redirected) {
    redirect(FAKE_ENGINE);
}
