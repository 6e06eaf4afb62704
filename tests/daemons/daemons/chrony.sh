prepare() {
    # It must not touch the clock of this machine.
    echo 'DAEMON_OPTS="-F 1 -x"' >/etc/default/chrony
    sed -i '/^pool/d; /^server/d; /^sourcedir/d' /etc/chrony/chrony.conf
    mkdir -p /etc/chrony/conf.d
    cat >/etc/chrony/conf.d/here.conf <<'END'
local stratum 8
allow 127.0.0.1
log tracking
END
}

works() {
    chronyc -n tracking | grep -q '^Stratum *: 8'
}

workload() {
    works
    # Asks it for the time over the network and only prints the difference.
    chronyd -Q -t 8 'server 127.0.0.1 iburst' 'pidfile /run/daemons/client.pid' 'cmdport 0' \
        'bindcmdaddress /' >/run/daemons/client 2>&1
    grep -q 'System clock wrong by' /run/daemons/client
    chronyc -n cyclelogs | grep -q OK
}

wider_workload() {
    chronyc -n sources >/dev/null
    chronyc -n sourcestats >/dev/null
    chronyc -n serverstats >/dev/null
    chronyc -n clients >/dev/null
    chronyc -n reload sources >/dev/null
    chronyc -n dump >/dev/null
}
