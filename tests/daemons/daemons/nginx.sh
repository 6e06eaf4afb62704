prepare() {
    mkdir -p /var/www/html
    echo 'a page' >/var/www/html/page.txt
    cat >/etc/nginx/conf.d/upstream.conf <<'END'
server {
    listen 127.0.0.1:8081;
    root /var/www/html;
}
server {
    listen 127.0.0.1:8082;
    location / {
        proxy_pass http://127.0.0.1:8081;
    }
}
END
    head -c 3000000 /dev/zero >/var/www/html/large
}

works() {
    prints 'a page' get http://127.0.0.1/page.txt
}

workload() {
    works
    prints 'a page' get http://127.0.0.1:8082/page.txt
    prints 3000000 sh -c 'curl -sS --noproxy "*" http://127.0.0.1:8082/large | wc -c'
    ! get http://127.0.0.1/missing 2>/dev/null
    # A body that does not fit into memory goes through a temporary file.
    curl -sS --noproxy '*' --data-binary @/var/www/html/large http://127.0.0.1:8082/page.txt -o /dev/null
    rotate
}

rotate() {
    mv /var/log/nginx/access.log /var/log/nginx/access.log.1
    nginx -s reopen
    eventually test -e /var/log/nginx/access.log
    works
    eventually grep -q page.txt /var/log/nginx/access.log
}

change() {
    cat >/etc/nginx/conf.d/changed.conf <<'END'
server {
    listen 127.0.0.1:8083;
    return 200 changed;
}
END
}

changed() {
    prints changed get http://127.0.0.1:8083/
}

wider_workload() {
    prints 'a page' get -g 'http://[::1]/page.txt'
    prints page get --range 2-5 http://127.0.0.1/page.txt
    get --head http://127.0.0.1/page.txt | grep -q 'Content-Length: 7'
    get --compressed http://127.0.0.1/page.txt >/dev/null
    for each in 1 2 3 4 5 6 7 8; do
        get http://127.0.0.1:8082/large -o /dev/null &
    done
    wait
    prints 'a page' sh -c 'yes url=http://127.0.0.1/page.txt | head -n 200 | curl -sS --noproxy "*" -K - | sort -u'
}
