/* A closed-loop TCP load generator: one message in flight on every connection, every echoed byte verified.
 *
 *   tcp_load HOST PORT CONNECTIONS SIZE SECONDS [--idle N] [--churn] [--warmup S]
 *
 * --idle N    N more connections that exchange one message at the start and then stay silent
 * --churn     connect, one message, close, over and over, CONNECTIONS at once; latency is from connect to echo
 * --warmup S  run S seconds before measuring (default 0.2)
 * With CONNECTIONS 0 it only holds the idle ones, for SECONDS.
 *
 * Writes "measuring" to stderr when the measured period starts and one line of JSON to stdout when it is over;
 * then it stays silent for 50 ms before it closes anything, so that whoever reads the server's CPU time around the
 * measured period sees neither the set-up nor the close.
 *
 * Left out: pipelining and an open loop (a fixed rate). */
#define _GNU_SOURCE
#include "measure.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

enum {
    EVENTS = 512,
    READ_BYTES = 64 * 1024,
    PER_SOURCE = 6000, /* beyond that many connections an address, the kernel's search for a free port is slow */
    SOURCES = 4 * 254, /* 127.0.1.1 ... 127.0.4.254 */
    PATTERNS = 251,    /* distinct messages; prime, so that neighbours in time and place differ */
    BATCH = 64,        /* connections opened before the first echo is awaited: below every peer's backlog */
    SETUP_SECONDS = 30,
};

struct connection {
    int fd;              /* -1: closed after an error */
    bool connecting;     /* churn only: the message waits for the handshake */
    bool idle;
    bool want_write;     /* EPOLLOUT is in the interest set */
    uint32_t pattern;    /* which message is in flight */
    size_t sent, received;
    uint64_t started_ns;
    uint64_t messages;   /* in the measured period */
};

static struct sockaddr_in target;
static bool spread_sources, churn;
static uint32_t first_source;
static size_t size;
static int epoll_fd;
static unsigned char *patterns; /* message k is the `size` bytes from offset k */
static unsigned char read_buffer[READ_BYTES];
static struct histogram latencies;
static uint64_t messages, errors, alive, opened;

static void fail(const char *what) {
    fprintf(stderr, "tcp_load: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* A bound but not yet connected socket. The port is chosen by connect(), when the whole four-tuple is known
 * (ip(7), IP_BIND_ADDRESS_NO_PORT); a plain bind would have to find a port free for every destination. */
static int new_socket(int flags) {
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    if (fd < 0)
        fail("socket");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (spread_sources) {
        /* Churn leaves a TIME_WAIT behind every connection: take all addresses in turn. Held connections fill one
         * address after the other. */
        uint32_t n = (uint32_t)((first_source + (churn ? opened : opened / PER_SOURCE)) % SOURCES);
        struct sockaddr_in source = {.sin_family = AF_INET,
                                     .sin_addr.s_addr = htonl(0x7f000101u + ((n / 254) << 8) + n % 254)};
        setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        if (bind(fd, (struct sockaddr *)&source, sizeof source) < 0)
            fail("bind");
    }
    opened++;
    return fd;
}

static void watch(struct connection *c, int operation) {
    struct epoll_event event = {.events = EPOLLIN | (c->want_write ? EPOLLOUT : 0), .data.ptr = c};
    if (epoll_ctl(epoll_fd, operation, c->fd, &event) < 0)
        fail("epoll_ctl");
}

static void give_up(struct connection *c) {
    errors++;
    alive--;
    close(c->fd);
    c->fd = -1;
}

/* Send what is left of the current message. False: the connection broke. */
static bool push(struct connection *c) {
    while (c->sent < size) {
        ssize_t n = send(c->fd, patterns + c->pattern + c->sent, size - c->sent, MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return false;
        if (n < 0)
            break;
        c->sent += (size_t)n;
        c->connecting = false;
    }
    bool want_write = c->sent < size;
    if (want_write != c->want_write) {
        c->want_write = want_write;
        watch(c, EPOLL_CTL_MOD);
    }
    return true;
}

static bool start_message(struct connection *c, uint64_t now) {
    c->pattern = (c->pattern + 1) % PATTERNS;
    c->sent = c->received = 0;
    c->started_ns = now;
    return push(c);
}

/* Churn: open the next connection of this slot and try to send at once. Over loopback the handshake is usually over
 * when connect() returns (with EINPROGRESS nonetheless); if it is not, send() says EAGAIN and we wait for EPOLLOUT. */
static void reconnect(struct connection *c) {
    uint64_t now = now_ns();
    c->fd = new_socket(SOCK_NONBLOCK);
    c->connecting = true;
    c->want_write = false;
    if (connect(c->fd, (struct sockaddr *)&target, sizeof target) < 0 && errno != EINPROGRESS) {
        give_up(c);
        return;
    }
    watch(c, EPOLL_CTL_ADD);
    if (!start_message(c, now))
        give_up(c);
}

static void finish_message(struct connection *c) {
    uint64_t now = now_ns();
    record(&latencies, now - c->started_ns);
    messages++;
    c->messages++;
    if (churn) {
        close(c->fd); /* the client closes first, so TIME_WAIT is here and not at the server */
        reconnect(c);
    } else if (!start_message(c, now)) {
        give_up(c);
    }
}

/* Everything that has come in must be exactly the next bytes of the message in flight. */
static void on_readable(struct connection *c) {
    ssize_t n = read(c->fd, read_buffer, sizeof read_buffer);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0 || c->idle || (size_t)n > c->sent - c->received ||
        memcmp(read_buffer, patterns + c->pattern + c->received, (size_t)n) != 0) {
        give_up(c);
        return;
    }
    c->received += (size_t)n;
    if (c->received == size)
        finish_message(c);
}

static void on_event(struct connection *c, uint32_t happened) {
    if (c->fd < 0)
        return;
    if (happened & EPOLLOUT && !push(c)) {
        give_up(c);
        return;
    }
    if (happened & (EPOLLIN | EPOLLERR | EPOLLHUP)) {
        if (c->connecting) /* refused or reset before anything was sent */
            give_up(c);
        else
            on_readable(c);
    }
}

/* Open held connections a batch at a time; each must echo one message before the next batch starts. So no peer's
 * accept queue overflows (a dropped SYN costs a second), and every connection is known to be served. */
static void open_held(struct connection *connections, size_t count) {
    struct timeval patience = {.tv_sec = SETUP_SECONDS};
    uint64_t deadline = now_ns() + SETUP_SECONDS * 1000000000ull;
    for (size_t first = 0; first < count; first += BATCH) {
        size_t end = first + BATCH < count ? first + BATCH : count;
        for (size_t i = first; i < end; i++) {
            struct connection *c = &connections[i];
            c->fd = new_socket(0);
            c->pattern = (uint32_t)(i % PATTERNS);
            setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
            setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
            if (connect(c->fd, (struct sockaddr *)&target, sizeof target) < 0)
                fail("connect");
            /* One byte is enough to see that the server has it. */
            if (send(c->fd, patterns + c->pattern, 1, MSG_NOSIGNAL) != 1)
                fail("first send");
        }
        for (size_t i = first; i < end; i++) {
            struct connection *c = &connections[i];
            unsigned char byte;
            ssize_t n = recv(c->fd, &byte, 1, 0);
            if (n == 0)
                errno = ECONNRESET;
            if (n != 1 || byte != patterns[c->pattern])
                fail("first echo");
            fcntl(c->fd, F_SETFL, fcntl(c->fd, F_GETFL) | O_NONBLOCK);
            watch(c, EPOLL_CTL_ADD);
            alive++;
        }
        if (now_ns() > deadline) {
            errno = ETIMEDOUT;
            fail("opening connections");
        }
    }
}

static void run_until(uint64_t end_ns) {
    struct epoll_event events[EVENTS];
    while (now_ns() < end_ns && alive > 0) {
        int count = epoll_wait(epoll_fd, events, EVENTS, 20);
        if (count < 0 && errno != EINTR)
            fail("epoll_wait");
        for (int i = 0; i < count; i++)
            on_event(events[i].data.ptr, events[i].events);
    }
}

int main(int argc, char **argv) {
    if (argc < 6) {
        fprintf(stderr, "usage: %s HOST PORT CONNECTIONS SIZE SECONDS [--idle N] [--churn] [--warmup S]\n", argv[0]);
        return 2;
    }
    size_t active = strtoul(argv[3], NULL, 10), idle = 0;
    size = strtoul(argv[4], NULL, 10);
    double seconds = atof(argv[5]), warmup = 0.2;
    for (int i = 6; i < argc; i++) {
        if (strcmp(argv[i], "--churn") == 0)
            churn = true;
        else if (strcmp(argv[i], "--idle") == 0 && i + 1 < argc)
            idle = strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--warmup") == 0 && i + 1 < argc)
            warmup = atof(argv[++i]);
        else {
            fprintf(stderr, "tcp_load: unknown option %s\n", argv[i]);
            return 2;
        }
    }
    target.sin_family = AF_INET;
    target.sin_port = htons((uint16_t)atoi(argv[2]));
    if (inet_pton(AF_INET, argv[1], &target.sin_addr) != 1 || active + idle < 1 || size < 1 || seconds <= 0) {
        fprintf(stderr, "tcp_load: HOST is an IPv4 address; CONNECTIONS or N, SIZE and SECONDS are positive\n");
        return 2;
    }
    spread_sources = ntohl(target.sin_addr.s_addr) >> 24 == 127;
    first_source = (uint32_t)getpid(); /* runs one after the other should not meet each other's TIME_WAITs */
    raise_descriptor_limit();
    signal(SIGPIPE, SIG_IGN);

    patterns = malloc(size + PATTERNS);
    struct connection *connections = calloc(active + idle, sizeof *connections);
    if (patterns == NULL || connections == NULL)
        fail("malloc");
    uint32_t state = 2463534242u; /* Marsaglia's xorshift: any fixed bytes without a short period will do */
    for (size_t i = 0; i < size + PATTERNS; i++) {
        state ^= state << 13, state ^= state >> 17, state ^= state << 5;
        patterns[i] = (unsigned char)state;
    }
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);

    /* Idle ones first: they must not be the newest descriptors of a server that scans in order. */
    for (size_t i = 0; i < idle; i++)
        connections[i].idle = true;
    struct connection *first_active = connections + idle;
    open_held(connections, churn ? idle : active + idle);
    for (size_t i = 0; i < active; i++) {
        struct connection *c = &first_active[i];
        if (churn) {
            alive++;
            c->pattern = (uint32_t)(i % PATTERNS);
            reconnect(c);
        } else if (!start_message(c, now_ns())) {
            give_up(c);
        }
    }

    run_until(now_ns() + (uint64_t)(warmup * 1e9));
    memset(&latencies, 0, sizeof latencies);
    messages = 0;
    for (size_t i = 0; i < active; i++)
        first_active[i].messages = 0;
    fprintf(stderr, "measuring\n");
    double cpu_before = cpu_seconds();
    uint64_t started = now_ns();
    run_until(started + (uint64_t)(seconds * 1e9));

    struct outcome outcome = {.messages = messages,
                              .bytes = messages * size,
                              .errors = errors,
                              .seconds = (double)(now_ns() - started) / 1e9,
                              .cpu_s = cpu_seconds() - cpu_before,
                              .lost = -1,
                              .min_per_connection = active > 0 ? UINT64_MAX : 0};
    for (size_t i = 0; i < active; i++) {
        uint64_t n = first_active[i].messages;
        if (n < outcome.min_per_connection)
            outcome.min_per_connection = n;
        if (n > outcome.max_per_connection)
            outcome.max_per_connection = n;
    }
    print_json(&outcome, &latencies);
    usleep(50000);
    free(connections);
    free(patterns);
    return 0;
}
