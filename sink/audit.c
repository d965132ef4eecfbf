#include "sink/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/file.h"

struct audit {
    pthread_mutex_t lock;
    int descriptor;
    off_t length; /* of what is whole */
    struct audit_chain chain;
    struct buffer line;
    enum rc failure; /* RC_OK until writing failed */
    bool doubtful;
};

static enum rc sync_file(int descriptor)
{
    int result;
    do
        result = fsync(descriptor);
    while (result != 0 && errno == EINTR);
    return result == 0 ? RC_OK : rc_from_errno(errno);
}

static enum rc sync_directory_of(const char *path)
{
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) : 1;
    if (length >= sizeof directory)
        return RC_LIMIT;
    memcpy(directory, slash ? path : ".", length);
    directory[length] = '\0';
    return directory_sync(length ? directory : "/");
}

static void audit_free(struct audit *audit)
{
    pthread_mutex_destroy(&audit->lock);
    buffer_release(&audit->line);
    free(audit);
}

static enum rc create_file(const char *path, int *descriptor)
{
    *descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_APPEND, 0600);
    if (*descriptor < 0)
        return rc_from_errno(errno);
    /* File systems without locks say so, and then there is none. */
    enum rc rc =
        flock(*descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK ? RC_REFUSED : RC_OK;
    if (rc == RC_OK)
        rc = sync_file(*descriptor);
    if (rc == RC_OK)
        rc = sync_directory_of(path);
    if (rc != RC_OK) {
        unlink(path);
        close(*descriptor);
    }
    return rc;
}

enum rc audit_create(const char *path, struct audit **out)
{
    *out = NULL;
    if (sodium_init() < 0)
        return RC_INTERNAL;
    struct audit *audit = calloc(1, sizeof *audit);
    if (!audit)
        return RC_NO_MEMORY;
    pthread_mutex_init(&audit->lock, NULL);
    buffer_init(&audit->line, AUDIT_LINE_LIMIT + 1);
    audit_chain_begin(&audit->chain, (struct slice){0});
    enum rc rc = create_file(path, &audit->descriptor);
    if (rc != RC_OK) {
        audit_free(audit);
        return rc;
    }
    *out = audit;
    return RC_OK;
}

/* Takes back what an entry left behind; where that fails nobody knows what the disk holds. */
static void take_back(struct audit *audit)
{
    int result;
    do
        result = ftruncate(audit->descriptor, audit->length);
    while (result != 0 && errno == EINTR);
    audit->doubtful = result != 0 || sync_file(audit->descriptor) != RC_OK;
}

static enum rc append_locked(struct audit *audit, const char *event, struct slice members,
                             int64_t now)
{
    char hash[AUDIT_HASH_SIZE];
    if (audit->failure != RC_OK)
        return audit->failure;
    enum rc rc = audit_line_compose(&audit->chain, event, members, now, &audit->line, hash);
    buffer_append_byte(&audit->line, '\n');
    if (rc == RC_OK)
        rc = buffer_status(&audit->line);
    if (rc != RC_OK)
        return rc;
    rc = file_write_all(audit->descriptor, buffer_slice(&audit->line));
    if (rc == RC_OK)
        rc = sync_file(audit->descriptor);
    if (rc != RC_OK) {
        audit->failure = rc;
        take_back(audit);
        return rc;
    }
    audit->length += (off_t)audit->line.length;
    audit_chain_advance(&audit->chain, hash);
    return RC_OK;
}

enum rc audit_append(struct audit *audit, const char *event, struct slice members, int64_t now)
{
    pthread_mutex_lock(&audit->lock);
    enum rc rc = append_locked(audit, event, members, now);
    pthread_mutex_unlock(&audit->lock);
    return rc;
}

bool audit_is_doubtful(struct audit *audit)
{
    pthread_mutex_lock(&audit->lock);
    bool doubtful = audit->doubtful;
    pthread_mutex_unlock(&audit->lock);
    return doubtful;
}

enum rc audit_end(struct audit *audit, struct slice members, int64_t now)
{
    struct buffer all;
    buffer_init(&all, AUDIT_LINE_LIMIT);
    buffer_append_format(&all, "\"entries\":%llu", (unsigned long long)audit->chain.entries + 1);
    if (members.length)
        buffer_append_byte(&all, ',');
    buffer_append(&all, members);
    enum rc rc = buffer_status(&all);
    if (rc == RC_OK)
        rc = audit_append(audit, "end", buffer_slice(&all), now);
    buffer_release(&all);
    if (close(audit->descriptor) != 0 && errno != EINTR && rc == RC_OK)
        rc = rc_from_errno(errno);
    audit_free(audit);
    return rc;
}

void audit_abandon(struct audit *audit)
{
    if (!audit)
        return;
    close(audit->descriptor);
    audit_free(audit);
}
