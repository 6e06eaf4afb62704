// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Which capabilities the kernel grants to threads that a tracer follows. A thread is followed when its parent, as the
// kernel counts parents of traced threads, is the tracer, so no list of threads is kept. Of the kernel's structures only
// what `struct state` locates is read; user space fills it in from the kernel's own type information.

typedef unsigned int u32;
typedef unsigned long long u64;

#define SECTION(name) __attribute__((section(name), used))
#define CAPABILITIES 64

// The form in which maps are declared to the loader.
struct map {
	u32 kind;
	u32 key;
	u32 value;
	u32 entries;
};

enum { HASH = 1, ARRAY = 2 };

struct state {
	u64 task_parent;
	u64 task_pid;
	u64 pid_level;
	u64 pid_numbers;
	u64 number_size;
	// Filled in by `begin`: the tracer, how deep its PID namespace is, and its number there.
	u64 tracer;
	u64 level;
	u64 number;
	// Grants that there was no room for.
	u64 lost;
};

// What one thread was granted: how often, and when first, in nanoseconds of the monotonic clock.
struct grants {
	u64 count[CAPABILITIES];
	u64 first[CAPABILITIES];
};

SECTION("maps") struct map states = { ARRAY, sizeof(u32), sizeof(struct state), 1 };
SECTION("maps") struct map none = { ARRAY, sizeof(u32), sizeof(struct grants), 1 };
SECTION("maps") struct map threads = { HASH, sizeof(u32), sizeof(struct grants), 2048 };

static void *(*lookup)(void *map, const void *key) = (void *)1;
static long (*update)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static u64 (*now)(void) = (void *)5;
static u64 (*current)(void) = (void *)35;
static long (*read_kernel)(void *to, u32 size, u64 from) = (void *)113;

static inline u64 pointer(u64 from)
{
	u64 value = 0;
	read_kernel(&value, sizeof value, from);
	return value;
}

static inline u32 word(u64 from)
{
	u32 value = 0;
	read_kernel(&value, sizeof value, from);
	return value;
}

// The number that a thread has in the PID namespace of the tracer.
static inline u32 number(const struct state *state, u64 pid)
{
	return word(pid + state->pid_numbers + state->level * state->number_size);
}

// Run once by the tracer itself.
SECTION("program/begin") int begin(u64 *arguments)
{
	u32 zero = 0;
	struct state *state = lookup(&states, &zero);
	if (!state)
		return 0;
	u64 task = current();
	u64 pid = pointer(task + state->task_pid);
	state->level = word(pid + state->pid_level);
	state->number = number(state, pid);
	state->tracer = task;
	return 0;
}

// cap_capable: credentials, the user namespace that is asked about, the one that answers, capability, result.
SECTION("program/granted") int granted(u64 *arguments)
{
	u32 zero = 0;
	struct state *state = lookup(&states, &zero);
	if (!state || !state->tracer)
		return 0;
	u64 task = current();
	if (pointer(task + state->task_parent) != state->tracer)
		return 0;
	u32 capability = arguments[3];
	int result = arguments[4];
	if (result != 0 || capability >= CAPABILITIES)
		return 0;
	u32 thread = number(state, pointer(task + state->task_pid));
	struct grants *grants = lookup(&threads, &thread);
	if (!grants) {
		struct grants *empty = lookup(&none, &zero);
		if (empty)
			update(&threads, &thread, empty, 0);
		grants = lookup(&threads, &thread);
	}
	if (!grants) {
		__sync_fetch_and_add(&state->lost, 1);
		return 0;
	}
	if (grants->count[capability] == 0)
		grants->first[capability] = now();
	grants->count[capability] += 1;
	return 0;
}
