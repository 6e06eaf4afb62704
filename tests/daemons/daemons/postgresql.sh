prepare() {
    if [ -z "$(ls /etc/postgresql 2>/dev/null)" ]; then
        pg_createcluster "$(ls /usr/lib/postgresql | tail -n 1)" main >/dev/null
    fi
}

# Runs a command as the owner of the databases.
owner() {
    (cd /tmp && setpriv --reuid postgres --regid postgres --clear-groups "$@")
}

sql() {
    owner psql --no-psqlrc --quiet --tuples-only --no-align "$@"
}

works() {
    prints 2 sql --command 'select 1 + 1'
}

workload() {
    works
    sql --command 'drop table if exists things' 2>/dev/null
    sql --command 'create table things (name text)'
    sql --command "insert into things values ('one'), ('two')"
    prints 2 sql --command 'select count(*) from things'
    sql --command checkpoint
    sql --command 'select pg_rotate_logfile()' >/dev/null 2>&1 || :
    owner pgbench --initialize --quiet >/dev/null 2>&1
    owner pgbench --client 2 --transactions 20 >/dev/null 2>&1
}

change() {
    for file in /etc/postgresql/*/main/conf.d; do
        echo "work_mem = 7MB" >"$file/changed.conf"
    done
}

changed() {
    prints 7MB sql --command 'show work_mem'
}

wider_workload() {
    owner createdb other
    sql --dbname other --command 'create table t as select generate_series(1, 100000) as n; create index on t (n)'
    sql --dbname other --command 'vacuum analyze t'
    prints 5000050000 sql --dbname other --command 'select sum(n) from t'
    sql --dbname other --command "set max_parallel_workers_per_gather = 2; set parallel_setup_cost = 0; set min_parallel_table_scan_size = 0; select count(*) from t" >/dev/null
    owner pg_dump other >/dev/null
    owner dropdb other
}
