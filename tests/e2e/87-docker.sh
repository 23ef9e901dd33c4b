#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# time-limit: 240
# Exercises: names, images and labels of containers by a Docker daemon of the test's own: of those that run already, of such as
# live 50 ms, after a rename, with a hostile label, and when dockerd is killed and comes back.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"
command -v dockerd >/dev/null || skip_all "no dockerd (tools/deps runtimes)"
export DOCKER_HOST=unix://$WORK/docker.sock DOCKER_CONFIG=$WORK PATH=/usr/bin:$PATH
image=ktally/work:1
uid=11111111-2222-3333-4444-555555555555

# ---- a daemon of our own: no network, no files outside of $WORK but an empty /run/docker ----

# containerd apart, as distributions have it: dockerd's own ends with dockerd, now and then so late that the next one waits in vain.
containerd_start() {
	cat >"$WORK/containerd.toml" <<-END
		version = 2
		root = "$WORK/containerd"
		state = "$WORK/containerd.run"
		disabled_plugins = ["io.containerd.grpc.v1.cri"]
		[grpc]
		address = "$WORK/containerd.sock"
	END
	background containerd --config "$WORK/containerd.toml"
	eventually 20 test -S "$WORK/containerd.sock"
}
is_up() { curl -fsS -o /dev/null --unix-socket "$WORK/docker.sock" http://localhost/_ping 2>/dev/null; }
dockerd_start() {
	dockerd --config-file "$WORK/dockerd.json" --containerd "$WORK/containerd.sock" --data-root "$WORK/data" --exec-root "$WORK/exec" -H "$DOCKER_HOST" --pidfile "$WORK/docker.pid" \
		--iptables=false --ip6tables=false --ip-forward=false --bridge=none --storage-driver=vfs --live-restore \
		>>"$WORK/dockerd.log" 2>&1 </dev/null &
	DOCKERD_PID=$!
	eventually 60 is_up && return
	note "the end of dockerd's log:"
	tail -n 5 "$WORK/dockerd.log" | sed 's/^/#   /'
	return 1
}
dockerd_end() {
	local id
	is_up || dockerd_start # its containers must go, whatever became of it
	for id in $(docker ps -aq); do docker rm -f "$id"; done
	kill_now "$DOCKERD_PID"
	umount "$WORK"/exec/netns/* "$WORK"/data/containers/*/mounts/* "$WORK/data"
	rmdir /run/docker/plugins /run/docker
}
echo '{}' >"$WORK/dockerd.json"
containerd_start || skip_all "containerd does not start here: $(tail -n 1 "$WORK/background.$BACKGROUND_PID")"
cleanup_push dockerd_end
dockerd_start || skip_all "dockerd does not start here: $(tail -n 1 "$WORK/dockerd.log")"
mkdir -p "$WORK/image/bin" && cp "$WORKLOAD" "$WORK/image/bin/"
ok "an image of the workload alone" sh -c "tar -C '$WORK/image' -c . | docker import - $image"
docker run --rm --network none "$image" /bin/workload sleep 1 1 >"$WORK/output" 2>&1 ||
	skip_all "no container runs in Docker here: $(tail -n 1 "$WORK/output")"

# leave NAME [OPTION...]: a container that stays; prints its id.
leave() {
	local name=$1
	shift
	docker run --detach --name "$name" --network none "$@" "$image" /bin/workload sleep 1 3600000
}
has() { # has VALUE NAME LABELS: in a new scrape
	scrape "$WORK/scrape" && [ "$(metric "$WORK/scrape" "$2" "$3")" = "$1" ]
}
source="source=\"docker=$WORK/docker.sock\""
source_is() { has "$1" ktally_self_source_up "$source"; }
# of NAME: all labels of its identity that Docker knows
info() { grep '^ktally_container_info{' "$WORK/scrape" | grep -F "container=\"$1\"," | sed -E 's/.*namespace="([^"]*)",pod="([^"]*)",container="([^"]*)",id="([^"]*)",image="([^"]*)",runtime="([^"]*)",pod_uid="([^"]*)".*/\1 \2 \3 \4 \5 \6 \7/'; }

# ---- what is there already ----

early=$(leave early --label app=web --label other=no)
docker create --name never --network none "$image" /bin/workload sleep 1 1 >/dev/null
daemon_start --runtime.socket="docker=$WORK/docker.sock" --containers.labels=app
ok "Docker answers" eventually 20 source_is 1
ok "a container that ran before has its name" eventually 10 has 1 ktally_container_info 'container="early"'
is "with its id, its image and the runtime" "$(info early)" "  early $early $image docker "
is "and the label that is allowed, alone" "$(grep '^ktally_container_labels_info{' "$WORK/scrape" | grep -F 'container="early"' | grep -o 'label_[a-z]*="[^"]*"')" 'label_app="web"'

# ---- short ones ----

shorts="1 2 3 4 5 6 7" running=()
for i in $shorts; do
	docker run --rm --name "short-$i" --network none "$image" /bin/workload sleep 7 7 >/dev/null &
	running+=($!)
done
wait "${running[@]}"
settle
scrape "$WORK/scrape"
for i in $shorts; do
	is "a container of 50 ms with --rm is short-$i, with all its sleeps" \
		"$(metric "$WORK/scrape" ktally_program_syscalls_total "container=\"short-$i\",program=\"workload\",class=\"time\"")" 7
done
is "no container is called by its id" "$(grep -c -E '^ktally_container_info\{.*container="[0-9a-f]{12}".*runtime="docker"' "$WORK/scrape")" 0

# ---- a rename; Kubernetes through Docker ----

docker rename early late
ok "a renamed container has its new name" eventually 10 has 1 ktally_container_info 'container="late"'
is "and no longer the old one" "$(metric "$WORK/scrape" ktally_container_info 'container="early"')" absent
pod=(--label "io.kubernetes.pod.name=web-0" --label "io.kubernetes.pod.namespace=shop" --label "io.kubernetes.pod.uid=$uid")
sandbox=$(leave "k8s_POD_web-0_shop_${uid}_0" "${pod[@]}" --label io.kubernetes.container.name=POD --label io.kubernetes.docker.type=podsandbox)
cart=$(leave "k8s_cart_web-0_shop_${uid}_0" "${pod[@]}" --label io.kubernetes.container.name=cart --label io.kubernetes.docker.type=container)
leave spoofed "${pod[@]}" --label io.kubernetes.container.name=cart >/dev/null
ok "what kubelet made has the names of Kubernetes" eventually 10 has 1 ktally_container_info 'container="cart"'
is "all of them" "$(info cart)" "shop web-0 cart $cart $image docker $uid"
ok "its sandbox is the pod's container without a name" eventually 10 has 1 ktally_container_info "container=\"\",pod=\"web-0\",id=\"$sandbox\""
ok "who only has the labels of a pod keeps its own name" eventually 10 has 1 ktally_container_info 'container="spoofed",pod=""'

# ---- dockerd is killed ----

kill -KILL "$DOCKERD_PID"
wait "$DOCKERD_PID" 2>/dev/null
ok "Docker does not answer when dockerd is killed" eventually 10 source_is 0
is "names stay" "$(info late)" "  late $early $image docker "
dockerd_start
# jansson refuses a member's name with a zero byte, and so the whole list: who is asked for gets its name all the same
curl -fsS --unix-socket "$WORK/docker.sock" -H 'Content-Type: application/json' -o /dev/null 'http://localhost/containers/create?name=evil' \
	-d "{\"Image\":\"$image\",\"Cmd\":[\"/bin/workload\",\"sleep\",\"1\",\"3600000\"],\"HostConfig\":{\"NetworkMode\":\"none\"},\"Labels\":{\"a\\u0000b\":\"\"}}"
docker start evil >/dev/null
ok "Docker answers again" eventually 60 source_is 1
leave again >/dev/null
ok "and names are told again" eventually 10 has 1 ktally_container_info 'container="again"'
kill_now "$DAEMON_PID"
daemon_start --runtime.socket="docker=$WORK/docker.sock"
ok "Docker answers a new daemon" eventually 20 source_is 1
settle
scrape "$WORK/scrape"
# the list, and each inspection of the container itself
between "a hostile label is refused" "$(metric "$WORK/scrape" ktally_self_source_refused_total "$source")" 2 20
for name in late cart again; do
	ok "and hides no other container: $name" eventually 10 has 1 ktally_container_info "container=\"$name\""
done
done_testing
