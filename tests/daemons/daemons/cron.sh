prepare() {
    mkdir -p /var/local/jobs
    chmod 777 /var/local/jobs
    cat >/etc/cron.d/here <<'END'
@reboot root id -un >/var/local/jobs/root
@reboot nobody id -un >/var/local/jobs/nobody
* * * * * nobody date >/var/local/jobs/minute
END
}

works() {
    prints root cat /var/local/jobs/root
}

workload() {
    eventually works
    eventually prints nobody cat /var/local/jobs/nobody
}

# A job by the clock, which takes up to a minute.
wider_workload() {
    rm -f /var/local/jobs/minute
    tries=70
    until test -s /var/local/jobs/minute; do
        tries=$((tries - 1))
        test "$tries" != 0
        sleep 1
    done
}
