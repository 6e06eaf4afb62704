// Ways to others over sockets, shared memory and what a process inherits.
#include "escape.h"
#include <arpa/inet.h>
#include <mqueue.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/un.h>

static socklen_t abstract(struct sockaddr_un *address) {
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	strcpy(address->sun_path + 1, "unitward-escape");
	return offsetof(struct sockaddr_un, sun_path) + 1 + strlen("unitward-escape");
}

// An abstract socket has no path that mounts could hide.
// PrivateNetwork=yes, or RestrictAddressFamilies=~AF_UNIX.
static void listen_abstract(void) {
	struct sockaddr_un address;
	socklen_t size = abstract(&address);
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	MUST(bind(listener, (struct sockaddr *)&address, size));
	MUST(listen(listener, 8));
}
static int connect_abstract(void) {
	struct sockaddr_un address;
	socklen_t size = abstract(&address);
	int client = socket(AF_UNIX, SOCK_STREAM, 0);
	TRY(client);
	TRY(connect(client, (struct sockaddr *)&address, size));
	return OUT;
}

// A socket with a path, such as the one that a container engine listens on.
// InaccessiblePaths= for it.
static void listen_path(void) {
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = WORLD "/socket"};
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	MUST(bind(listener, (struct sockaddr *)&address, sizeof address));
	MUST(listen(listener, 8));
}
static int connect_path(void) {
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = WORLD "/socket"};
	int client = socket(AF_UNIX, SOCK_STREAM, 0);
	TRY(client);
	TRY(connect(client, (struct sockaddr *)&address, sizeof address));
	return OUT;
}

// Services that trust everybody on the same machine listen on 127.0.0.1.
// IPAddressDeny=any.
static struct sockaddr_in loopback(int port) {
	return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}
static void listen_loopback(void) {
	struct sockaddr_in address = loopback(4723);
	int listener = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	MUST(bind(listener, (struct sockaddr *)&address, sizeof address));
}
static int send_loopback(void) {
	struct sockaddr_in address = loopback(4723);
	int client = socket(AF_INET, SOCK_DGRAM, 0);
	TRY(client);
	TRY(sendto(client, "x", 1, 0, (struct sockaddr *)&address, sizeof address));
	return OUT;
}

// A service takes a port that another one should have had.
// SocketBindDeny=any.
static int take_port(void) {
	struct sockaddr_in address = loopback(4724);
	int server = socket(AF_INET, SOCK_STREAM, 0);
	TRY(server);
	TRY(bind(server, (struct sockaddr *)&address, sizeof address));
	return OUT;
}

// A packet socket reads what the whole machine sends and receives.
// RestrictAddressFamilies=~AF_PACKET.
static int read_packets(void) {
	TRY(socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)));
	return OUT;
}

// System V shared memory of others is found by its key.
// PrivateIPC=yes.
enum { KEY = 0x75776573 };
static void make_segment(void) {
	int segment = shmget(KEY, 4096, IPC_CREAT | 0666);
	MUST(segment);
	char *memory = shmat(segment, NULL, 0);
	if (memory == (char *)-1) broken("shmat");
	strcpy(memory, SECRET);
}
static void drop_segment(void) {
	int segment = shmget(KEY, 0, 0);
	if (segment >= 0) shmctl(segment, IPC_RMID, NULL);
}
static int read_segment(void) {
	int segment = shmget(KEY, 0, 0);
	TRY(segment);
	char *memory = shmat(segment, NULL, SHM_RDONLY);
	if (memory == (char *)-1) return errno;
	return strcmp(memory, SECRET) == 0 ? OUT : NOTHING;
}

// Message queues of others are found by their names.
// PrivateIPC=yes.
static void make_queue(void) {
	struct mq_attr shape = {.mq_maxmsg = 1, .mq_msgsize = 16};
	MUST(mq_open("/unitward-escape", O_RDWR | O_CREAT, 0666, &shape));
}
static void drop_queue(void) { mq_unlink("/unitward-escape"); }
static int send_queue(void) {
	mqd_t queue = mq_open("/unitward-escape", O_WRONLY | O_NONBLOCK);
	TRY(queue);
	TRY(mq_send(queue, "x", 1, 0));
	return OUT;
}

// Passwords lie in the environment of who started the service.
// No directive: a service has the variables that its unit names.
static int inherited_environment(void) {
	const char *value = getenv("UNITWARD_ESCAPE_SECRET");
	return value && strcmp(value, SECRET) == 0 ? OUT : NOTHING;
}

const struct way network_ways[] = {
	{"connect-abstract", listen_abstract, connect_abstract, NULL, NULL},
	{"connect-path", listen_path, connect_path, NULL, NULL},
	{"send-loopback", listen_loopback, send_loopback, NULL, NULL},
	{"take-port", NULL, take_port, NULL, NULL},
	{"read-packets", NULL, read_packets, NULL, NULL},
	{"read-segment", make_segment, read_segment, NULL, drop_segment},
	{"send-queue", make_queue, send_queue, NULL, drop_queue},
	{"inherited-environment", NULL, inherited_environment, NULL, NULL},
	{0},
};
