/* shims/preload/launch_elf.h - inside of shims/preload: what an executable says about itself. */
#ifndef ESECHECK_SHIMS_PRELOAD_LAUNCH_ELF_H
#define ESECHECK_SHIMS_PRELOAD_LAUNCH_ELF_H

/* Why the file at `path` cannot be put under control, or NULL. */
const char *shim_launch_elf(const char *path);

#endif
