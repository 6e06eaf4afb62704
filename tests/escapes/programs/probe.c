// What a program finds itself in, as text: for comparing one sandbox with another.
#include "escape.h"
#include <dirent.h>
#include <grp.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>

static const char *const namespaces[] = {"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"};
enum { NAMESPACES = sizeof namespaces / sizeof *namespaces };

static unsigned long long namespace(int at) {
	char path[60];
	struct stat file;
	snprintf(path, sizeof path, "/proc/self/ns/%s", namespaces[at]);
	return stat(path, &file) == 0 ? file.st_ino : 0;
}

// The world's own namespaces, as the argument of a probe inside.
int print_namespaces(void) {
	for (int at = 0; at < NAMESPACES; at++) printf("%s%llu", at ? "," : "", namespace(at));
	puts("");
	return 0;
}

// `outside` is what print_namespaces() wrote in the world.
int probe(const char *outside) {
	char line[4096];
	struct utsname system;
	struct rlimit limit;
	gid_t groups[64];
	for (int at = 0; at < NAMESPACES; at++) {
		unsigned long long other = strtoull(outside, (char **)&outside, 10);
		if (*outside == ',') outside++;
		printf("namespace %s %s\n", namespaces[at], namespace(at) == other ? "of the host" : "its own");
	}
	FILE *status = fopen("/proc/self/status", "re");
	while (status && fgets(line, sizeof line, status))
		if (strncmp(line, "Cap", 3) == 0 || strncmp(line, "NoNew", 5) == 0 || strncmp(line, "Seccomp", 7) == 0 ||
		    strncmp(line, "Sig", 3) == 0 || strncmp(line, "Uid", 3) == 0 || strncmp(line, "Gid", 3) == 0)
			if (strncmp(line, "SigQ", 4) != 0) fputs(line, stdout);
	if (status) fclose(status);
	int count = getgroups(64, groups);
	for (int at = 0; at < count; at++) printf("group %u\n", groups[at]);
	for (int kind = 0; kind < RLIM_NLIMITS; kind++)
		if (getrlimit(kind, &limit) == 0)
			printf("limit %d %llu %llu\n", kind, (unsigned long long)limit.rlim_cur,
			       (unsigned long long)limit.rlim_max);
	mode_t mask = umask(0);
	printf("umask %o\nsecurebits %d\nnice %d\nscheduler %d\nslack %d\npersonality %d\nkeep %d\n", mask,
	       prctl(PR_GET_SECUREBITS), getpriority(PRIO_PROCESS, 0), sched_getscheduler(0), prctl(PR_GET_TIMERSLACK),
	       personality(0xffffffff), prctl(PR_GET_KEEPCAPS));
	printf("session %s\n", getsid(0) == getpid() || getsid(0) == 0 ? "leader" : "of another");
	if (uname(&system) == 0) printf("hostname %s\n", system.nodename);
	if (getcwd(line, sizeof line)) printf("folder %s\n", line);
	FILE *mounts = fopen("/proc/self/mountinfo", "re");
	char root[1024], point[1024], options[1024];
	while (mounts && fgets(line, sizeof line, mounts))
		if (sscanf(line, "%*s %*s %*s %1023s %1023s %1023s", root, point, options) == 3)
			printf("mount %s %s\n", point, options);
	if (mounts) fclose(mounts);
	for (int file = 0; file < 64; file++)
		if (fcntl(file, F_GETFD) >= 0) printf("descriptor %d\n", file);
	return 0;
}
