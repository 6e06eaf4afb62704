prepare() {
    # It looks for the socket of its unit only where systemd runs.
    mkdir -p /run/systemd/system
    # The messages of the kernel are those of the machine.
    sed -i '/imklog/d' /etc/rsyslog.conf
}

log() {
    logger --socket /run/systemd/journal/syslog "$@"
}

works() {
    log --priority user.info 'a message'
    sleep 0.1
    grep -q 'a message' /var/log/user.log
}

workload() {
    works
    log --priority auth.info --tag login 'somebody came'
    eventually grep -q 'somebody came' /var/log/auth.log
    rotate
}

rotate() {
    mv /var/log/syslog /var/log/syslog.1
    pkill -HUP -x rsyslogd
    eventually sh -c '
        logger --socket /run/systemd/journal/syslog "after the rotation"
        grep -q "after the rotation" /var/log/syslog
    '
}

wider_workload() {
    log --priority mail.err 'a letter was lost'
    eventually grep -q 'a letter was lost' /var/log/mail.log
    seq 1000 | log --priority daemon.debug --tag many
    eventually grep -q 'many: 1000' /var/log/syslog
}
