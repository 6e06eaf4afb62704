// The world around an attempt: a throw-away host in namespaces of its own, with victims and secrets.
//
//   escape world [--here] [--terminal] [--keep FILE]... WAY COMMAND [ARGUMENT...]
//     runs the command, which is to start `/srv/escape try WAY` in a sandbox with standard output to
//     `/srv/report`, and prints this report, then `exit N` or `signal N` as the command ended, and `seen` or `unseen`
//     where the world can tell, then `enforcement` and the file `/srv/enforcement` if the command wrote one.
//     --here: no namespaces, for a machine that is thrown away anyhow.
//     --keep: the file is also at `/srv/NAME`, since the world covers much of the host's tree.
//     --terminal: the command has a terminal of the world as its controlling terminal.
//   escape try WAY       the attempt, inside
//   escape as UID WAY    the attempt with another user and no sandbox at all
//   escape list          the names of all ways
//   escape namespaces    the namespaces of this process, for
//   escape probe THOSE   what a program finds itself in
#include "escape.h"
#include <grp.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>

struct shared {
	volatile long treasure;
	volatile int signalled;
};
static struct shared *shared;
static int master = -1, slave = -1;

void broken(const char *step) {
	fprintf(stderr, "escape: %s: %s\n", step, strerror(errno));
	_exit(1);
}

int reads_secret(int folder, const char *path) {
	char text[sizeof SECRET] = "";
	int file = openat(folder, path, O_RDONLY | O_CLOEXEC);
	TRY(file);
	TRY(pread(file, text, sizeof text - 1, 0));
	close(file);
	return strcmp(text, SECRET) == 0 ? OUT : NOTHING;
}

void writes(const char *path, const char *text, mode_t mode) {
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	if (file < 0 || write(file, text, strlen(text)) < 0 || fchmod(file, mode) < 0) broken(path);
	close(file);
}

void writes_number(const char *path, long long number) {
	char text[30];
	snprintf(text, sizeof text, "%lld", number);
	writes(path, text, 0644);
}

long long reads_number(const char *path) {
	char text[30] = "";
	int file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0 || read(file, text, sizeof text - 1) < 0) broken(path);
	close(file);
	return atoll(text);
}

// The victim is a program of its own, so that it has an environment and a command line.
// Its memory for the treasure is shared with the world through a descriptor.
void victim_of(uid_t user) {
	int memory = memfd_create("victim", 0), ready[2];
	MUST(memory);
	MUST(ftruncate(memory, sizeof *shared));
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	if (shared == MAP_FAILED) broken("victim's memory");
	MUST(pipe(ready));
	pid_t pid = fork();
	MUST(pid);
	if (pid == 0) {
		char number[20], end[20];
		int secret = open(WORLD "/hidden/secret", O_RDONLY);
		MUST(secret);
		MUST(dup2(secret, 9));
		MUST(setgroups(0, NULL));
		MUST(setresgid(user, user, user));
		MUST(setresuid(user, user, user));
		snprintf(number, sizeof number, "%d", memory);
		snprintf(end, sizeof end, "%d", ready[1]);
		char *arguments[] = {"escape", "victim", number, end, SECRET, NULL};
		char *environment[] = {"VICTIM=" SECRET, NULL};
		execve(WORLD "/escape", arguments, environment);
		broken("victim");
	}
	close(ready[1]);
	long long address = 0;
	if (read(ready[0], &address, sizeof address) != sizeof address) broken("victim");
	close(ready[0]);
	close(memory);
	writes_number(WORLD "/victim", pid);
	writes_number(WORLD "/treasure", address);
}

static void note_signal(int number) { shared->signalled = number; }

static int victim(char **arguments) {
	int memory = atoi(arguments[0]), ready = atoi(arguments[1]);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	if (shared == MAP_FAILED) return 1;
	signal(SIGUSR1, note_signal);
	// Memory of its own, which a debugger may write; passed on below.
	static volatile long treasure;
	long long address = (long long)(uintptr_t)&treasure;
	if (write(ready, &address, sizeof address) < 0) return 1;
	close(ready);
	for (;;) {
		usleep(1000);
		shared->treasure = treasure;
	}
}

static bool within_a_second(bool (*happened)(void)) {
	for (int tries = 0; tries < 200; tries++) {
		if (happened()) return true;
		usleep(1000);
	}
	return false;
}
static bool is_changed(void) { return shared->treasure != 0; }
static bool is_signalled(void) { return shared->signalled != 0; }
bool victim_changed(void) { return within_a_second(is_changed); }
bool victim_signalled(void) { return within_a_second(is_signalled); }

void terminal(void) {
	master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	MUST(master);
	MUST(grantpt(master));
	MUST(unlockpt(master));
	char path[100];
	if (ptsname_r(master, path, sizeof path) != 0) broken("ptsname");
	slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	MUST(slave);
	struct termios mode;
	MUST(tcgetattr(slave, &mode));
	cfmakeraw(&mode);
	MUST(tcsetattr(slave, TCSANOW, &mode));
	MUST(chmod(path, 0666));
	writes(WORLD "/terminal", path, 0644);
}
static bool has_input(void) {
	int count = 0;
	return ioctl(slave, FIONREAD, &count) == 0 && count > 0;
}
bool terminal_has_input(void) { return within_a_second(has_input); }

static const struct way *find(const char *name) {
	const struct way *all[] = {path_ways, process_ways, privilege_ways, call_ways, kernel_ways, memory_ways,
				   network_ways};
	for (size_t group = 0; group < sizeof all / sizeof *all; group++)
		for (const struct way *way = all[group]; way->name; way++)
			if (!name) puts(way->name);
			else if (strcmp(way->name, name) == 0) return way;
	return NULL;
}

// Straight to the descriptor: a signal must not take away what was said.
static void say(const char *text) {
	if (write(STDOUT_FILENO, text, strlen(text)) < 0) _exit(1);
}

static int attempt(const char *name) {
	const struct way *way = find(name);
	if (!way) return 1;
	struct rlimit none = {0, 0};
	setrlimit(RLIMIT_CORE, &none);
	say("started\n");
	char text[40];
	snprintf(text, sizeof text, "result %d\n", way->attempt());
	say(text);
	return 0;
}

static void loopback_up(void) {
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int handle = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (handle >= 0) ioctl(handle, SIOCSIFFLAGS, &request);
	close(handle);
}

// A file system in memory at the place, as the host's own would be: devices and set-user-ID programs work.
static void fresh(const char *place, const char *mode) { MUST(mount("tmpfs", place, "tmpfs", 0, mode)); }

static void copy(int from, const char *path) {
	char block[65536];
	ssize_t size;
	int to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	MUST(to);
	MUST(lseek(from, 0, SEEK_SET));
	while ((size = read(from, block, sizeof block)) > 0) MUST(write(to, block, size));
	MUST(fchmod(to, 0755));
	close(to);
}

// Binds a file into the world, since its own path may lie in a folder that the world covers.
static void keep(const char *file) {
	char from[50], to[300];
	int handle = open(file, O_PATH | O_CLOEXEC);
	if (handle < 0) broken(file);
	const char *name = strrchr(file, '/');
	snprintf(from, sizeof from, "/proc/self/fd/%d", handle);
	snprintf(to, sizeof to, WORLD "/%s", name ? name + 1 : file);
	writes(to, "", 0755);
	MUST(mount(from, to, NULL, MS_BIND, NULL));
}

static void furnish(void) {
	fresh("/var/tmp", "mode=1777");
	fresh("/home", "mode=755");
	int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	MUST(self);
	copy(self, WORLD "/escape");
	MUST(mkdir(WORLD "/hidden", 0755));
	writes(WORLD "/hidden/secret", SECRET, 0644);
	MUST(mkdir(WORLD "/open", 0777));
	MUST(chmod(WORLD "/open", 0777));
	MUST(mkdir(WORLD "/root", 0755));
	// The same path inside: without a mount namespace systemd looks for the program before it changes the root.
	MUST(mkdir(WORLD "/root" WORLD, 0755));
	copy(self, WORLD "/root" WORLD "/escape");
	close(self);
}

// What programs of the host would change besides; a container that is thrown away has its own.
static void furnish_apart(void) {
	MUST(mkdir(WORLD "/etc", 0755));
	MUST(mkdir(WORLD "/work", 0755));
	MUST(mount("overlay", "/etc", "overlay", 0, "lowerdir=/etc,upperdir=" WORLD "/etc,workdir=" WORLD "/work"));
	MUST(mount("devpts", "/dev/pts", "devpts", 0, "newinstance,ptmxmode=0666,mode=620"));
	fresh("/dev/shm", "mode=1777");
	fresh("/tmp", "mode=1777");
	fresh("/run", "mode=755");
	fresh("/var/lib", "mode=755");
	fresh("/var/cache", "mode=755");
	fresh("/var/log", "mode=755");
	loopback_up();
}

static void print_report(int from) {
	char text[65536];
	ssize_t size;
	while ((size = read(from, text, sizeof text)) > 0) fwrite(text, 1, size, stdout);
}

enum { KEPT = 8 };

struct options {
	bool here, with_terminal;
	const char *kept[KEPT];
};

static int world(const struct options *options, char **words) {
	bool here = options->here, with_terminal = options->with_terminal;
	const struct way *way = find(words[0]);
	if (!way || !words[1]) return 1;
	struct rlimit none = {0, 0};
	setrlimit(RLIMIT_CORE, &none);
	fresh(WORLD, "mode=755");
	for (int at = 0; at < KEPT && options->kept[at]; at++) keep(options->kept[at]);
	furnish();
	if (!here) furnish_apart();
	if (way->before) way->before();
	int report = open(WORLD "/report", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	MUST(report);
	int inherited = open(WORLD "/hidden", O_PATH | O_DIRECTORY);
	MUST(inherited);
	MUST(setenv("UNITWARD_ESCAPE_SECRET", SECRET, 1));
	MUST(chdir("/"));
	pid_t pid = fork();
	MUST(pid);
	if (pid == 0) {
		if (with_terminal) {
			MUST(setsid());
			MUST(ioctl(slave, TIOCSCTTY, 0));
			for (int stream = 0; stream < 3; stream++) MUST(dup2(slave, stream));
		} else MUST(dup2(report, STDOUT_FILENO));
		execvp(words[1], words + 1);
		broken(words[1]);
	}
	// As the first process it also takes in what others leave.
	int status;
	pid_t ended;
	while ((ended = waitpid(-1, &status, 0)) != pid)
		if (ended < 0 && errno != EINTR) broken("waitpid");
	if (with_terminal) MUST(fcntl(master, F_SETFL, O_NONBLOCK));
	else MUST(lseek(report, 0, SEEK_SET));
	print_report(with_terminal ? master : report);
	if (WIFEXITED(status)) printf("exit %d\n", WEXITSTATUS(status));
	else printf("signal %d\n", WTERMSIG(status));
	if (way->outside) puts(way->outside() ? "seen" : "unseen");
	int enforcement = open(WORLD "/enforcement", O_RDONLY | O_CLOEXEC);
	if (enforcement >= 0) {
		puts("enforcement");
		print_report(enforcement);
	}
	fflush(stdout);
	if (way->after) way->after();
	if (here) {
		umount2("/home", MNT_DETACH);
		umount2("/var/tmp", MNT_DETACH);
		umount2(WORLD "/point", MNT_DETACH);
		umount2(WORLD, MNT_DETACH);
		unlink("/etc/unitward-escape");
	}
	return 0;
}

// Becomes the first process of new namespaces; the process outside passes its end on.
static int apart(const struct options *options, char **words) {
	MUST(unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET));
	pid_t pid = fork();
	MUST(pid);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		MUST(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
		MUST(mount("proc", "/proc", "proc", 0, NULL));
		// As a host is to its services: what is mounted here reaches every namespace made from this one.
		MUST(mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL));
		_exit(world(options, words));
	}
	int status;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR) broken("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int count, char **words) {
	if (count == 2 && strcmp(words[1], "list") == 0) {
		find(NULL);
		return 0;
	}
	if (count >= 5 && strcmp(words[1], "victim") == 0) return victim(words + 2);
	if (count >= 3 && strcmp(words[1], "try") == 0) return attempt(words[2]);
	if (count == 4 && strcmp(words[1], "as") == 0) {
		uid_t user = atoi(words[2]);
		MUST(setgroups(0, NULL));
		MUST(setresgid(user, user, user));
		MUST(setresuid(user, user, user));
		return attempt(words[3]);
	}
	if (count >= 4 && strcmp(words[1], "world") == 0) {
		struct options options = {0};
		char **rest = words + 2;
		for (int kept = 0; *rest && strncmp(*rest, "--", 2) == 0; rest++) {
			options.here |= strcmp(*rest, "--here") == 0;
			options.with_terminal |= strcmp(*rest, "--terminal") == 0;
			if (strcmp(*rest, "--keep") == 0 && rest[1] && kept < KEPT) options.kept[kept++] = *++rest;
		}
		if (!*rest) return 1;
		return options.here ? world(&options, rest) : apart(&options, rest);
	}
	if (count == 2 && strcmp(words[1], "namespaces") == 0) return print_namespaces();
	if (count == 3 && strcmp(words[1], "probe") == 0) return probe(words[2]);
	fprintf(stderr, "usage: escape world|try|as|list ...\n");
	return 1;
}
