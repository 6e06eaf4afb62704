# Furnishes the container: users, files to look at, programs, another root directory. Run as root by `world`, before
# anything else, in the same way whoever starts the services.
echo 'uninitialized' | md5sum | cut -c1-32 > /etc/machine-id
echo world > /etc/hostname
: > /etc/fstab
echo 'LANG=C.UTF-8' > /etc/locale.conf

# User= and Group= of the cases.
cat >> /etc/shadow <<'EOF'
alice:*:20000:0:99999:7:::
daemonette:*:20000:0:99999:7:::
EOF
cat >> /etc/passwd <<'EOF'
alice:x:1000:1000:Alice:/home/user:/bin/bash
daemonette:x:700:700::/nonexistent:/usr/sbin/nologin
EOF
cat >> /etc/group <<'EOF'
alice:x:1000:
daemonette:x:700:
extra:x:701:alice
EOF

mkdir -p /home/user /run/user/1000 /srv/a/b /srv/private /opt/data /run/lock /run/secret /run/systemd/journal /run/credentials /boot /var/lib/private /usr/lib/modules /usr/lib/credstore /etc/credstore
chmod 700 /var/lib/private /run/secret
for file in /home/user/secret /root/secret /srv/a/file /opt/data/file /tmp/secret /var/tmp/secret; do
  echo "$file" > "$file"
done
chown -R 1000:1000 /home/user /run/user/1000
chmod 700 /home/user /run/user/1000 /srv/private
chmod 644 /tmp/secret /var/tmp/secret
ln -s a /srv/link
mkfifo /srv/fifo
cp /usr/bin/env /srv/program
cp /usr/bin/env /srv/runnable
install -m 4755 /usr/bin/env /usr/local/bin/set-user-id
printf 'one' > /etc/credstore/stored
mkdir -p /etc/conform
printf 'VALUE=from file\nQUOTED="a b"\n# comment\nSINGLE='"'"'x $y'"'"'\n' > /etc/conform/environment

# Another root directory, with the probe alone; it has what systemd and other cases would make in it. And a bare one.
mkdir -p /bare/programs
cp /conform/probe /bare/programs/probe
mkdir -p /jail/usr/bin /jail/usr/sbin /jail/usr/lib /jail/usr/lib64 /jail/etc /jail/dev /jail/proc /jail/sys /jail/run /jail/tmp
mkdir -p /jail/var/tmp /jail/var/lib /jail/srv /jail/data /jail/opt/data /jail/root /jail/conform
ln -s usr/sbin /jail/sbin
ln -s usr/lib /jail/lib
ln -s usr/lib64 /jail/lib64
chmod 1777 /jail/tmp /jail/var/tmp
cp /conform/probe /jail/usr/bin/probe
cp /conform/probe /jail/conform/probe
cp /etc/passwd /etc/group /jail/etc/
echo jail > /jail/etc/hostname
ln -s usr/bin /jail/bin

# An extension of /usr.
mkdir -p /jail/extension/usr/lib/extension-release.d /jail/extension/usr/share/extension
echo ID=_any > /jail/extension/usr/lib/extension-release.d/extension-release.extension

# Nothing starts but what the cases name.
rm -rf /usr/lib/systemd/system/*.wants /etc/systemd/system/*.wants /usr/lib/systemd/system-generators/*
mkdir -p /etc/systemd/system /etc/systemd/system.conf.d
cp -r /conform/units/. /etc/systemd/system/
printf '[Manager]\nDefaultTimeoutStartSec=15s\nDefaultTimeoutStopSec=5s\nDefaultStartLimitIntervalSec=0\n' > /etc/systemd/system.conf.d/conform.conf
