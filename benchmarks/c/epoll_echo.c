/* The yardstick: a plain TCP echo server, one thread, level-triggered epoll. Every ratio is relative to this.
 *
 *   epoll_echo PORT        listens on 127.0.0.1:PORT (0 = any free port), prints "ready PORT"
 *
 * Plain means: what epoll(7) shows, written with care, and no tricks. One 64 KiB buffer serves all connections.
 * What the peer does not take at once is copied aside; until it is gone we stop reading from that peer, so that
 * a peer which never reads costs at most one buffer. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER_BYTES = 64 * 1024, BACKLOG = 4096, EVENTS = 1024 };

/* What a peer has still to take. `bytes` is NULL for nearly every connection nearly always. */
struct pending {
    char *bytes;
    size_t offset, length;
};

static struct pending *pending_of; /* indexed by descriptor */
static int descriptor_limit;
static int epoll_fd, listener_fd;
static int accepting = 1;
static char buffer[BUFFER_BYTES];

static void die(const char *what) {
    perror(what);
    exit(1);
}

static void watch(int operation, int fd, uint32_t interest) {
    struct epoll_event event = {.events = interest, .data.fd = fd};
    if (epoll_ctl(epoll_fd, operation, fd, &event) < 0)
        die("epoll_ctl");
}

static void drop(int fd) {
    free(pending_of[fd].bytes);
    pending_of[fd].bytes = NULL;
    close(fd); /* also leaves the epoll set: the descriptor was never duplicated, see epoll(7) */
    if (!accepting) {
        accepting = 1;
        watch(EPOLL_CTL_ADD, listener_fd, EPOLLIN);
    }
}

static void accept_all(void) {
    for (;;) {
        int fd = accept4(listener_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            if (errno == EMFILE || errno == ENFILE) {
                /* The listener would stay readable and spin: look away until a connection ends. */
                accepting = 0;
                epoll_ctl(epoll_fd, EPOLL_CTL_DEL, listener_fd, NULL);
            }
            return; /* EAGAIN: none left; ECONNABORTED and the like: the next wake-up tries again */
        }
        if (fd >= descriptor_limit) {
            close(fd);
            continue;
        }
        int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        watch(EPOLL_CTL_ADD, fd, EPOLLIN);
    }
}

/* Readable: echo what is there. One read per wake-up; level triggering tells us again if there is more. */
static void on_readable(int fd) {
    ssize_t got = read(fd, buffer, sizeof buffer);
    if (got <= 0) {
        if (got == 0 || (errno != EAGAIN && errno != EINTR))
            drop(fd);
        return;
    }
    ssize_t sent = write(fd, buffer, (size_t)got);
    if (sent == got)
        return;
    if (sent < 0) {
        if (errno != EAGAIN && errno != EINTR) {
            drop(fd);
            return;
        }
        sent = 0;
    }
    struct pending *rest = &pending_of[fd];
    rest->length = (size_t)(got - sent);
    rest->offset = 0;
    rest->bytes = malloc(rest->length);
    if (rest->bytes == NULL)
        die("malloc");
    memcpy(rest->bytes, buffer + sent, rest->length);
    watch(EPOLL_CTL_MOD, fd, EPOLLOUT);
}

/* Writable again: send what was left, and only then read on. */
static void on_writable(int fd) {
    struct pending *rest = &pending_of[fd];
    ssize_t sent = write(fd, rest->bytes + rest->offset, rest->length - rest->offset);
    if (sent < 0) {
        if (errno != EAGAIN && errno != EINTR)
            drop(fd);
        return;
    }
    rest->offset += (size_t)sent;
    if (rest->offset == rest->length) {
        free(rest->bytes);
        rest->bytes = NULL;
        watch(EPOLL_CTL_MOD, fd, EPOLLIN);
    }
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: %s PORT\n", argv[0]);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        die("getrlimit");
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    descriptor_limit = limit.rlim_max > 1000000 ? 1000000 : (int)limit.rlim_max;
    pending_of = calloc((size_t)descriptor_limit, sizeof *pending_of);
    if (pending_of == NULL)
        die("calloc");

    listener_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener_fd < 0)
        die("socket");
    int on = 1;
    setsockopt(listener_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)atoi(argv[1])),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    if (bind(listener_fd, (struct sockaddr *)&address, length) < 0)
        die("bind");
    if (listen(listener_fd, BACKLOG) < 0)
        die("listen");
    getsockname(listener_fd, (struct sockaddr *)&address, &length);

    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_fd < 0)
        die("epoll_create1");
    watch(EPOLL_CTL_ADD, listener_fd, EPOLLIN);
    printf("ready %d\n", ntohs(address.sin_port));
    fflush(stdout);

    struct epoll_event events[EVENTS];
    for (;;) {
        int count = epoll_wait(epoll_fd, events, EVENTS, -1);
        if (count < 0 && errno != EINTR)
            die("epoll_wait");
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            if (fd == listener_fd)
                accept_all();
            else if (pending_of[fd].bytes != NULL)
                on_writable(fd);
            else
                on_readable(fd);
        }
    }
}
