prepare() {
    useradd --create-home --home-dir /home/guest --shell /bin/sh guest
    ssh-keygen -A >/dev/null
    ssh-keygen -q -t ed25519 -N '' -f /run/daemons/key
    mkdir /home/guest/.ssh
    cp /run/daemons/key.pub /home/guest/.ssh/authorized_keys
    chown -R guest: /home/guest/.ssh
    cat >/run/daemons/options <<'END'
IdentityFile /run/daemons/key
IdentitiesOnly yes
BatchMode yes
StrictHostKeyChecking no
UserKnownHostsFile /dev/null
LogLevel ERROR
ConnectTimeout 5
END
}

login() {
    ssh -F /run/daemons/options guest@127.0.0.1 "$@"
}

works() {
    prints guest login id -un
}

workload() {
    works
    prints 'as was typed' sh -c 'echo as was typed | ssh -F /run/daemons/options guest@127.0.0.1 cat'
    # A session with a terminal.
    ssh -tt -F /run/daemons/options guest@127.0.0.1 'test -t 0 && echo on a terminal' | grep -q 'on a terminal'
    # Somebody without the key.
    grep -v Identity /run/daemons/options >/run/daemons/others
    ! ssh -F /run/daemons/others -o IdentityFile=/dev/null guest@127.0.0.1 true 2>/dev/null
}

change() {
    mkdir -p /etc/ssh/sshd_config.d
    echo 'Port 22
Port 2222' >/etc/ssh/sshd_config.d/changed.conf
}

changed() {
    prints guest login -p 2222 id -un
}

wider_workload() {
    echo text >/run/daemons/sent
    scp -q -F /run/daemons/options /run/daemons/sent guest@127.0.0.1:received
    prints text login cat received
    scp -q -O -F /run/daemons/options guest@127.0.0.1:received /run/daemons/back
    cmp /run/daemons/sent /run/daemons/back
    login 'mkdir -p folder && cd folder && touch file && ls' >/dev/null
}
