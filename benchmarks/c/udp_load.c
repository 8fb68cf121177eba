/* A UDP load generator: every datagram numbered, every echoed byte verified, what does not come back counted.
 *
 *   udp_load HOST PORT CLIENTS SIZE SECONDS [--warmup S] [--rate R]
 *
 * Closed loop (the default): each of CLIENTS connected sockets has one datagram in flight; one that is not back after
 * 200 ms is counted as lost and the next is sent.
 * --rate R: open loop, R datagrams a second over all sockets whatever comes back, to see the loss at an overload;
 * latency is then from the time the datagram was due, not from when it was sent.
 *
 * "measuring" on stderr, one line of JSON on stdout and the pause after it are as in tcp_load.c.
 * Left out: duplicates (loopback makes none) and reordering. */
#define _GNU_SOURCE
#include "measure.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    EVENTS = 512,
    PATTERNS = 251,
    MAX_BYTES = 65507, /* 65535 - IPv4 header - UDP header */
    RECEIVE_BUFFER_BYTES = 4 << 20,
    SEND_BURST = 32, /* open loop: datagrams sent between two looks at what came back */
};
static const uint64_t TIMEOUT_NS = 200u * 1000 * 1000;
static const uint64_t SCAN_NS = 20u * 1000 * 1000; /* how often timeouts are looked for */

struct header {
    uint64_t number;  /* of this client's datagrams */
    uint64_t time_ns; /* when it was sent, or in the open loop due */
};

struct client {
    int fd;
    bool in_flight; /* closed loop */
    struct header last;
    uint64_t messages;
};

static size_t size, clients_count;
static int epoll_fd;
static bool open_loop;
static struct client *clients;
static unsigned char patterns[MAX_BYTES + PATTERNS], out[MAX_BYTES], in[MAX_BYTES + 1];
static struct histogram latencies;
static uint64_t sent, received, lost, errors;
static uint64_t measured_from_ns;

static void fail(const char *what) {
    fprintf(stderr, "udp_load: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* False: not sent (the queue is full, or nobody listens). */
static bool send_next(struct client *c, uint64_t time_ns) {
    c->last.number++;
    c->last.time_ns = time_ns;
    c->in_flight = true;
    memcpy(out, &c->last, sizeof c->last);
    memcpy(out + sizeof c->last, patterns + c->last.number % PATTERNS, size - sizeof c->last);
    if (send(c->fd, out, size, MSG_DONTWAIT) == (ssize_t)size) {
        sent++;
        return true;
    }
    if (errno == ECONNREFUSED)
        errors++;
    return false;
}

/* Take everything this socket holds. */
static void receive(struct client *c) {
    for (;;) {
        ssize_t n = recv(c->fd, in, sizeof in, MSG_DONTWAIT);
        if (n < 0) {
            if (errno == ECONNREFUSED)
                errors++;
            return;
        }
        struct header header;
        memcpy(&header, in, sizeof header);
        if ((size_t)n != size || header.number > c->last.number ||
            memcmp(in + sizeof header, patterns + header.number % PATTERNS, size - sizeof header) != 0) {
            errors++;
            continue;
        }
        if (!open_loop && (header.number != c->last.number || !c->in_flight))
            continue; /* came after its timeout: it stays lost */
        if (header.time_ns >= measured_from_ns) { /* a straggler of the warm-up belongs to no one */
            record(&latencies, now_ns() - header.time_ns);
            received++;
            c->messages++;
        }
        if (!open_loop) {
            send_next(c, now_ns());
            return; /* one in flight: nothing more can be there, so spare the call that would say so */
        }
    }
}

static void receive_ready(int timeout_ms) {
    struct epoll_event events[EVENTS];
    int count = epoll_wait(epoll_fd, events, EVENTS, timeout_ms);
    if (count < 0 && errno != EINTR)
        fail("epoll_wait");
    for (int i = 0; i < count; i++)
        receive(events[i].data.ptr);
}

static void run_closed(uint64_t end_ns) {
    uint64_t next_scan_ns = now_ns() + SCAN_NS;
    for (;;) {
        receive_ready((int)(SCAN_NS / 1000000));
        uint64_t now = now_ns();
        if (now >= next_scan_ns) {
            next_scan_ns = now + SCAN_NS;
            for (size_t i = 0; i < clients_count; i++)
                if (now - clients[i].last.time_ns > TIMEOUT_NS) {
                    lost += clients[i].last.time_ns >= measured_from_ns;
                    send_next(&clients[i], now);
                }
        }
        if (now >= end_ns)
            return;
    }
}

/* Keeps to the schedule by spinning; when it falls behind it sends late but counts latency from the due time. */
static void run_open(uint64_t start_ns, uint64_t end_ns, double rate) {
    uint64_t scheduled = 0;
    for (;;) {
        uint64_t now = now_ns();
        if (now >= end_ns)
            return;
        uint64_t due = (uint64_t)((double)(now - start_ns) * rate / 1e9);
        for (int burst = 0; scheduled < due && burst < SEND_BURST; burst++, scheduled++)
            send_next(&clients[scheduled % clients_count], start_ns + (uint64_t)((double)scheduled * 1e9 / rate));
        receive_ready(0);
    }
}

static void forget_warmup(void) {
    memset(&latencies, 0, sizeof latencies);
    sent = received = lost = 0;
    for (size_t i = 0; i < clients_count; i++)
        clients[i].messages = 0;
    measured_from_ns = now_ns();
}

int main(int argc, char **argv) {
    if (argc < 6) {
        fprintf(stderr, "usage: %s HOST PORT CLIENTS SIZE SECONDS [--warmup S] [--rate R]\n", argv[0]);
        return 2;
    }
    clients_count = strtoul(argv[3], NULL, 10);
    size = strtoul(argv[4], NULL, 10);
    double seconds = atof(argv[5]), warmup = 0.2, rate = 0;
    for (int i = 6; i < argc; i++) {
        if (strcmp(argv[i], "--warmup") == 0 && i + 1 < argc)
            warmup = atof(argv[++i]);
        else if (strcmp(argv[i], "--rate") == 0 && i + 1 < argc)
            rate = atof(argv[++i]);
        else {
            fprintf(stderr, "udp_load: unknown option %s\n", argv[i]);
            return 2;
        }
    }
    struct sockaddr_in target = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[2]))};
    if (inet_pton(AF_INET, argv[1], &target.sin_addr) != 1 || clients_count < 1 || seconds <= 0 ||
        size < sizeof(struct header) || size > MAX_BYTES) {
        fprintf(stderr, "udp_load: HOST is an IPv4 address, SIZE is %zu to %d\n", sizeof(struct header), MAX_BYTES);
        return 2;
    }
    open_loop = rate > 0;
    raise_descriptor_limit();

    uint32_t state = 2463534242u; /* Marsaglia's xorshift: any fixed bytes without a short period will do */
    for (size_t i = 0; i < sizeof patterns; i++) {
        state ^= state << 13, state ^= state >> 17, state ^= state << 5;
        patterns[i] = (unsigned char)state;
    }
    clients = calloc(clients_count, sizeof *clients);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (clients == NULL || epoll_fd < 0)
        fail("start");
    for (size_t i = 0; i < clients_count; i++) {
        struct client *c = &clients[i];
        int bytes = RECEIVE_BUFFER_BYTES; /* so that what is lost is lost at the server */
        c->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&target, sizeof target) < 0)
            fail("connect");
        setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
        if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &event) < 0)
            fail("epoll_ctl");
    }

    /* Warm up in the closed loop even for the open one: a server may still have to make room for each client. */
    bool measured_open = open_loop;
    open_loop = false;
    for (size_t i = 0; i < clients_count; i++)
        send_next(&clients[i], now_ns());
    run_closed(now_ns() + (uint64_t)(warmup * 1e9));
    open_loop = measured_open;
    if (open_loop) {
        uint64_t quiet_ns = now_ns() + TIMEOUT_NS;
        while (now_ns() < quiet_ns)
            receive_ready(10);
    }

    forget_warmup();
    fprintf(stderr, "measuring\n");
    double cpu_before = cpu_seconds();
    uint64_t end_ns = measured_from_ns + (uint64_t)(seconds * 1e9);
    if (open_loop)
        run_open(measured_from_ns, end_ns, rate);
    else
        run_closed(end_ns);
    double elapsed_s = (double)(now_ns() - measured_from_ns) / 1e9;
    struct outcome outcome = {.messages = received,
                              .seconds = elapsed_s,
                              .cpu_s = cpu_seconds() - cpu_before,
                              .min_per_connection = UINT64_MAX};
    if (open_loop) { /* the last ones may still be on their way; they count as echoed, not as throughput */
        uint64_t quiet_ns = now_ns() + TIMEOUT_NS;
        while (now_ns() < quiet_ns)
            receive_ready(10);
        lost = sent > received ? sent - received : 0;
    }
    outcome.bytes = outcome.messages * size;
    outcome.errors = errors;
    outcome.sent = sent;
    outcome.lost = (int64_t)lost;
    for (size_t i = 0; i < clients_count; i++) {
        uint64_t n = clients[i].messages;
        if (n < outcome.min_per_connection)
            outcome.min_per_connection = n;
        if (n > outcome.max_per_connection)
            outcome.max_per_connection = n;
    }
    print_json(&outcome, &latencies);
    usleep(50000);
    return 0;
}
