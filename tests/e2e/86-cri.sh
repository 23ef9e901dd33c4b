#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Exercises: a CRI runtime names pods and containers: those that were there before, new ones, one of 50 ms, one without a kubelet's
# labels; the runtime ends and comes back; sockets that answer nonsense.
# time-limit: 300
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/containerd.sh
. "$(dirname "$0")/containerd.sh"

reason=$(containerd_missing)
[ -z "$reason" ] || skip_all "$reason"
containerd_start || exit 1
SOURCE="source=\"cri=$CONTAINERD_SOCKET\""

# uid NUMBER: of a pod.
uid() { printf '%08x-0000-4000-8000-000000000000' "$1"; }
# info POD CONTAINER ID: the sample that tells who this is.
info() {
	metric "$WORK/scrape" ktally_container_info "namespace=\"shop\",pod=\"$1\",container=\"$2\",id=\"$3\",image=\"$IMAGE\",runtime=\"containerd\""
}
is_named() { scrape "$WORK/scrape" && [ "$(info "$@")" = 1 ]; }
source_is() { scrape "$WORK/scrape" && [ "$(metric "$WORK/scrape" ktally_self_source_up "$SOURCE")" = "$1" ]; }
# ends SCRAPE SCRAPE POD CONTAINER: of processes. A start may be booked while the runtime still is between its own cgroup and the container's.
ends() { delta "$WORK/$1" "$WORK/$2" ktally_container_process_exits_total "namespace=\"shop\",pod=\"$3\",container=\"$4\",status=\"success\""; }

# ---- before the daemon: more than the number from which on lists are asked for

declare -A sandbox container
for i in 0 1 2 3 4 5 6 7 8 9 10; do
	sandbox[$i]=$(pod_run "web-$i" shop "$(uid "$i")" -k)
	container[$i]=$(pod_container "${sandbox[$i]}" "web-$i" shop "$(uid "$i")" app -k -l team=tally -l secret=1)
done
daemon_start --runtime.socket="cri=$CONTAINERD_SOCKET" --containers.labels=team
ok "the runtime is up" eventually 10 source_is 1
count_named() {
	local i named=0
	scrape "$WORK/scrape"
	for i in "${!sandbox[@]}"; do
		[ "$(info "web-$i" app "${container[$i]}")" = 1 ] && [ "$(info "web-$i" "" "${sandbox[$i]}")" = 1 ] && named=$((named + 1))
	done
	echo "$named"
}
are_named() { [ "$(count_named)" = "$1" ]; }
ok "11 pods and their sandboxes have their names, ids and images" eventually 10 are_named 11
is "the pod's uid is told" "$(metric "$WORK/scrape" ktally_container_info 'pod="web-3",container="app",pod_uid="'"$(uid 3)\"")" 1
is "a label that is allowed is passed on" "$(metric "$WORK/scrape" ktally_container_labels_info 'pod="web-3",container="app",label_team="tally"')" 1
is "and no other" "$(grep -c secret "$WORK/scrape")" 0
is "no answer was refused" "$(metric "$WORK/scrape" ktally_self_source_refused_total "$SOURCE")" 0

# ---- while it runs

pod=$(pod_run new-0 shop "$(uid 100)" -k)
new=$(pod_container "$pod" new-0 shop "$(uid 100)" app -k)
ok "a new container is named" eventually 5 is_named new-0 app "$new"
ok "and its sandbox" eventually 5 is_named new-0 "" "$pod"
settle; scrape "$WORK/0"
pod_exec "$new" forks 0 >/dev/null
settle; scrape "$WORK/1"
pod_exec "$new" forks 23 >/dev/null
settle; scrape "$WORK/2"
is "23 forks count for the pod's container" "$(($(ends 1 2 new-0 app) - $(ends 0 1 new-0 app)))" 23

short=$(pod_container "$pod" new-0 shop "$(uid 100)" short -k -- sleep 1 50)
ok "a container of 50 ms is named" eventually 5 is_named new-0 short "$short"

pod=$(pod_run bare-0 shop "$(uid 101)")
bare=$(pod_container "$pod" bare-0 shop "$(uid 101)" plain)
ok "without a kubelet's labels the sandbox tells the pod" eventually 5 is_named bare-0 plain "$bare"

# ---- the runtime ends, and comes back

containerd_kill
ok "a runtime that was killed is down" eventually 15 source_is 0
is "its containers keep their names" "$(info web-0 app "${container[0]}")" 1
pod_exec_direct() { runc --root "$CONTAINERD_STATE/runc/k8s.io" exec "$new" /bin/workload "$@"; }
scrape "$WORK/0"
pod_exec_direct forks 0 >/dev/null
settle; scrape "$WORK/1"
pod_exec_direct forks 29 >/dev/null
settle; scrape "$WORK/2"
is "29 forks count while it is down" "$(($(ends 1 2 new-0 app) - $(ends 0 1 new-0 app)))" 29
containerd_run
ok "it is up again" eventually 10 source_is 1
pod=$(pod_run late-0 shop "$(uid 102)" -k)
late=$(pod_container "$pod" late-0 shop "$(uid 102)" app -k)
ok "and names what is new" eventually 5 is_named late-0 app "$late"

# ---- a daemon that finds the runtime dead

containerd_kill
daemon_stop
daemon_start --runtime.socket="cri=$CONTAINERD_SOCKET"
settle; scrape "$WORK/scrape"
is "nobody answers: the container is its short id" \
	"$(metric "$WORK/scrape" ktally_container_info "pod=\"\",container=\"${late:0:12}\",id=\"$late\"")" 1
is "and its pod's uid is told by its path" "$(metric "$WORK/scrape" ktally_container_info "id=\"$late\",pod_uid=\"$(uid 102)\"")" 1
containerd_run
ok "asked for while nobody answered, named when somebody does" eventually 35 is_named late-0 app "$late"
ok "a daemon that asked runtimes ends well" daemon_stop

# ---- sockets that answer nonsense

# Says one thing to all who say something.
cat >"$WORK/nonsense.py" <<'PYTHON'
import socket, sys, threading
def serve(connection):
    try:
        while connection.recv(65536):
            connection.sendall(eval(sys.argv[2]))
    except OSError:
        pass
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
server.listen(16)
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
PYTHON
background python3 "$WORK/nonsense.py" "$WORK/http.sock" 'b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"'
background python3 "$WORK/nonsense.py" "$WORK/noise.sock" 'bytes(range(256)) * 16'
background python3 "$WORK/nonsense.py" "$WORK/silent.sock" 'b""'
daemon_start --runtime.socket="cri=$WORK/http.sock" --runtime.socket="cri=$WORK/noise.sock" --runtime.socket="cri=$WORK/silent.sock" \
	--runtime.socket="cri=$CONTAINERD_SOCKET" --runtime.socket="cri=$WORK/absent.sock"
ok "beside liars and mutes the real runtime is heard" eventually 10 is_named web-0 app "${container[0]}"
fails() { scrape "$WORK/scrape" && [ "$(metric "$WORK/scrape" ktally_self_source_failures_total "source=\"cri=$WORK/$1.sock\"")" != 0 ]; }
for kind in http noise silent; do
	ok "a socket that is $kind counts its failures" eventually 20 fails "$kind"
	is "and is not up" "$(metric "$WORK/scrape" ktally_self_source_up "source=\"cri=$WORK/$kind.sock\"")" 0
done
is "a socket that is not there is not up" "$(metric "$WORK/scrape" ktally_self_source_up "source=\"cri=$WORK/absent.sock\"")" 0
ok "the daemon ends well" daemon_stop
done_testing
