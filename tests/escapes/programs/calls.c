// Ways around system call filters.
#include "escape.h"
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

static bool new_folder(void) { return access(WORLD "/open/new", F_OK) == 0; }

#if defined(__x86_64__)
// Calls the 32-bit entry: the same numbers mean other calls there.
static long call_32(long number, long first, long second) {
	long result;
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(first), "c"(second)
			 : "memory", "r8", "r9", "r10", "r11");
	if (result < 0 && result > -4096) {
		errno = -result;
		return -1;
	}
	return result;
}
static void *low(size_t size) {
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	return memory == MAP_FAILED ? NULL : memory;
}

// A call that a filter forbids by its number is made by the number of the 32-bit architecture.
// SystemCallFilter=~mkdir answers for every architecture, and SystemCallArchitectures=native forbids the others.
static int call_i386(void) {
	char *path = low(4096);
	if (!path) return BROKEN;
	strcpy(path, WORLD "/open/new");
	TRY(call_32(39, (long)path, 0755));
	return OUT;
}

// socketcall(2) of i386 takes the address family from memory, where a filter cannot read it.
// SystemCallArchitectures=native beside RestrictAddressFamilies=.
static int socketcall_i386(void) {
	uint32_t *arguments = low(4096);
	if (!arguments) return BROKEN;
	arguments[0] = AF_UNIX;
	arguments[1] = SOCK_STREAM;
	TRY(call_32(102, 1, (long)arguments));
	return OUT;
}

// The x32 numbers are those of x86-64 with one more bit.
// SystemCallFilter=~mkdir answers for every architecture.
static int call_x32(void) {
	TRY(syscall(0x40000000 | SYS_mkdir, WORLD "/open/new", 0755));
	return OUT;
}
#else
static int call_i386(void) { return ENOSYS; }
static int socketcall_i386(void) { return ENOSYS; }
static int call_x32(void) { return ENOSYS; }
#endif

// A plain forbidden call, for comparison.
// SystemCallFilter=~mkdir.
static int call_native(void) {
	TRY(syscall(SYS_mkdirat, AT_FDCWD, WORLD "/open/new", 0755));
	return OUT;
}

// The requests of an io_uring are no system calls: the filter does not see the socket being made.
// SystemCallFilter=~@aio beside RestrictAddressFamilies=.
static int uring_socket(void) {
	struct io_uring_params set = {0};
	int ring = syscall(SYS_io_uring_setup, 1, &set);
	TRY(ring);
	size_t size = set.sq_off.array + set.sq_entries * sizeof(uint32_t);
	size_t other = set.cq_off.cqes + set.cq_entries * sizeof(struct io_uring_cqe);
	if (other > size) size = other;
	char *rings = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
	struct io_uring_sqe *request = mmap(NULL, set.sq_entries * sizeof *request, PROT_READ | PROT_WRITE, MAP_SHARED,
					    ring, IORING_OFF_SQES);
	if (rings == MAP_FAILED || request == MAP_FAILED) return errno;
	*request = (struct io_uring_sqe){.opcode = IORING_OP_SOCKET, .fd = AF_UNIX, .off = SOCK_STREAM};
	*(uint32_t *)(rings + set.sq_off.array) = 0;
	__atomic_fetch_add((uint32_t *)(rings + set.sq_off.tail), 1, __ATOMIC_RELEASE);
	TRY(syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0));
	struct io_uring_cqe *answer = (void *)(rings + set.cq_off.cqes);
	return answer->res < 0 ? -answer->res : OUT;
}

// An io_uring opens much of the kernel to a service that needs none of it.
// SystemCallFilter=~@aio.
static int uring_setup(void) {
	struct io_uring_params set = {0};
	TRY(syscall(SYS_io_uring_setup, 1, &set));
	return OUT;
}

const struct way call_ways[] = {
	{"call-native", NULL, call_native, new_folder, NULL},
	{"call-i386", NULL, call_i386, new_folder, NULL},
	{"socketcall-i386", NULL, socketcall_i386, NULL, NULL},
	{"call-x32", NULL, call_x32, new_folder, NULL},
	{"uring-setup", NULL, uring_setup, NULL, NULL},
	{"uring-socket", NULL, uring_socket, NULL, NULL},
	{0},
};
