/* Address families, interfaces, ports and sockets of others. */
#define _GNU_SOURCE
#include "probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static void families(void) {
  static const struct {
    const char *name;
    int family, type, protocol;
  } list[] = {
      {"unix", AF_UNIX, SOCK_STREAM, 0},          {"unix datagram", AF_UNIX, SOCK_DGRAM, 0},
      {"inet stream", AF_INET, SOCK_STREAM, 0},   {"inet datagram", AF_INET, SOCK_DGRAM, 0},
      {"inet6 stream", AF_INET6, SOCK_STREAM, 0}, {"inet raw", AF_INET, SOCK_RAW, IPPROTO_ICMP},
      {"inet ping", AF_INET, SOCK_DGRAM, IPPROTO_ICMP}, {"netlink", AF_NETLINK, SOCK_RAW, 0},
      {"packet", AF_PACKET, SOCK_DGRAM, 0},       {"alg", AF_ALG, SOCK_SEQPACKET, 0},
      {"vsock", AF_VSOCK, SOCK_STREAM, 0},        {"unknown", 90, SOCK_STREAM, 0},
  };
  for (unsigned i = 0; i < sizeof list / sizeof *list; i++) {
    char key[64];
    snprintf(key, sizeof key, "socket %s", list[i].name);
    int end = socket(list[i].family, list[i].type | SOCK_CLOEXEC, list[i].protocol);
    fact(key, "%s", outcome(end));
    if (end >= 0)
      close(end);
  }
  int pair[2];
  fact("socket pair", "%s", outcome(socketpair(AF_UNIX, SOCK_STREAM, 0, pair)));
}

static void interfaces(void) {
  int end = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (end < 0)
    end = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (end < 0) {
    fact("interfaces", "%s", outcome(-1));
    return;
  }
  for (int index = 1; index < 16; index++) {
    struct ifreq request = {.ifr_ifindex = index};
    if (ioctl(end, SIOCGIFNAME, &request) < 0)
      continue;
    char key[64];
    snprintf(key, sizeof key, "interface %s", request.ifr_name);
    long got = ioctl(end, SIOCGIFFLAGS, &request);
    fact(key, "%s", got < 0 ? outcome(-1) : request.ifr_flags & IFF_UP ? "up" : "down");
  }
  close(end);
}

/* Other probes may hold the port for a moment. */
static long bind_for_a_while(int end, const void *address, socklen_t size) {
  for (int tries = 0;; tries++) {
    long result = bind(end, address, size);
    if (result == 0 || errno != EADDRINUSE || tries == 200)
      return result;
    nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
  }
}

static void ports(void) {
  static const struct {
    const char *name;
    int family, type;
    unsigned short port;
  } list[] = {
      {"tcp4 80", AF_INET, SOCK_STREAM, 80},     {"tcp4 8080", AF_INET, SOCK_STREAM, 8080},
      {"tcp4 any", AF_INET, SOCK_STREAM, 0},     {"udp4 5300", AF_INET, SOCK_DGRAM, 5300},
      {"tcp6 8080", AF_INET6, SOCK_STREAM, 8081},
  };
  for (unsigned i = 0; i < sizeof list / sizeof *list; i++) {
    char key[64];
    snprintf(key, sizeof key, "bind %s", list[i].name);
    int end = socket(list[i].family, list[i].type | SOCK_CLOEXEC, 0);
    if (end < 0) {
      fact(key, "socket %s", outcome(-1));
      continue;
    }
    int one = 1;
    setsockopt(end, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(list[i].port)};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(list[i].port)};
    fact(key, "%s", outcome(list[i].family == AF_INET ? bind_for_a_while(end, &four, sizeof four)
                                                      : bind_for_a_while(end, &six, sizeof six)));
    close(end);
  }
}

static void datagrams(void) {
  static const char *const addresses[] = {"127.0.0.1", "127.0.0.2", "192.0.2.10", "192.0.2.20", "198.51.100.1"};
  for (unsigned i = 0; i < sizeof addresses / sizeof *addresses; i++) {
    char key[64];
    snprintf(key, sizeof key, "send %s", addresses[i]);
    int end = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (end < 0) {
      fact(key, "socket %s", outcome(-1));
      continue;
    }
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(7777)};
    inet_pton(AF_INET, addresses[i], &to.sin_addr);
    fact(key, "%s", outcome(sendto(end, "x", 1, 0, (void *)&to, sizeof to)));
    close(end);
  }
}

static void unix_sockets(void) {
  static const char *const names[] = {"@conform-world", "/run/world.socket", "/run/systemd/journal/stdout"};
  for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
    char key[64];
    snprintf(key, sizeof key, "connect %s", names[i]);
    int end = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (end < 0) {
      fact(key, "socket %s", outcome(-1));
      continue;
    }
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    strcpy(to.sun_path, names[i]);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(names[i]));
    if (names[i][0] == '@')
      to.sun_path[0] = 0;
    fact(key, "%s", outcome(connect(end, (void *)&to, size)));
    close(end);
  }
}

static void interprocess(void) {
  fact("shared memory of others", "%s", outcome(shmget(0x57, 4096, 0)));
  int own = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
  fact("shared memory own", "%s", outcome(own));
  if (own >= 0)
    shmctl(own, IPC_RMID, NULL);
  mqd_t queue = mq_open("/conform-world", O_RDONLY);
  fact("message queue of others", "%s", outcome(queue));
}

void network_facts(void) {
  guarded("section families", families);
  guarded("section interfaces", interfaces);
  guarded("section ports", ports);
  guarded("section datagrams", datagrams);
  guarded("section unix sockets", unix_sockets);
  guarded("section interprocess", interprocess);
}
