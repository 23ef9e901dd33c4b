#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# time-limit: 180
# Exercises: names, images and labels of containers by Podman's service, as a test of its own starts it: of those that run already,
# of such as live 50 ms, after a rename, of a pod, and when the service is killed and comes back.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"
command -v podman >/dev/null || skip_all "no podman (tools/deps runtimes)"
image=localhost/ktally/work:1

# ---- a Podman of our own: no network, no files outside of $WORK ----

# No limits: setting them needs CAP_SYS_RESOURCE, which a nested root may lack.
cat >"$WORK/containers.conf" <<END
[containers]
default_ulimits = ["nofile=$(ulimit -Hn):$(ulimit -Hn)", "nproc=1000:1000"]
[engine]
events_logger = "file"
END
export CONTAINERS_CONF=$WORK/containers.conf
podman=(podman --root "$WORK/storage" --runroot "$WORK/run" --tmpdir "$WORK/tmp" --network-config-dir "$WORK/networks"
	--storage-driver vfs --runtime runc --cgroup-manager cgroupfs)
podman_own() { "${podman[@]}" "$@" </dev/null; }
is_up() { curl -fsS -o /dev/null --unix-socket "$WORK/podman.sock" http://localhost/_ping 2>/dev/null; }
service_start() {
	rm -f "$WORK/podman.sock"
	"${podman[@]}" system service --time=0 "unix://$WORK/podman.sock" >>"$WORK/service.log" 2>&1 </dev/null &
	SERVICE_PID=$!
	eventually 20 is_up
}
podman_end() {
	kill_now "$SERVICE_PID"
	podman_own pod rm --all --force --time 0
	podman_own rm --all --force --time 0
	umount "$WORK"/storage/vfs-containers/*/userdata/shm "$WORK/storage" "$WORK/tmp"
	rmdir /sys/fs/cgroup/*/libpod_parent/conmon /sys/fs/cgroup/*/libpod_parent
}
cleanup_push podman_end
service_start || skip_all "Podman's service does not start here: $(tail -n 1 "$WORK/service.log")"
mkdir -p "$WORK/image/bin" && cp "$WORKLOAD" "$WORK/image/bin/"
tar -C "$WORK/image" -c . >"$WORK/image.tar"
ok "an image of the workload alone" podman_own import "$WORK/image.tar" "$image"
podman_own run --rm --network none "$image" /bin/workload sleep 1 1 >"$WORK/output" 2>&1 ||
	skip_all "no container runs in Podman here: $(tail -n 1 "$WORK/output")"

# leave NAME [OPTION...]: a container that stays; prints its id.
leave() {
	local name=$1
	shift
	podman_own run --detach --name "$name" --network none "$@" "$image" /bin/workload sleep 1 3600000
}
has() { # has VALUE NAME LABELS: in a new scrape
	scrape "$WORK/scrape" && [ "$(metric "$WORK/scrape" "$2" "$3")" = "$1" ]
}
source="source=\"docker=$WORK/podman.sock\""
source_is() { has "$1" ktally_self_source_up "$source"; }
# of NAME: all labels of its identity that Podman knows
info() { grep '^ktally_container_info{' "$WORK/scrape" | grep -F "container=\"$1\"," | sed -E 's/.*namespace="([^"]*)",pod="([^"]*)",container="([^"]*)",id="([^"]*)",image="([^"]*)",runtime="([^"]*)",pod_uid="([^"]*)".*/\1 \2 \3 \4 \5 \6 \7/'; }

early=$(leave early --label app=web --label other=no)
daemon_start --runtime.socket="docker=$WORK/podman.sock" --containers.labels=app
ok "Podman answers" eventually 20 source_is 1
ok "a container that ran before has its name" eventually 10 has 1 ktally_container_info 'container="early"'
is "with its id, its image and the runtime" "$(info early)" "  early $early $image podman "
is "and the label that is allowed, alone" "$(grep '^ktally_container_labels_info{' "$WORK/scrape" | grep -F 'container="early"' | grep -o 'label_[a-z]*="[^"]*"')" 'label_app="web"'

shorts="1 2 3 4 5"
for i in $shorts; do podman_own run --rm --name "short-$i" --network none "$image" /bin/workload sleep 7 7 >/dev/null; done
settle
scrape "$WORK/scrape"
for i in $shorts; do
	is "a container of 50 ms with --rm is short-$i, with all its sleeps" \
		"$(metric "$WORK/scrape" ktally_program_syscalls_total "container=\"short-$i\",program=\"workload\",class=\"time\"")" 7
done

podman_own rename early late
ok "a renamed container has its new name" eventually 10 has 1 ktally_container_info 'container="late"'
is "and no longer the old one" "$(metric "$WORK/scrape" ktally_container_info 'container="early"')" absent

pod=$(podman_own pod create --network host --share ipc --name shop --infra-image "$image" --infra-command "/bin/workload sleep 1 3600000")
podman_own run --detach --pod shop --network none --name cart "$image" /bin/workload sleep 1 3600000 >/dev/null
ok "a container of a pod has its own name, and no pod: that is of Kubernetes" eventually 10 has 1 ktally_container_info 'container="cart",pod=""'
ok "so has the one that holds the pod" eventually 10 has 1 ktally_container_info "container=\"${pod:0:12}-infra\",runtime=\"podman\""
is "no container is called by its id" "$(grep -c -E '^ktally_container_info\{.*container="[0-9a-f]{12}".*runtime="podman"' "$WORK/scrape")" 0

kill -KILL "$SERVICE_PID"
wait "$SERVICE_PID" 2>/dev/null
ok "Podman does not answer when its service is killed" eventually 10 source_is 0
is "names stay" "$(info late)" "  late $early $image podman "
podman_own run --rm --name between --network none "$image" /bin/workload sleep 7 7 >/dev/null
leave later >/dev/null
service_start
ok "Podman answers again" eventually 40 source_is 1
ok "who began meanwhile has a name" eventually 10 has 1 ktally_container_info 'container="later"'
is "also who has ended meanwhile" "$(metric "$WORK/scrape" ktally_program_syscalls_total 'container="between",program="workload",class="time"')" 7
done_testing
