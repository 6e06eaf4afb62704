# Runs the batches one after the other under systemd, asks for the results, and ends the container.
show='systemctl show --property=Id,LoadState,Result,ExecMainCode,ExecMainStatus'
for batch in $(cat /conform/batches); do
  units=$(sed -n 's/^Wants=//p' "/conform/units/$batch")
  systemctl start "$batch"
  # Types other than oneshot are started before they have ended.
  tries=0
  while systemctl show --property=ActiveState -- $units | grep -qE '=(active|activating|deactivating)$'; do
    tries=$((tries + 1))
    [ $tries -lt 200 ] || break
    sleep 0.05
  done
  # While the target is there, its units are kept. One that cannot be shown must not hide the others.
  $show -- $units > /conform/shown || {
    for unit in $units; do
      $show -- "$unit"
      echo
    done > /conform/shown
  }
  cat /conform/shown >> /conform/results
  echo >> /conform/results
done
: > /conform/done
systemctl poweroff --force --force
