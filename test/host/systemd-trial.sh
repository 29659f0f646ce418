#!/usr/bin/env bash
# Runs the units of examples/systemd under a systemd of their own: start, reload, a wrong reload, the watchdog, stop, and
# sockets that systemd holds. Needs root on Linux, systemd, util-linux and curl; run by hand: test/host/systemd-trial.sh
#
# systemd is process 1 of namespaces that this script makes, over a copy of / in memory (overlay), with a network of its own.
# All of it ends with that process, but for empty control groups (init.scope, system.slice) in that of the script. Each step says what it saw; the first that is wrong ends the script with 1.
set -euo pipefail

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
SECONDS_MAX=300

if [ "${1:-}" = init ]; then
  # Process 1 of the namespaces. The working folder is an empty one; it is entered again for what is mounted on it.
  mount -t tmpfs tmpfs "$PWD"
  cd "$PWD"
  mkdir upper work merged
  mount -t overlay overlay -o "lowerdir=/,upperdir=$PWD/upper,workdir=$PWD/work" merged
  cd merged
  for memory in run tmp; do mount -t tmpfs tmpfs "$memory"; done
  mount -t proc proc proc
  mount --rbind /sys sys
  mount --rbind /dev dev
  [ "$(stat -f -c %T sys/fs/cgroup)" = tmpfs ] || mount -t cgroup2 cgroup2 sys/fs/cgroup
  # Nothing of this machine is started.
  rm -rf etc/systemd/system
  mkdir -p etc/systemd/system etc/sallyport
  printf '[Unit]\nDescription=Nothing but what is tried\n' >etc/systemd/system/default.target
  cp "$ROOT"/examples/systemd/sallyport.{service,socket} etc/systemd/system/
  printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$ROOT/node_modules/.bin/node" "$ROOT/src/cli/main.ts" \
    >usr/local/bin/sallyport
  chmod 755 usr/local/bin/sallyport
  cat >etc/sallyport/sallyport.yaml <<'YAML'
listeners: { web: { bind: '127.0.0.1:80', pool: app } }
pools: { app: { servers: ['127.0.0.1:9'] } }
admin: { socket: /run/sallyport/admin.sock }
log: { access: json, to: [/var/log/sallyport/access.log] }
runtime: { workers: 2 }
YAML
  exec env -i container=trial PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot . /lib/systemd/systemd --show-status=no
fi

if [ "${1:-}" = steps ]; then
  of() { systemctl show -p "$1" --value sallyport.service; }
  # A step: what it is, what is expected, what was seen.
  saw() {
    echo "$1: $3"
    [ "$2" = "$3" ] || { echo "expected: $2" && systemctl status --no-pager sallyport.service; exit 1; }
  }
  # The status of a page; 502, for there is no server behind it.
  page() { curl -s -o /dev/null -m 30 -w '%{http_code}' http://127.0.0.1/; }
  ip link set lo up
  useradd --system --home-dir /var/lib/sallyport --shell /usr/sbin/nologin sallyport 2>/dev/null || true
  systemctl daemon-reload

  systemctl start sallyport.service
  saw 'start, which waits for READY=1' active "$(of ActiveState)"
  saw 'the user' sallyport "$(ps -o user= -p "$(of MainPID)")"
  saw 'what systemctl status shows' '2 of 2 workers serve; 0 exchanges, 0 attackers' "$(of StatusText)"
  saw 'a request' 502 "$(page)"
  systemctl reload sallyport.service && reloaded=0 || reloaded=$?
  saw 'a reload' 0 "$reloaded"
  echo 'nonsense: 1' >>/etc/sallyport/sallyport.yaml
  systemctl reload sallyport.service 2>/dev/null && reloaded=0 || reloaded=$?
  saw 'a reload of what is wrong' '1 active 502' "$reloaded $(of ActiveState) $(page)"
  sed -i '/^nonsense/d' /etc/sallyport/sallyport.yaml

  mkdir -p /run/systemd/system/sallyport.service.d
  printf '[Service]\nWatchdogSec=6s\nTimeoutAbortSec=2s\n' >/run/systemd/system/sallyport.service.d/watchdog.conf
  systemctl daemon-reload
  systemctl restart sallyport.service
  sleep 14
  saw 'two times of the watchdog later: restarts' '0 active' "$(of NRestarts) $(of ActiveState)"
  kill -STOP "$(of MainPID)"
  for _ in $(seq 1 120); do
    [ "$(of NRestarts) $(of ActiveState)" != '1 active' ] || break
    sleep 0.5
  done
  saw 'a process that stands still: restarts' '1 active 502' "$(of NRestarts) $(of ActiveState) $(page)"
  systemctl stop sallyport.service
  saw 'stop' 'inactive success' "$(of ActiveState) $(of Result)"

  sed -i "s/'127.0.0.1:80'/':80'/" /etc/sallyport/sallyport.yaml
  systemctl start sallyport.socket
  saw 'sockets of systemd, before anybody came' inactive "$(of ActiveState)"
  saw 'the first connection starts it' '502 active' "$(page) $(of ActiveState)"
  systemctl restart sallyport.service &
  sleep 0.1
  saw 'who comes during a restart waits' 502 "$(page)"
  wait
  systemctl stop sallyport.socket sallyport.service
  saw 'stop' 'inactive success' "$(of ActiveState) $(of Result)"
  exit 0
fi

folder=$(mktemp -d)
(cd "$folder" && exec timeout -s KILL "$SECONDS_MAX" unshare --mount --propagation private --cgroup --ipc --uts --net --pid \
  --fork --kill-child=KILL bash "$ROOT/test/host/systemd-trial.sh" init) >"$folder.log" 2>&1 &
outside=$!
end() {
  [ -z "${first:-}" ] || kill -KILL "$first" 2>/dev/null || true
  wait "$outside" 2>/dev/null || true
  rm -f "$folder.log"
  rmdir "$folder"
}
trap end EXIT
first=''
for _ in $(seq 1 150); do
  sleep 0.2
  unshared=$(pgrep -P "$outside" unshare) || continue
  # Its child is process 1 within.
  first=$(pgrep -P "$unshared") || continue
  ! nsenter -t "$first" -m -p -r systemctl is-active default.target >/dev/null 2>&1 || break
done
[ -n "$first" ] || { cat "$folder.log"; echo 'Cannot start a systemd here'; exit 1; }
timeout "$SECONDS_MAX" nsenter -t "$first" -m -p -n -i -u -r -w bash "$ROOT/test/host/systemd-trial.sh" steps
