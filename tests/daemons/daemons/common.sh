# What the files of the daemons share.

# Tries a command until it succeeds, for at most ten seconds.
eventually() (
    tries=100
    while ! "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        if [ "$tries" = 0 ]; then
            "$@"
            exit
        fi
        sleep 0.1
    done
)

# Prints what a web server has under an address.
get() {
    curl --silent --show-error --fail --noproxy '*' --max-time 5 "$@"
}

# Succeeds when the text is what the rest of the line prints.
prints() {
    expected=$1
    shift
    found=$("$@") || return
    [ "$found" = "$expected" ] || {
        echo "$*: '$found' instead of '$expected'"
        return 1
    }
}

# Sends a text, with the line ends of network protocols, to a port of this machine, and prints the answer until the other side closes.
talk() {
    perl -MIO::Socket::INET -e '
        alarm 5;
        my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $ARGV[0]) or die "$@\n";
        print $socket $ARGV[1] =~ s/\n/\r\n/gr;
        $socket->flush;
        print while <$socket>;
    ' "$1" "$2"
}

# Has the C library ask the name server of this machine, and nobody else.
resolve_here() {
    rm -f /etc/resolv.conf
    echo 'nameserver 127.0.0.1' >/etc/resolv.conf
    sed -i '/^hosts:/d' /etc/nsswitch.conf
    echo 'hosts: files dns' >>/etc/nsswitch.conf
}

# Prints the address of a name.
resolve() {
    getent hosts "$1" | cut -d ' ' -f 1
}
