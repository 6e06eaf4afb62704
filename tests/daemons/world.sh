#!/bin/sh
# Makes a world and runs a command in it: `world.sh FOLDER BASE UNITWARD COMMAND...`, as the first process of new mount,
# PID, network, IPC and host name namespaces.
set -eu
folder=$1 base=$2 unitward=$3
shift 3

mount -t tmpfs -o mode=755 world "$base"
for each in etc home root var; do
    mkdir -p "$base/upper/$each" "$base/work/$each"
    mount -t overlay -o "lowerdir=/$each,upperdir=$base/upper/$each,workdir=$base/work/$each" overlay "/$each"
done

mkdir -p "$base/run/daemons" "$base/run/lock" "$base/run/systemd/journal" "$base/tmp" "$base/dev/pts" "$base/dev/shm" \
    "$base/dev/mqueue"
chmod 1777 "$base/tmp" "$base/run/lock" "$base/dev/shm"
cp "$folder"/daemons/* "$unitward" "$1" "$base/run/daemons"

cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty "$base/dev"
mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts "$base/dev/pts"
mount -t mqueue mqueue "$base/dev/mqueue"
ln -s pts/ptmx "$base/dev/ptmx"
ln -s /proc/self/fd "$base/dev/fd"
ln -s fd/0 "$base/dev/stdin"
ln -s fd/1 "$base/dev/stdout"
ln -s fd/2 "$base/dev/stderr"

# A journal would listen here. A file that is there suffices to be bound.
ln -s /run/systemd/journal/dev-log "$base/dev/log"
# The base may be below one of those that are covered.
cd "$base"
mkdir run/daemons/upper
mount --bind upper run/daemons/upper
mount --rbind dev /dev
mount --rbind run /run
mount --bind tmp /tmp
perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => "/run/systemd/journal/dev-log") or die'
chmod 666 /run/systemd/journal/dev-log

ip link set lo up
systemd-tmpfiles --create --prefix=/run >/dev/null 2>&1 || :

program=/run/daemons/${1##*/}
shift
cd /
"$program" "$@"
