/* The UDP yardstick: one thread, one blocking recvfrom/sendto loop, two system calls a datagram.
 *
 *   udp_echo PORT          listens on 127.0.0.1:PORT (0 = any free port), prints "ready PORT"
 *
 * Buffers are the kernel's default: what overflows them is lost, as with any server that does nothing about it. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

static char buffer[65536]; /* no UDP datagram is longer */

static void die(const char *what) {
    perror(what);
    exit(1);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: %s PORT\n", argv[0]);
        return 2;
    }
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0)
        die("socket");
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)atoi(argv[1])),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    if (bind(fd, (struct sockaddr *)&address, length) < 0)
        die("bind");
    getsockname(fd, (struct sockaddr *)&address, &length);
    printf("ready %d\n", ntohs(address.sin_port));
    fflush(stdout);

    for (;;) {
        struct sockaddr_storage peer;
        socklen_t peer_length = sizeof peer;
        ssize_t got = recvfrom(fd, buffer, sizeof buffer, 0, (struct sockaddr *)&peer, &peer_length);
        if (got < 0) {
            if (errno == EINTR)
                continue;
            die("recvfrom");
        }
        /* An empty datagram is a datagram: it is echoed too. A full send queue or a vanished peer loses this one
         * datagram, which UDP allows. */
        sendto(fd, buffer, (size_t)got, 0, (struct sockaddr *)&peer, peer_length);
    }
}
