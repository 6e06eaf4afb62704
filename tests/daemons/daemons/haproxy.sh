prepare() {
    cat >>/etc/haproxy/haproxy.cfg <<'END'
frontend front
    bind 127.0.0.1:8080
    default_backend back
backend back
    server one 127.0.0.1:8081 check inter 200ms
frontend upstream
    bind 127.0.0.1:8081
    http-request return status 200 content-type text/plain string served
END
}

works() {
    prints served get http://127.0.0.1:8080/
}

# Says something over the administration socket.
ask() {
    perl -MIO::Socket::UNIX -e '
        alarm 5;
        my $socket = IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => "/run/haproxy/admin.sock") or die "$@\n";
        print $socket "$ARGV[0]\n";
        $socket->flush;
        print while <$socket>;
    ' "$1"
}

workload() {
    works
    ask 'show info' | grep -q '^Name: HAProxy'
    for each in 1 2 3 4 5 6 7 8; do
        get http://127.0.0.1:8080/ >/dev/null
    done
}

change() {
    echo '    http-request return status 200 content-type text/plain string changed if { path /changed }' |
        sed -i '/bind 127.0.0.1:8080/r /dev/stdin' /etc/haproxy/haproxy.cfg
}

changed() {
    prints changed get http://127.0.0.1:8080/changed
}

wider_workload() {
    ask 'show stat' | grep -q '^back,one'
    ask 'disable server back/one'
    ! get http://127.0.0.1:8080/ 2>/dev/null
    ask 'enable server back/one'
    eventually get http://127.0.0.1:8080/
}
