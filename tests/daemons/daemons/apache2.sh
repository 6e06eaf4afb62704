prepare() {
    mkdir -p /var/www/html
    echo 'a page' >/var/www/html/page.txt
    echo 'ServerName localhost' >/etc/apache2/conf-enabled/name.conf
}

works() {
    prints 'a page' get http://127.0.0.1/page.txt
}

workload() {
    works
    ! get http://127.0.0.1/missing 2>/dev/null
    get --head http://127.0.0.1/page.txt | grep -q 'Content-Length: 7'
    rotate
}

rotate() {
    mv /var/log/apache2/access.log /var/log/apache2/access.log.1
    kill -USR1 "$(cat /run/apache2/apache2.pid)"
    eventually test -e /var/log/apache2/access.log
    eventually works
    eventually grep -q page.txt /var/log/apache2/access.log
}

change() {
    echo 'Redirect 301 /moved http://127.0.0.1/page.txt' >/etc/apache2/conf-enabled/changed.conf
}

changed() {
    prints 'a page' get --location http://127.0.0.1/moved
}

wider_workload() {
    prints 'a page' get -g 'http://[::1]/page.txt'
    prints page get --range 2-5 http://127.0.0.1/page.txt
    get http://127.0.0.1/icons/ -o /dev/null || :
    for each in 1 2 3 4 5 6 7 8; do
        get http://127.0.0.1/page.txt -o /dev/null &
    done
    wait
}
