// Ways to execute code that was written at run time.
#include "escape.h"
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>

// Code that returns 42.
#if defined(__x86_64__) || defined(__i386__)
static const unsigned char code[] = {0xb8, 42, 0, 0, 0, 0xc3};
#elif defined(__aarch64__)
static const uint32_t code[] = {0x52800540, 0xd65f03c0};
#elif defined(__riscv)
static const uint32_t code[] = {0x02a00513, 0x00008067};
#else
#define NO_CODE
static const unsigned char code[] = {0};
#endif

static int runs(void *memory) {
#ifdef NO_CODE
	(void)memory;
	return ENOSYS;
#else
	int (*function)(void);
	memcpy(&function, &memory, sizeof function);
	__builtin___clear_cache(memory, (char *)memory + sizeof code);
	return function() == 42 ? OUT : NOTHING;
#endif
}
#define MAPPED(memory) do { if ((memory) == MAP_FAILED) return errno; } while (0)

// Memory that is writable and executable at once.
// MemoryDenyWriteExecute=yes.
static int wx_map(void) {
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MAPPED(memory);
	memcpy(memory, code, sizeof code);
	return runs(memory);
}

// Memory is written first and made executable afterwards.
// MemoryDenyWriteExecute=yes.
static int wx_mprotect(void) {
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MAPPED(memory);
	memcpy(memory, code, sizeof code);
	TRY(mprotect(memory, 4096, PROT_READ | PROT_EXEC));
	return runs(memory);
}

// The same by the call for protection keys, with no key.
// MemoryDenyWriteExecute=yes.
static int wx_pkey(void) {
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MAPPED(memory);
	memcpy(memory, code, sizeof code);
	TRY(syscall(SYS_pkey_mprotect, memory, 4096, PROT_READ | PROT_EXEC, -1));
	return runs(memory);
}

// The code is written into a file in memory, which is mapped a second time as executable.
// SystemCallFilter=~memfd_create; MemoryDenyWriteExecute= alone does not see it.
static int wx_memfd(void) {
	int file = memfd_create("code", 0);
	TRY(file);
	TRY(write(file, code, sizeof code));
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
	MAPPED(memory);
	return runs(memory);
}

// The same with a file in /dev/shm.
// NoExecPaths=/dev/shm.
static int wx_dev_shm(void) {
	int file = open("/dev/shm/unitward-escape", O_RDWR | O_CREAT | O_TRUNC, 0600);
	TRY(file);
	unlink("/dev/shm/unitward-escape");
	TRY(write(file, code, sizeof code));
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
	MAPPED(memory);
	return runs(memory);
}

// The kernel itself overwrites read-only code of the process through /proc/self/mem.
// ReadOnlyPaths=/proc.
static __attribute__((noinline, aligned(64))) int answer(void) {
	__asm__ volatile("nop; nop; nop; nop; nop; nop; nop; nop");
	return 1;
}
static int wx_self_mem(void) {
	int (*volatile function)(void) = answer;
	int memory = open("/proc/self/mem", O_RDWR);
	TRY(memory);
	TRY(pwrite(memory, code, sizeof code, (off_t)(uintptr_t)function));
	return runs((void *)(uintptr_t)function);
}

// A System V shared memory segment is attached as executable.
// MemoryDenyWriteExecute=yes.
static int wx_shm(void) {
	int segment = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0700);
	TRY(segment);
	void *memory = shmat(segment, NULL, SHM_EXEC);
	int error = errno;
	shmctl(segment, IPC_RMID, NULL);
	if (memory == (void *)-1) return error;
	memcpy(memory, code, sizeof code);
	return runs(memory);
}

const struct way memory_ways[] = {
	{"wx-map", NULL, wx_map, NULL, NULL},
	{"wx-mprotect", NULL, wx_mprotect, NULL, NULL},
	{"wx-pkey", NULL, wx_pkey, NULL, NULL},
	{"wx-memfd", NULL, wx_memfd, NULL, NULL},
	{"wx-dev-shm", NULL, wx_dev_shm, NULL, NULL},
	{"wx-self-mem", NULL, wx_self_mem, NULL, NULL},
	{"wx-shm", NULL, wx_shm, NULL, NULL},
	{0},
};
