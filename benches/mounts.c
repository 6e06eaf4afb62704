/* Runs a program on a host with many mounts, which are gone when it ends.
 *
 * usage: mounts COUNT FOLDER PROGRAM [ARG...]
 *
 * In a mount namespace of its own it binds a folder to COUNT folders below FOLDER, then runs the program. */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int count, char **words) {
    char path[4096];
    if (count < 4 || unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL))
        return 2;
    if (mount("tmpfs", words[2], "tmpfs", 0, "nr_inodes=0"))
        return 2;
    for (long i = 0; i < atol(words[1]); i++) {
        snprintf(path, sizeof path, "%s/%ld", words[2], i);
        if (mkdir(path, 0755) || mount(words[2], path, NULL, MS_BIND, NULL))
            return 2;
    }
    execv(words[3], words + 3);
    return 2;
}
