/*
 * world [--init] UPPER-SIZE TREE SHARED CGROUP LIMIT COMMAND [ARGUMENT ...]
 *
 * Runs COMMAND as process 1 of a container over a throw-away copy of TREE: own mount, process, network, host name,
 * IPC and cgroup namespaces. SHARED, a folder of the machine, is at /conform. CGROUP is a folder of the cgroup v2
 * hierarchy of the machine in which a group for the container is made, or `-` for none. LIMIT is the time in seconds
 * after which the container is ended. With --init, a small process 1 starts COMMAND and collects orphans.
 *
 * Ends with the status of COMMAND; 124 at the time limit, 125 when the container could not be made.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/if_tun.h>
#include <mqueue.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *const root = "/run/conform-world";

static void fail(const char *step, const char *what) {
  dprintf(STDERR_FILENO, "world: %s %s: %s\n", step, what, strerrordesc_np(errno));
  _exit(125);
}

static const char *below(const char *path) {
  static char text[4096];
  snprintf(text, sizeof text, "%s%s", root, path);
  return text;
}

static void write_file(const char *path, const char *text) {
  int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0 || write(file, text, strlen(text)) < 0)
    fail("write", path);
  close(file);
}

static void mount_at(const char *source, const char *path, const char *type, unsigned long flags, const char *options) {
  mkdir(below(path), 0755);
  if (mount(source, below(path), type, flags, options) < 0)
    fail("mount", path);
}

static void read_only(const char *path) {
  mount_at(below(path), path, NULL, MS_BIND, NULL);
  if (mount(NULL, below(path), NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
    fail("make read-only", path);
}

static void device_nodes(void) {
  static const struct {
    const char *path;
    mode_t mode;
    unsigned major, minor;
  } nodes[] = {
      {"/dev/null", S_IFCHR | 0666, 1, 3},   {"/dev/zero", S_IFCHR | 0666, 1, 5},  {"/dev/full", S_IFCHR | 0666, 1, 7},
      {"/dev/random", S_IFCHR | 0666, 1, 8}, {"/dev/urandom", S_IFCHR | 0666, 1, 9}, {"/dev/tty", S_IFCHR | 0666, 5, 0},
      {"/dev/kmsg", S_IFCHR | 0644, 1, 11},  {"/dev/mem", S_IFCHR | 0640, 1, 1},   {"/dev/port", S_IFCHR | 0640, 1, 4},
      {"/dev/fuse", S_IFCHR | 0666, 10, 229}, {"/dev/net/tun", S_IFCHR | 0666, 10, 200}, {"/dev/rtc0", S_IFCHR | 0600, 250, 0},
      {"/dev/loop7", S_IFBLK | 0660, 7, 7},  {"/dev/loop-control", S_IFCHR | 0660, 10, 237}, {"/dev/kvm", S_IFCHR | 0660, 10, 232},
  };
  mkdir(below("/dev/net"), 0755);
  umask(0);
  for (unsigned i = 0; i < sizeof nodes / sizeof *nodes; i++)
    if (mknod(below(nodes[i].path), nodes[i].mode, makedev(nodes[i].major, nodes[i].minor)) < 0)
      fail("make device", nodes[i].path);
  umask(0022);
  static const char *const links[][2] = {{"pts/ptmx", "/dev/ptmx"}, {"/proc/self/fd", "/dev/fd"},
                                         {"/proc/self/fd/0", "/dev/stdin"}, {"/proc/self/fd/1", "/dev/stdout"},
                                         {"/proc/self/fd/2", "/dev/stderr"}, {"/proc/kcore", "/dev/core"},
                                         {"/run/systemd/journal/dev-log", "/dev/log"}};
  for (unsigned i = 0; i < sizeof links / sizeof *links; i++)
    if (symlink(links[i][0], below(links[i][1])) < 0)
      fail("link", links[i][1]);
}

static void file_systems(const char *size, const char *tree, const char *shared, int cgroups) {
  char options[8192];
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
    fail("make private", "/");
  /* The writable layer lives in memory and goes with the namespace. */
  snprintf(options, sizeof options, "size=%s,mode=755", size);
  mkdir(root, 0755);
  if (mount("tmpfs", root, "tmpfs", 0, options) < 0)
    fail("mount", root);
  mkdir(below("/upper"), 0755);
  mkdir(below("/work"), 0755);
  snprintf(options, sizeof options, "lowerdir=%s,upperdir=%s/upper,workdir=%s/work", tree, root, root);
  if (mount("overlay", root, "overlay", 0, options) < 0)
    fail("mount overlay of", tree);
  mount_at("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
  read_only("/proc/sys");
  mount_at("/proc/sys/net", "/proc/sys/net", NULL, MS_BIND, NULL);
  mount_at("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, NULL);
  if (cgroups)
    mount_at("cgroup2", "/sys/fs/cgroup", "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
  mount_at("tmpfs", "/dev", "tmpfs", MS_NOSUID | MS_STRICTATIME, "mode=755,size=4m");
  device_nodes();
  mount_at("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,mode=620,ptmxmode=666,gid=5");
  mount_at("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777");
  mount_at("mqueue", "/dev/mqueue", "mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
  mount_at("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV | MS_STRICTATIME, "mode=755");
  /* systemd 252 would mount it, 257 does not. */
  mount_at("tmpfs", "/run/lock", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=1777,size=5m");
  mount_at("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777");
  mount_at(shared, "/conform", NULL, MS_BIND, NULL);
  if (chdir(root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
    fail("pivot to", root);
  if (mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL) < 0)
    fail("share", "/");
}

static void network(void) {
  int end = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING};
  if (end < 0 || ioctl(end, SIOCSIFFLAGS, &request) < 0)
    fail("raise", "lo");
  /* A way out that leads nowhere, 192.0.2.1/24. Without it some sends fail in another way, on both sides. */
  int tunnel = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
  struct ifreq outward = {.ifr_name = "out0", .ifr_flags = IFF_TUN | IFF_NO_PI};
  if (tunnel >= 0 && ioctl(tunnel, TUNSETIFF, &outward) == 0) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    inet_pton(AF_INET, "192.0.2.1", &address.sin_addr);
    memcpy(&outward.ifr_addr, &address, sizeof address);
    ioctl(end, SIOCSIFADDR, &outward);
    inet_pton(AF_INET, "255.255.255.0", &address.sin_addr);
    memcpy(&outward.ifr_netmask, &address, sizeof address);
    ioctl(end, SIOCSIFNETMASK, &outward);
    outward.ifr_flags = IFF_UP | IFF_RUNNING;
    ioctl(end, SIOCSIFFLAGS, &outward);
  }
  close(end);
}

static void furnish(void) {
  pid_t child = fork();
  if (child == 0) {
    execl("/bin/sh", "sh", "-eu", "/conform/furnish", NULL);
    fail("run", "/bin/sh");
  }
  int status;
  if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0) {
    errno = ECHILD;
    fail("run", "/conform/furnish");
  }
}

static void listen_at(int poller, const char *name, int type) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strcpy(address.sun_path, name);
  socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
  if (name[0] == '@')
    address.sun_path[0] = 0;
  int end = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
  if (end < 0 || bind(end, (void *)&address, size) < 0 || (type == SOCK_STREAM && listen(end, 4096) < 0))
    fail("listen at", name);
  if (name[0] != '@')
    chmod(name, 0666);
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = (uint64_t)end | (type == SOCK_STREAM ? 1ULL << 32 : 0)};
  epoll_ctl(poller, EPOLL_CTL_ADD, end, &event);
}

/* Somebody else in the world: has sockets, a shared memory segment and a message queue, and reads what it is sent. */
static void neighbour(int go, int ready) {
  prctl(PR_SET_NAME, "neighbour");
  char byte;
  if (read(go, &byte, 1) != 1)
    _exit(1);
  setsid();
  int poller = epoll_create1(EPOLL_CLOEXEC);
  listen_at(poller, "@conform-world", SOCK_STREAM);
  listen_at(poller, "/run/world.socket", SOCK_STREAM);
  listen_at(poller, "/run/systemd/journal/stdout", SOCK_STREAM);
  listen_at(poller, "/run/systemd/journal/socket", SOCK_DGRAM);
  listen_at(poller, "/run/systemd/journal/dev-log", SOCK_DGRAM);
  int port = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(7777)};
  if (port < 0 || bind(port, (void *)&address, sizeof address) < 0)
    fail("bind", "port 7777");
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = (uint64_t)port};
  epoll_ctl(poller, EPOLL_CTL_ADD, port, &event);
  if (shmget(0x57, 4096, IPC_CREAT | 0666) < 0 || mq_open("/conform-world", O_CREAT | O_RDWR, 0666, NULL) < 0)
    fail("make", "shared memory and message queue");
  if (write(ready, "r", 1) < 0)
    _exit(1);
  close(ready);
  for (;;) {
    if (epoll_wait(poller, &event, 1, -1) < 1)
      continue;
    int end = (int)(uint32_t)event.data.u64;
    if (event.data.u64 >> 32) {
      int peer = accept4(end, NULL, NULL, SOCK_CLOEXEC);
      struct epoll_event more = {.events = EPOLLIN, .data.u64 = (uint64_t)peer};
      if (peer >= 0)
        epoll_ctl(poller, EPOLL_CTL_ADD, peer, &more);
      continue;
    }
    char buffer[4096];
    ssize_t got = recv(end, buffer, sizeof buffer, 0);
    if (got == 0 && end != port && event.events & EPOLLHUP)
      close(end);
  }
}

/* The ends to start it with, and to hear that it is there. */
static int start, started;

/* First of all, so that its number is 2 in every world; it waits until the files are there. */
static void fork_neighbour(void) {
  int go[2], ready[2];
  if (pipe2(go, O_CLOEXEC) < 0 || pipe2(ready, O_CLOEXEC) < 0)
    fail("make", "pipe");
  pid_t child = fork();
  if (child < 0)
    fail("start", "neighbour");
  if (child == 0) {
    close(go[1]);
    close(ready[0]);
    neighbour(go[0], ready[1]);
  }
  close(go[0]);
  close(ready[1]);
  start = go[1];
  started = ready[0];
}

static void wait_for_neighbour(void) {
  char byte = 'g';
  if (write(start, &byte, 1) != 1 || read(started, &byte, 1) != 1)
    fail("start", "neighbour");
  close(start);
  close(started);
}

/* For the test, which cannot see into the world: which namespaces are the world's. */
static void note_namespaces(void) {
  static const char *const kinds[] = {"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"};
  char text[1024] = "";
  for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    char path[64], target[64];
    snprintf(path, sizeof path, "/proc/self/ns/%s", kinds[i]);
    ssize_t length = readlink(path, target, sizeof target - 1);
    target[length < 0 ? 0 : length] = 0;
    strcat(strcat(text, target), "\n");
  }
  write_file("/conform/namespaces", text);
}

static int process_one(char **command) {
  pid_t child = fork();
  if (child == 0) {
    execv(command[0], command);
    fail("run", command[0]);
  }
  int status, result = 125;
  for (pid_t ended; (ended = wait(&status)) > 0 || errno == EINTR;)
    if (ended == child) {
      result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      break;
    }
  return result;
}

static void inside(int init, char **words) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  umask(0022);
  /* Here and not in the parent, which has to see the machine to clear away the group. */
  if (unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP) < 0)
    fail("make", "namespaces");
  file_systems(words[0], words[1], words[2], strcmp(words[3], "-") != 0);
  if (sethostname("world", 5) < 0)
    fail("name", "world");
  network();
  fork_neighbour();
  furnish();
  wait_for_neighbour();
  note_namespaces();
  setsid();
  static char *environment[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", "container=conform", NULL};
  environ = environment;
  if (init) {
    /* As systemd has it: process 1 in a group of its own, so that groups beside it can have controllers. */
    mkdir("/sys/fs/cgroup/init.scope", 0755);
    mkdir("/sys/fs/cgroup/system.slice", 0755);
    int group = open("/sys/fs/cgroup/init.scope/cgroup.procs", O_WRONLY | O_CLOEXEC);
    if (group >= 0 && write(group, "0", 1) < 0)
      fail("enter", "init.scope");
    close(group);
    _exit(process_one(words + 5));
  }
  execv(words[5], words + 5);
  fail("run", words[5]);
}

static int remove_group(const char *path, const struct stat *about, int kind, struct FTW *where) {
  (void)about;
  (void)where;
  if (kind == FTW_DP)
    rmdir(path);
  return 0;
}

/* Without a process: none can be made any more in the namespace that has ended. */
static void remove_groups(const char *path) {
  for (int tries = 0; tries < 20; tries++) {
    nftw(path, remove_group, 16, FTW_DEPTH | FTW_PHYS);
    if (access(path, F_OK) < 0)
      return;
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
  }
}

int main(int count, char **words) {
  int init = count > 1 && !strcmp(words[1], "--init");
  words += 1 + init;
  if (count - 1 - init < 6)
    return 125;
  char group[4096] = "";
  if (strcmp(words[3], "-")) {
    snprintf(group, sizeof group, "%s/conform-XXXXXX", words[3]);
    if (!mkdtemp(group))
      fail("make", group);
    chmod(group, 0755);
    char members[8192];
    snprintf(members, sizeof members, "%s/cgroup.procs", group);
    write_file(members, "0");
  }
  if (unshare(CLONE_NEWPID) < 0)
    fail("make", "namespace of processes");
  pid_t child = fork();
  if (child == 0)
    inside(init, words);
  if (*group) {
    char members[8192];
    snprintf(members, sizeof members, "%s/cgroup.procs", words[3]);
    write_file(members, "0");
  }
  int status = 0, result = 125;
  struct timespec start, now;
  clock_gettime(CLOCK_MONOTONIC, &start);
  for (;;) {
    pid_t ended = waitpid(child, &status, WNOHANG);
    if (ended == child) {
      result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      break;
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (ended < 0 || now.tv_sec - start.tv_sec >= atol(words[4])) {
      kill(child, SIGKILL);
      waitpid(child, &status, 0);
      result = 124;
      break;
    }
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
  }
  if (*group)
    remove_groups(group);
  return result;
}
