# Reads the filters of all units under systemd, and ends the container.
xargs -n 50 /conform/record < /conform/names > /conform/filters.new 2> /conform/record-errors
mv /conform/filters.new /conform/filters
: > /conform/done
systemctl poweroff --force --force
