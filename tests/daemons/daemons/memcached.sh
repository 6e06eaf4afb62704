prepare() {
    :
}

works() {
    talk 11211 'version
quit
' | grep -q '^VERSION'
}

workload() {
    works
    talk 11211 'set key 0 0 5
value
get key
quit
' | tr -d '\r' | grep -q '^value$'
    talk 11211 'stats
quit
' | grep -q '^STAT pid'
}

wider_workload() {
    for each in 1 2 3 4 5 6 7 8; do
        talk 11211 "set key$each 0 0 1
$each
incr key$each 5
append key$each 0 0 1
0
delete key$each
quit
" >/dev/null &
    done
    wait
    talk 11211 'flush_all
stats slabs
stats items
quit
' | grep -q '^OK'
}
