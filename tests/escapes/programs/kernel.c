// Ways into the kernel and the settings of the whole machine. Each writes back what was there, or asks for nothing.
#include "escape.h"
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/timex.h>

static int write_back(const char *path) {
	char text[4096];
	int from = open(path, O_RDONLY);
	TRY(from);
	ssize_t size = read(from, text, sizeof text);
	TRY(size);
	int to = open(path, O_WRONLY);
	TRY(to);
	TRY(write(to, size > 0 ? text : "\n", size > 0 ? size : 1));
	return OUT;
}

// The kernel starts the program that core_pattern names, as root and outside, when a process dumps core.
// ProtectKernelTunables=yes.
static int core_pattern(void) { return write_back("/proc/sys/kernel/core_pattern"); }

// Any other variable of the kernel.
// ProtectKernelTunables=yes.
static int sysctl(void) { return write_back("/proc/sys/kernel/printk"); }

// A second proc file system has no read-only mounts on it.
// SystemCallFilter=~@mount or CapabilityBoundingSet=~CAP_SYS_ADMIN beside ProtectKernelTunables=yes.
static int second_proc(void) {
	TRY(mount("proc", WORLD "/point", "proc", 0, NULL));
	int result = write_back(WORLD "/point/sys/kernel/core_pattern");
	umount2(WORLD "/point", MNT_DETACH);
	return result;
}
static void make_point(void) { MUST(mkdir(WORLD "/point", 0755)); }

// Settings of devices and of the kernel below /sys.
// ProtectKernelTunables=yes.
static int sysfs(void) {
	int file = open("/sys/kernel/mm/transparent_hugepage/khugepaged/defrag", O_WRONLY);
	if (file < 0 && errno == ENOENT) file = open("/sys/kernel/profiling", O_WRONLY);
	TRY(file);
	return OUT;
}

// An interpreter that root will run is registered for a kind of programs.
// ProtectKernelTunables=yes.
static void mount_binfmt(void) {
	if (access("/proc/sys/fs/binfmt_misc/register", F_OK) == 0) return;
	mount("binfmt_misc", "/proc/sys/fs/binfmt_misc", "binfmt_misc", 0, NULL);
}
static int binfmt(void) {
	TRY(open("/proc/sys/fs/binfmt_misc/register", O_WRONLY));
	return OUT;
}

// Finds the mount point of the root of a hierarchy of control groups that has the file.
static int hierarchy(const char *type, const char *file, char *path, size_t size) {
	char line[8192], root[1024], point[1024];
	int found = ENOENT;
	FILE *mounts = fopen("/proc/self/mountinfo", "re");
	if (!mounts) return errno;
	while (found == ENOENT && fgets(line, sizeof line, mounts)) {
		char *kind = strstr(line, " - ");
		if (!kind || strncmp(kind + 3, type, strlen(type)) != 0 || kind[3 + strlen(type)] != ' ') continue;
		if (sscanf(line, "%*s %*s %*s %1023s %1023s", root, point) != 2 || strcmp(root, "/") != 0) continue;
		snprintf(path, size, "%s/%s", point, file);
		if (access(path, F_OK) == 0) found = 0;
	}
	fclose(mounts);
	return found;
}

// The kernel starts the program that release_agent names, as root and outside, when a control group becomes empty.
// ProtectControlGroups=yes.
static int release_agent(void) {
	char path[2100];
	int error = hierarchy("cgroup", "release_agent", path, sizeof path);
	return error ? error : write_back(path);
}

// A process moves itself to the root of the control groups, where no limit of the service holds.
// ProtectControlGroups=yes.
static int leave_group(void) {
	char path[2100];
	int error = hierarchy("cgroup2", "cgroup.procs", path, sizeof path);
	if (error) return error;
	int file = open(path, O_WRONLY);
	TRY(file);
	TRY(write(file, "0", 1));
	return OUT;
}

// The clock of the machine is set.
// ProtectClock=yes.
static int set_clock(void) {
	struct timex now = {0};
	if (syscall(SYS_clock_adjtime, 0, &now) < 0) return errno;
	now.modes = ADJ_TICK;
	TRY(syscall(SYS_clock_adjtime, 0, &now));
	return OUT;
}

// The name of the machine is set.
// ProtectHostname=yes.
static void name_host(void) { MUST(sethostname("before", 6)); }
static int set_hostname(void) {
	TRY(sethostname("changed", 7));
	return OUT;
}
static bool hostname_is_changed(void) {
	char name[100] = "";
	gethostname(name, sizeof name - 1);
	return strcmp(name, "changed") == 0;
}

// The kernel's messages tell addresses and what other services do.
// ProtectKernelLogs=yes.
static int read_kernel_log(void) {
	char text[256];
	TRY(klogctl(3, text, sizeof text));
	return OUT;
}
static int open_kmsg(void) {
	char text[8192];
	int file = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	TRY(file);
	TRY(read(file, text, sizeof text));
	return OUT;
}

// A module is loaded into the kernel. Nothing is: the descriptor is none.
// ProtectKernelModules=yes.
static int load_module(void) {
	if (syscall(SYS_finit_module, -1, "", 0) == 0 || errno == EBADF || errno == ENOEXEC) return OUT;
	return errno;
}

// Another kernel is put in place of this one. None is: the list of segments is empty and the flags are wrong.
// CapabilityBoundingSet=~CAP_SYS_BOOT.
static int load_kernel(void) {
	if (syscall(SYS_kexec_load, 0, 17, NULL, ~0UL) == 0 || errno == EINVAL) return OUT;
	return errno;
}

// Programs of the service run in the kernel.
// SystemCallFilter=~bpf, or CapabilityBoundingSet=~CAP_SYS_ADMIN CAP_BPF.
static int bpf_map(void) {
	union bpf_attr map = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};
	TRY(syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof map));
	return OUT;
}

// Counters watch what the processor does for others.
// SystemCallFilter=~@debug.
static int count_events(void) {
	struct perf_event_attr event = {.type = PERF_TYPE_SOFTWARE, .size = sizeof event,
					.config = PERF_COUNT_SW_CONTEXT_SWITCHES};
	TRY(syscall(SYS_perf_event_open, &event, -1, 0, -1, 0));
	return OUT;
}

// Page faults in user space hold the kernel up at a chosen moment, which makes races of the kernel easy to win.
// SystemCallFilter=~userfaultfd.
static int handle_faults(void) {
	TRY(syscall(SYS_userfaultfd, O_CLOEXEC));
	return OUT;
}

// Ports of the hardware are used past the kernel.
// PrivateDevices=yes.
static int use_ports(void) {
#if defined(__x86_64__) || defined(__i386__)
	TRY(ioperm(0x80, 1, 1));
	return OUT;
#else
	return ENOSYS;
#endif
}

// A node for a disk is made and opened, wherever devices are allowed.
// PrivateDevices=yes.
static int make_disk(void) {
	TRY(mknod(WORLD "/open/disk", S_IFBLK | 0600, makedev(7, 0)));
	TRY(open(WORLD "/open/disk", O_RDONLY | O_NONBLOCK));
	return OUT;
}

// A node for a disk that lies about somewhere is opened.
// DevicePolicy=closed.
static void leave_disk(void) { MUST(mknod(WORLD "/disk", S_IFBLK | 0666, makedev(7, 0))); }
static int open_disk(void) {
	TRY(open(WORLD "/disk", O_RDONLY | O_NONBLOCK));
	return OUT;
}

// The memory of the machine is a device.
// PrivateDevices=yes.
static int open_memory(void) {
	TRY(open("/dev/mem", O_RDONLY));
	return OUT;
}

// A personality takes protections such as the random layout of addresses off programs.
// LockPersonality=yes.
static int change_personality(void) {
	TRY(personality(ADDR_NO_RANDOMIZE));
	return OUT;
}

// A real-time process takes the processor from everybody else.
// RestrictRealtime=yes.
static int real_time(void) {
	struct sched_param parameter = {.sched_priority = 1};
	TRY(sched_setscheduler(0, SCHED_FIFO, &parameter));
	return OUT;
}

// Keys of other services of the same user are found through the keyring that they share.
// KeyringMode=private.
enum { SEARCH = 10, READ = 11, UNLINK = 9, TIMEOUT = 15, PROCESS = -2, SESSION = -3, USER = -4 };
static void add_key(const char *name) {
	long key = syscall(SYS_add_key, "user", name, SECRET, strlen(SECRET), USER);
	MUST(key);
	syscall(SYS_keyctl, TIMEOUT, key, 300);
}
static void drop_key(const char *name) {
	long key = syscall(SYS_keyctl, SEARCH, USER, "user", name, 0);
	if (key > 0) syscall(SYS_keyctl, UNLINK, key, USER);
}
// The found key is linked to a keyring of the process: only keys that a process possesses can be read.
static int reads_key(long keyring, const char *name) {
	char text[sizeof SECRET] = "";
	long key = syscall(SYS_keyctl, SEARCH, keyring, "user", name, PROCESS);
	TRY(key);
	TRY(syscall(SYS_keyctl, READ, key, text, sizeof text - 1));
	return strcmp(text, SECRET) == 0 ? OUT : NOTHING;
}
static void add_session_key(void) { add_key("unitward-session"); }
static void drop_session_key(void) { drop_key("unitward-session"); }
static int session_keyring(void) { return reads_key(SESSION, "unitward-session"); }

// The keyring of the user itself is always at hand.
// SystemCallFilter=~@keyring.
static void add_user_key(void) { add_key("unitward-user"); }
static void drop_user_key(void) { drop_key("unitward-user"); }
static int user_keyring(void) { return reads_key(USER, "unitward-user"); }

const struct way kernel_ways[] = {
	{"core-pattern", NULL, core_pattern, NULL, NULL},
	{"sysctl", NULL, sysctl, NULL, NULL},
	{"second-proc", make_point, second_proc, NULL, NULL},
	{"sysfs", NULL, sysfs, NULL, NULL},
	{"binfmt", mount_binfmt, binfmt, NULL, NULL},
	{"release-agent", NULL, release_agent, NULL, NULL},
	{"leave-group", NULL, leave_group, NULL, NULL},
	{"set-clock", NULL, set_clock, NULL, NULL},
	{"set-hostname", name_host, set_hostname, hostname_is_changed, NULL},
	{"read-kernel-log", NULL, read_kernel_log, NULL, NULL},
	{"open-kmsg", NULL, open_kmsg, NULL, NULL},
	{"load-module", NULL, load_module, NULL, NULL},
	{"load-kernel", NULL, load_kernel, NULL, NULL},
	{"bpf-map", NULL, bpf_map, NULL, NULL},
	{"count-events", NULL, count_events, NULL, NULL},
	{"handle-faults", NULL, handle_faults, NULL, NULL},
	{"use-ports", NULL, use_ports, NULL, NULL},
	{"make-disk", NULL, make_disk, NULL, NULL},
	{"open-disk", leave_disk, open_disk, NULL, NULL},
	{"open-memory", NULL, open_memory, NULL, NULL},
	{"change-personality", NULL, change_personality, NULL, NULL},
	{"real-time", NULL, real_time, NULL, NULL},
	{"session-keyring", add_session_key, session_keyring, NULL, drop_session_key},
	{"user-keyring", add_user_key, user_keyring, NULL, drop_user_key},
	{0},
};
