/* What a power cut leaves: preloaded into a process, this keeps a second copy of one folder, its disk, to which only what
   was synced gets. Killing the process then leaves in that copy what would be there after the power was cut at that
   moment, in the worst case: of unsynced writes nothing survives, or, with a seed, some sectors of 512 bytes.

   A new file's name is on the disk once its folder was synced, too. Unlinking, renaming and shortening a file reach the
   disk at once, ahead of whatever was written before them. Files named -shm are not kept: SQLite makes them anew.

   POWERCUT_FOLDER  the folder, POWERCUT_DISK its copy on the disk, both absolute
   POWERCUT_SEED    some sectors of unsynced writes reach the disk early, by this seed; none if it is not there
   POWERCUT_STEP    the process is killed at its nth step (a creation, write, shortening, sync, unlink or rename in the
                    folder), half of the write done, the others not */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES 64
#define DESCRIPTORS 65536
#define SECTOR 512
#define UNNAMED ".unnamed."
#define REAL(type, name, ...) ((type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name))

struct range { off_t from, to; };
struct file { char name[200]; int used; struct range *dirty; size_t count, room; };

static struct file files[FILES];
static short holder[DESCRIPTORS]; /* 0: not ours; -1: the folder itself; else the file's place + 1 */
static char folder[2048], disk[2048];
static size_t folder_length;
static long steps, last_step;
static unsigned long random_state;
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static int (*real_open)(const char *, int, ...);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_unlink)(const char *);
static int (*real_rename)(const char *, const char *);
static int (*real_close)(int);

static void broken(const char *what) {
    dprintf(2, "powercut: %s: %s\n", what, strerror(errno));
    _exit(70);
}

__attribute__((constructor)) static void begin(void) {
    real_open = REAL(int, "open64", const char *, int, ...);
    real_pwrite = REAL(ssize_t, "pwrite64", int, const void *, size_t, off_t);
    real_ftruncate = REAL(int, "ftruncate64", int, off_t);
    real_unlink = REAL(int, "unlink", const char *);
    real_rename = REAL(int, "rename", const char *, const char *);
    real_close = REAL(int, "close", int);
    const char *from = getenv("POWERCUT_FOLDER"), *to = getenv("POWERCUT_DISK");
    if (!from || !to) return;
    snprintf(folder, sizeof folder, "%s", from);
    snprintf(disk, sizeof disk, "%s", to);
    if (getenv("POWERCUT_SEED")) random_state = strtoul(getenv("POWERCUT_SEED"), NULL, 10) * 2 + 1;
    if (getenv("POWERCUT_STEP")) last_step = strtol(getenv("POWERCUT_STEP"), NULL, 10);
    folder_length = strlen(folder);
}

/* Whether one in so many happens. */
static int happens(unsigned long one_in) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (random_state >> 20) % one_in == 0;
}

/* Returns whether the process is to be killed in this step. */
static int is_last(void) { return last_step && ++steps == last_step; }

static void end(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

/* The name within the folder, or NULL. */
static const char *within(const char *path) {
    if (!folder_length || strncmp(path, folder, folder_length) || path[folder_length] != '/') return NULL;
    const char *name = path + folder_length + 1;
    size_t length = strlen(name);
    if (!length || length > 180 || strchr(name, '/')) return NULL;
    return length > 4 && !strcmp(name + length - 4, "-shm") ? NULL : name;
}

static const char *on_disk(char *path, const char *name, int named) {
    snprintf(path, 4096, "%s/%s%s", disk, named ? "" : UNNAMED, name);
    return path;
}

/* Opens the copy on the disk, under its name or, until the folder is synced, without one. */
static int open_on_disk(const char *name, int make) {
    char path[4096];
    int fd = real_open(on_disk(path, name, 1), O_RDWR | O_CLOEXEC);
    if (fd < 0) fd = real_open(on_disk(path, name, 0), O_RDWR | O_CLOEXEC | (make ? O_CREAT : 0), 0600);
    if (fd < 0 && make) broken(path);
    return fd;
}

static struct file *found(const char *name) {
    for (int n = 0; n < FILES; n++)
        if (files[n].used && !strcmp(files[n].name, name)) return &files[n];
    return NULL;
}

static struct file *of(int fd) {
    return fd >= 0 && fd < DESCRIPTORS && holder[fd] > 0 ? &files[holder[fd] - 1] : NULL;
}

static void forget(struct file *file) {
    for (int fd = 0; fd < DESCRIPTORS; fd++)
        if (holder[fd] == file - files + 1) holder[fd] = 0;
    file->used = 0;
    file->count = 0;
}

static void shorten(const char *name, off_t to) {
    int fd = open_on_disk(name, 0);
    struct stat stat;
    if (fd < 0) return;
    if (!fstat(fd, &stat) && stat.st_size > to && real_ftruncate(fd, to)) broken("ftruncate");
    real_close(fd);
}

/* What is to be done once a path was opened. */
static int opened(int fd, const char *path, int flags) {
    if (fd < 0 || fd >= DESCRIPTORS) return fd;
    int error = errno;
    pthread_mutex_lock(&turn);
    const char *name = within(path);
    holder[fd] = folder_length && !strcmp(path, folder) ? -1 : 0;
    if (name) {
        struct file *file = found(name);
        for (int n = 0; !file && n < FILES; n++)
            if (!files[n].used) {
                file = &files[n];
                snprintf(file->name, sizeof file->name, "%s", name);
                file->used = 1;
            }
        if (!file) broken("more files than expected");
        if (flags & O_CREAT) real_close(open_on_disk(name, 1));
        if (flags & O_TRUNC) { file->count = 0; shorten(name, 0); }
        holder[fd] = file - files + 1;
    }
    pthread_mutex_unlock(&turn);
    errno = error;
    return fd;
}

static void step_of_opening(const char *path, int flags) {
    struct stat stat;
    if (!last_step || !(flags & (O_CREAT | O_TRUNC)) || !within(path)) return;
    if (!(flags & O_TRUNC) && lstat(path, &stat) == 0) return;
    pthread_mutex_lock(&turn);
    if (is_last()) end();
    pthread_mutex_unlock(&turn);
}

static void wrote(struct file *file, off_t at, const char *bytes, size_t length) {
    struct range *last = file->count ? &file->dirty[file->count - 1] : NULL;
    if (last && last->to == at) last->to = at + length;
    else {
        if (file->count == file->room) {
            file->room = file->room * 2 + 16;
            file->dirty = realloc(file->dirty, file->room * sizeof *file->dirty);
            if (!file->dirty) broken("memory");
        }
        file->dirty[file->count++] = (struct range){ at, at + length };
    }
    if (!random_state) return;
    int fd = open_on_disk(file->name, 0);
    for (size_t from = 0; fd >= 0 && from < length;) {
        size_t size = SECTOR - (at + from) % SECTOR;
        if (size > length - from) size = length - from;
        if (happens(3) && real_pwrite(fd, bytes + from, size, at + from) < 0) broken("pwrite");
        from += size;
    }
    if (fd >= 0) real_close(fd);
}

static void keep(struct file *file) {
    char path[4096], bytes[65536];
    snprintf(path, sizeof path, "%s/%s", folder, file->name);
    int from = real_open(path, O_RDONLY | O_CLOEXEC), to = open_on_disk(file->name, 1);
    struct stat stat;
    if (from < 0 || fstat(from, &stat)) broken(path);
    for (size_t n = 0; n < file->count; n++) {
        struct range range = file->dirty[n];
        while (range.from < range.to) {
            size_t size = range.to - range.from < (off_t)sizeof bytes ? range.to - range.from : (off_t)sizeof bytes;
            ssize_t got = pread(from, bytes, size, range.from);
            if (got < 0) broken("pread");
            if (got == 0) break;
            if (real_pwrite(to, bytes, got, range.from) != got) broken("pwrite");
            range.from += got;
        }
    }
    if (real_ftruncate(to, stat.st_size)) broken("ftruncate");
    file->count = 0;
    real_close(from);
    real_close(to);
}

static void name_all(void) {
    char from[4096], to[4096];
    for (int n = 0; n < FILES; n++)
        if (files[n].used) real_rename(on_disk(from, files[n].name, 0), on_disk(to, files[n].name, 1));
}

static int synced(int fd) {
    pthread_mutex_lock(&turn);
    if (is_last()) end();
    if (of(fd)) keep(of(fd));
    else name_all();
    pthread_mutex_unlock(&turn);
    return 0;
}

static int ours(int fd) { return fd >= 0 && fd < DESCRIPTORS && holder[fd]; }

int open64(const char *path, int flags, ...) {
    va_list list;
    va_start(list, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;
    va_end(list);
    step_of_opening(path, flags);
    return opened(real_open(path, flags, mode), path, flags);
}

int open(const char *path, int flags, ...) {
    va_list list;
    va_start(list, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;
    va_end(list);
    step_of_opening(path, flags);
    return opened(real_open(path, flags, mode), path, flags);
}

int close(int fd) {
    if (fd >= 0 && fd < DESCRIPTORS) holder[fd] = 0;
    return real_close(fd);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t at) {
    if (!of(fd)) return real_pwrite(fd, bytes, length, at);
    pthread_mutex_lock(&turn);
    int last = is_last();
    ssize_t done = real_pwrite(fd, bytes, last ? length / 2 : length, at);
    if (done > 0 && of(fd)) wrote(of(fd), at, bytes, done);
    if (last) end();
    pthread_mutex_unlock(&turn);
    return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) { return pwrite64(fd, bytes, length, at); }

ssize_t write(int fd, const void *bytes, size_t length) {
    ssize_t (*real_write)(int, const void *, size_t) = REAL(ssize_t, "write", int, const void *, size_t);
    if (!of(fd)) return real_write(fd, bytes, length);
    pthread_mutex_lock(&turn);
    int last = is_last();
    ssize_t done = real_write(fd, bytes, last ? length / 2 : length);
    int error = errno;
    off_t behind = lseek(fd, 0, SEEK_CUR);
    if (done > 0 && of(fd)) wrote(of(fd), behind - done, bytes, done);
    if (last) end();
    pthread_mutex_unlock(&turn);
    errno = error;
    return done;
}

int ftruncate64(int fd, off_t to) {
    if (!of(fd)) return real_ftruncate(fd, to);
    pthread_mutex_lock(&turn);
    if (is_last()) end();
    int done = real_ftruncate(fd, to);
    if (!done && of(fd)) shorten(of(fd)->name, to);
    pthread_mutex_unlock(&turn);
    return done;
}

int ftruncate(int fd, off_t to) { return ftruncate64(fd, to); }

int fsync(int fd) { return ours(fd) ? synced(fd) : REAL(int, "fsync", int)(fd); }

int fdatasync(int fd) { return ours(fd) ? synced(fd) : REAL(int, "fdatasync", int)(fd); }

int unlink(const char *path) {
    const char *name = within(path);
    if (!name) return real_unlink(path);
    pthread_mutex_lock(&turn);
    struct stat stat;
    if (!lstat(path, &stat) && is_last()) end();
    int done = real_unlink(path), error = errno;
    if (!done) {
        char there[4096];
        real_unlink(on_disk(there, name, 1));
        real_unlink(on_disk(there, name, 0));
        if (found(name)) forget(found(name));
    }
    pthread_mutex_unlock(&turn);
    errno = error;
    return done;
}

int rename(const char *from, const char *to) {
    const char *old = within(from), *new = within(to);
    if (!old || !new) return real_rename(from, to);
    pthread_mutex_lock(&turn);
    if (is_last()) end();
    int done = real_rename(from, to), error = errno;
    if (!done) {
        char before[4096], after[4096];
        if (found(new)) forget(found(new));
        if (real_rename(on_disk(before, old, 1), on_disk(after, new, 1)))
            real_rename(on_disk(before, old, 0), on_disk(after, new, 0));
        struct file *file = found(old);
        if (file) snprintf(file->name, sizeof file->name, "%s", new);
    }
    pthread_mutex_unlock(&turn);
    errno = error;
    return done;
}
