prepare() {
    resolve_here
    # Its key is in a package that is only recommended.
    rm -f /etc/unbound/unbound.conf.d/root-auto-trust-anchor-file.conf
    cat >/etc/unbound/unbound.conf.d/here.conf <<'END'
server:
    interface: 127.0.0.1
    local-zone: "unitward.test." static
    local-data: "one.unitward.test. A 192.0.2.1"
    use-syslog: no
    logfile: "/var/lib/unbound/log"
END
}

works() {
    prints 192.0.2.1 resolve one.unitward.test
}

workload() {
    works
    prints '' resolve none.unitward.test
    rotate
}

rotate() {
    mv /var/lib/unbound/log /var/lib/unbound/log.1
    unbound-control log_reopen >/dev/null
    eventually test -e /var/lib/unbound/log
}

change() {
    echo '    local-data: "two.unitward.test. A 192.0.2.2"' >>/etc/unbound/unbound.conf.d/here.conf
}

changed() {
    prints 192.0.2.2 resolve two.unitward.test
}


wider_workload() {
    unbound-control stats_noreset >/dev/null
    unbound-control local_data three.unitward.test A 192.0.2.3 >/dev/null
    prints 192.0.2.3 resolve three.unitward.test
    unbound-control dump_cache >/dev/null
    unbound-control flush_zone test >/dev/null
}
