/* SPDX-License-Identifier: Apache-2.0 */
/* shim.c - preloaded by tests: makes system calls of one loaded object fail.
 * FAULT_IN    part of the object's path: calls from elsewhere go through
 * FAULT_AT    the first call to fail: 1, 2, ... over all of the process
 * FAULT_FOR   how many from there on; 0: all
 * FAULT_ERRNO the error, a number
 * FAULT_ONLY  names of the calls, with commas; empty: all below
 * FAULT_LOG   a file that gets a line "NAME" for each failure */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

static char object[256], only[256], log_path[512];
static long first, count, fault, calls;

/* At load: what the program does with its environment later is its own. */
static __attribute__((constructor)) void read_settings(void)
{
    const char *in = getenv("FAULT_IN"), *at = getenv("FAULT_AT"),
               *times = getenv("FAULT_FOR"), *error = getenv("FAULT_ERRNO"),
               *names = getenv("FAULT_ONLY"), *log = getenv("FAULT_LOG");

    if (!in || !at || !times || !error)
        return;
    strncpy(object, in, sizeof object - 1);
    strncpy(only, names ? names : "", sizeof only - 1);
    strncpy(log_path, log ? log : "", sizeof log_path - 1);
    first = atol(at);
    count = atol(times);
    fault = atol(error);
}

static int from_there(const void *caller)
{
    static const void *low, *high; /* of the object, once it has called */
    Dl_info info;
    struct link_map *map;

    if (low)
        return caller >= low && caller < high;
    if (!dladdr1(caller, &info, (void **)&map, RTLD_DL_LINKMAP) || !info.dli_fname ||
        !strstr(info.dli_fname, object))
        return 0;
    const ElfW(Ehdr) *header = info.dli_fbase;
    const ElfW(Phdr) *part =
        (const void *)((const char *)info.dli_fbase + header->e_phoff);
    size_t size = 0;
    for (int i = 0; i < header->e_phnum; i++)
        if (part[i].p_type == PT_LOAD && part[i].p_vaddr + part[i].p_memsz > size)
            size = part[i].p_vaddr + part[i].p_memsz;
    high = (const char *)info.dli_fbase + size;
    low = info.dli_fbase;
    return 1;
}

/* Is this call to fail? */
static int fails(const char *name, const void *caller)
{
    int before = errno;

    if (!object[0] || !from_there(caller) || (only[0] && !strstr(only, name))) {
        errno = before;
        return 0;
    }
    long n = __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
    errno = before;
    if (n < first || (count > 0 && n >= first + count))
        return 0;
    long fd = log_path[0] ? syscall(SYS_openat, AT_FDCWD, log_path,
                                    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666)
                          : -1;
    if (fd >= 0) {
        char line[64];
        size_t len = strlen(name);
        memcpy(line, name, len);
        line[len] = '\n';
        syscall(SYS_write, fd, line, len + 1);
        syscall(SYS_close, fd);
    }
    errno = (int)fault;
    return 1;
}

#define REAL(type, name) ((type)dlsym(RTLD_NEXT, name))
#define HERE __builtin_return_address(0)

int posix_fallocate64(int fd, off64_t at, off64_t len)
{
    if (fails("posix_fallocate", HERE))
        return (int)fault;
    return REAL(int (*)(int, off64_t, off64_t), "posix_fallocate64")(fd, at, len);
}

void *mmap64(void *at, size_t len, int protection, int flags, int fd, off64_t from)
{
    if (fails("mmap", HERE))
        return MAP_FAILED;
    return (void *)syscall(SYS_mmap, at, len, protection, flags, fd, from);
}

int munmap(void *at, size_t len)
{
    return fails("munmap", HERE) ? -1 : (int)syscall(SYS_munmap, at, len);
}

int open64(const char *path, int flags, ...)
{
    va_list args;

    va_start(args, flags);
    int mode = flags & O_CREAT ? va_arg(args, int) : 0;
    va_end(args);
    if (fails("open", HERE))
        return -1;
    return REAL(int (*)(const char *, int, ...), "open64")(path, flags, mode);
}

int fcntl64(int fd, int what, ...)
{
    va_list args;

    va_start(args, what);
    long value = va_arg(args, long);
    va_end(args);
    if (fails("fcntl", HERE))
        return -1;
    return REAL(int (*)(int, int, ...), "fcntl64")(fd, what, value);
}

int pthread_setspecific(pthread_key_t key, const void *value)
{
    if (fails("pthread_setspecific", HERE))
        return (int)fault;
    return REAL(int (*)(pthread_key_t, const void *), "pthread_setspecific")(key,
                                                                             value);
}

#define FAILING(name, real, parameters, arguments)                                     \
    int real parameters                                                                \
    {                                                                                  \
        return fails(name, HERE) ? -1 : REAL(int(*) parameters, #real) arguments;      \
    }
FAILING("fstat", fstat64, (int fd, struct stat64 *s), (fd, s))
FAILING("ftruncate", ftruncate64, (int fd, off64_t len), (fd, len))
FAILING("fchmod", fchmod, (int fd, mode_t mode), (fd, mode))
FAILING("fstatfs", fstatfs64, (int fd, struct statfs64 *s), (fd, s))
FAILING("unlink", unlink, (const char *path), (path))

#define FAILING_IO(name, real, parameters, arguments)                                  \
    ssize_t real parameters                                                            \
    {                                                                                  \
        return fails(name, HERE) ? -1 : REAL(ssize_t(*) parameters, #real) arguments;  \
    }
FAILING_IO("pwrite", pwrite64, (int fd, const void *b, size_t n, off64_t at),
           (fd, b, n, at))
FAILING_IO("write", write, (int fd, const void *b, size_t n), (fd, b, n))
FAILING_IO("read", read, (int fd, void *b, size_t n), (fd, b, n))
FAILING_IO("readlink", readlink, (const char *path, char *b, size_t n), (path, b, n))
