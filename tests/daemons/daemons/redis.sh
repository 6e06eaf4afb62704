prepare() {
    echo 'appendonly yes' >>/etc/redis/redis.conf
}

works() {
    prints PONG redis-cli ping
}

workload() {
    works
    prints OK redis-cli set key value
    prints value redis-cli get key
    redis-cli bgsave >/dev/null
    eventually test -s /var/lib/redis/dump.rdb
    redis-cli bgrewriteaof >/dev/null
    eventually sh -c 'redis-cli info persistence | grep -q aof_rewrite_in_progress:0'
    redis-benchmark -q -n 2000 -c 10 -t set,get >/dev/null
}

wider_workload() {
    prints 3 redis-cli eval 'return 1 + 2' 0
    prints 1 redis-cli lpush list element
    redis-cli config set maxmemory 100mb >/dev/null
    redis-cli save >/dev/null
    redis-cli -h ::1 ping >/dev/null
    redis-benchmark -q -n 5000 -c 50 -P 8 -t lpush,sadd,zadd >/dev/null
}
