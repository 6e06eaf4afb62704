prepare() {
    resolve_here
    cat >/etc/dnsmasq.d/here.conf <<'END'
interface=lo
bind-interfaces
no-resolv
no-hosts
addn-hosts=/etc/names
END
    echo '192.0.2.1 one.unitward.test' >/etc/names
    # Without resolvconf the start leaves the resolver alone.
    sed -i 's/^#*IGNORE_RESOLVCONF=.*/IGNORE_RESOLVCONF=yes/' /etc/default/dnsmasq
}

works() {
    prints 192.0.2.1 resolve one.unitward.test
}

workload() {
    works
    prints '' resolve none.unitward.test
    # It reopens its log.
    kill -USR2 "$(cat /run/dnsmasq/dnsmasq.pid)"
    works
}

change() {
    echo '192.0.2.2 two.unitward.test' >>/etc/names
}

changed() {
    prints 192.0.2.2 resolve two.unitward.test
}

wider_workload() {
    # Over TCP, with a child for each.
    export RES_OPTIONS=use-vc
    for each in 1 2 3 4; do
        works
    done
    kill -USR1 "$(cat /run/dnsmasq/dnsmasq.pid)"
    works
}
