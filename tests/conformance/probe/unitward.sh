# Runs every unit with `unitward run`, four at a time, with an environment that must not reach the services. Then says what
# is there that was not there before.
cd /
export LEAKED=yes
version=$(cat /conform/version)
export version

state() {
  sed 's/^[^ ]* [^ ]* [^ ]* [^ ]* \([^ ]*\) .*/mount \1/' /proc/self/mountinfo
  find /sys/fs/cgroup -mindepth 1 -type d -printf 'group %p\n'
  find /tmp /var/tmp /dev/shm /dev/mqueue /run/credentials /run/lock -mindepth 1 -maxdepth 2 -printf 'file %p\n'
  find /run -mindepth 1 -maxdepth 3 -path /run/credentials -prune -o -printf 'file %p\n'
  for process in /proc/[0-9]*; do
    read -r name < "$process/comm" && case $name in
      sh | xargs | find | sort | sed | read) ;;
      *) echo "process $name" ;;
    esac
  done 2> /dev/null
}

# What the manager of every system keeps for inaccessible paths.
mkdir -p /run/systemd/inaccessible
cd /run/systemd/inaccessible
mkdir dir
: > reg
mkfifo fifo
mknod chr c 0 0
mknod blk b 0 0
perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => "sock", Listen => 1)' || python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("sock")'
chmod 000 dir reg fifo chr blk sock
cd /

state | sort > /conform/before
xargs -P 4 -I UNIT sh -c '
  unit=UNIT
  name=${unit%.service}
  timeout -k 1 30 /conform/unitward run --systemd "$version" "/etc/systemd/system/$unit" < /dev/null > "/conform/messages/$name" 2>&1
  echo $? > "/conform/status/$name"
' < /conform/names
state | sort > /conform/after
comm -13 /conform/before /conform/after > /conform/left
: > /conform/done
