#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# time-limit: 600
# The image: what is in it, that it is the same bytes again, and the documented commands. By each runtime it sees and names the
# containers that a ktally outside sees, itself too, and counts them exactly; started without some of the host it says what is missing
# and serves the rest.
# shellcheck source=tests/e2e/lib.sh disable=SC2317  # functions called by ok, eventually and eval
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"
for tool in umoci runc jq; do command -v "$tool" >/dev/null || skip_all "$tool is not installed"; done
unset MAKEFLAGS MAKELEVEL MFLAGS
version=$(cat "$ROOT/VERSION")

# ---- what is in it ----

make --no-print-directory -C "$ROOT" image >"$WORK/make.log" 2>&1 || sed 's/^/# /' "$WORK/make.log"
here=$WORK/here # where the documented commands are run: as in the tree
mkdir -p "$here/build"
cp "$ROOT/build/ktally-image.tar" "$here/build/"
mkdir "$WORK/layout"
tar -xf "$here/build/ktally-image.tar" -C "$WORK/layout"
ok "umoci unpacks the archive" umoci unpack --image "$WORK/layout:$version" "$here/build/bundle"
rootfs=$here/build/bundle/rootfs
ok "build/bundle holds the same files" diff -r --no-dereference "$rootfs" "$ROOT/build/bundle/rootfs"
between "it has at most 25 MB unpacked" "$(du -sb --apparent-size "$rootfs" | cut -f 1)" 1000000 25000000
is "nothing in it can be executed but ktally and the loader" \
	"$(cd "$rootfs" && find . -type f -perm /111 | grep -v -E '^\./(ktally|lib[0-9a-z]*/ld-[^/]*)$')" ""
is "nothing in it but libraries, licences and the list of packages" \
	"$(cd "$rootfs" && find . -type f | grep -v -E '^\./(ktally$|lib|usr/lib/.*\.so|usr/share/(doc/[^/]*/|common-licenses/)|var/lib/dpkg/status\.d/)')" ""
is "each package in it has its licence" "$(ls -I ktally "$rootfs/usr/share/doc")" "$(ls "$rootfs/var/lib/dpkg/status.d")"
is "the debugging information is left out" "$(file -b "$rootfs/ktally" | grep -c 'not stripped')" 0
umoci stat --image "$WORK/layout:$version" --json >"$WORK/stat.json"
is "all of it is dated by the commit" "$(jq -r '[.history[].created] | unique | length' "$WORK/stat.json")" 1
is "image and runc's configuration start the same" "$(jq -c .process.args "$here/build/bundle/config.json")" \
	"$(jq -c .process.args "$ROOT/deploy/runc/config.json")"

# In another folder, at another time, with other permissions for new files.
mkdir "$WORK/tree"
tar -C "$ROOT" --exclude=./build -c . | tar -C "$WORK/tree" -x
(umask 077 && make --no-print-directory -C "$WORK/tree" image) >"$WORK/make.log" 2>&1 || sed 's/^/# /' "$WORK/make.log"
is "built elsewhere it is the same bytes" "$(sha256sum <"$WORK/tree/build/ktally-image.tar")" "$(sha256sum <"$here/build/ktally-image.tar")"
rm -rf "$WORK/tree"

# ---- the documented commands ----

# What a runtime asks for by itself and nobody here holds: this may run in a container that lacks a capability.
held=$(sed -n 's/^CapBnd:\t*//p' /proc/self/status)
unheld=$( ((0x$held >> 24 & 1)) || echo CAP_SYS_RESOURCE)
held_filter="if \$unheld == \"\" then . else .process.capabilities |= map_values(. - [\$unheld]) | del(.process.rlimits) end"
cat >"$WORK/runc-held" <<RUNC
#!/usr/bin/env bash
arguments=("\$@")
for ((i = 0; i < \$#; i++)); do
	case \${arguments[i]} in --bundle | -b) config=\${arguments[i + 1]}/config.json ;; esac
done
[ -z "\${config-}" ] || { jq --arg unheld "$unheld" '$held_filter' "\$config" >"$WORK/held.json" && cat "$WORK/held.json" >"\$config"; }
exec runc "\$@"
RUNC
chmod 755 "$WORK/runc-held"

# documented RUNTIME: its command in README.md
documented() {
	awk -v start="$1 " 'index($0, start) == 1 { inside = 1 } inside { print } inside && !/\\$/ { exit }' "$ROOT/README.md"
}
ready() { curl -fsS -o /dev/null --max-time 2 "$URL/readyz"; }
new_url() {
	PORT=$(free_port)
	URL=http://127.0.0.1:$PORT
}

# living FILE: the containers with processes; names FILE: also those that ended, by full id
living() { sed -n 's/^ktally_container_processes\({.*}\) [1-9].*/\1/p' "$1" | sort; }
names() { sed -n 's/^ktally_container_info{.*,id="\([^"]*\)".*/\1/p' "$1" | sort -u; }

# Work in a container beside it: workload's own start and end are in both runs, so their difference is the work.
counted() { # counted URL NAME
	local cgroup url=$1 name=$2 which
	for which in none:0 some:10007; do
		container_make "$name-${which%:*}" && container_run "$name-${which%:*}" calls "${which#*:}" getppid >/dev/null
	done
	settle
	curl -fsS --max-time 10 -o "$WORK/$name.prom" "$url/metrics"
	for which in none some; do
		cgroup=$(basename "$(container_cgroup "$name-$which")")
		metric "$WORK/$name.prom" ktally_program_syscalls_total "container=\"$cgroup\",program=\"workload\",class=\"process\""
	done | paste -sd ' ' | awk '{ print $2 - $1 }'
}

# same_as_outside: the one in the container at URL tells of the same containers as one outside
same_as_outside() {
	curl -fsS --max-time 10 -o "$WORK/inside.prom" "$URL/metrics" && curl -fsS --max-time 10 -o "$WORK/outside.prom" "$OUTSIDE/metrics" &&
		diff <(living "$WORK/inside.prom") <(living "$WORK/outside.prom")
}

memory_before() { metric "$1" ktally_container_memory_usage_bytes "container=\"$(basename "$(container_cgroup before)")\""; }

# cgroups_remove NAME: ours below the root of every hierarchy
cgroups_remove() {
	awk '$3 ~ /^cgroup2?$/ { print $2 }' /proc/mounts | while read -r folder; do
		[ ! -d "$folder/$1" ] || find "$folder/$1" -depth -type d -exec rmdir {} +
	done
}

# docker_command: the documented one; on a busy machine runc sometimes loses a container's first process ("can't get final child's
# PID"), whatever the container is: then once more.
docker_command() {
	local turn
	for turn in 1 2 3; do
		(cd "$here" && eval "$(documented docker)") && return 0
		echo "try $turn failed"
		docker rm --force ktally
	done
	return 1
}

# sees_all RUNTIME ID: after its start
sees_all() {
	ok "$1: it becomes ready" eventually 30 ready
	ok "$1: it tells of all containers that one outside tells of" eventually 20 same_as_outside
	is "$1: itself among them" "$(names "$WORK/inside.prom" | grep -c -x -F "$2")" 1
	is "$1: and the one that was there before" "$(names "$WORK/inside.prom" | grep -c -x -F "$(container_cgroup before)")" 1
	is "$1: 10,007 calls in a container beside it are 10,007" "$(counted "$URL" "$1")" 10007
	between "$1: it reads the files of the one that was there before" "$(memory_before "$WORK/$1.prom")" 1 1e9
	is "$1: nothing is missing" "$(metric "$WORK/$1.prom" ktally_self_source_up)" "$(grep -c '^ktally_self_source_up{' "$WORK/$1.prom")"
	is "$1: nothing was left unattributed" "$(unattributed "$WORK/$1.prom")" 0
}

container_make before && container_start before
daemon_start
OUTSIDE=$URL
ours=ktally-e2e-$$

# runc: without a port of its own it could meet a ktally that runs here already
own_runc() { # own_runc NAME FILTER: a bundle in build/bundle.NAME
	mkdir -p "$here/build/$1"
	jq --arg unheld "$unheld" --arg listen "KTALLY_WEB_LISTEN_ADDRESS=127.0.0.1:$PORT" --arg path "/$ours-$1" --arg rootfs "$rootfs" \
		"$held_filter | .process.env += [\$listen] | .linux.cgroupsPath = \$path | .root.path = \$rootfs | $2" "$ROOT/deploy/runc/config.json" >"$here/build/$1/config.json"
}
new_url
own_runc bundle .
cleanup_push command runc --root "$WORK/runc-image" delete --force ktally
runc() { command runc --root "$WORK/runc-image" "$@"; }
(cd "$here" && eval "$(documented runc)") >"$WORK/runc.log" 2>&1 </dev/null &
sees_all runc "/$ours-bundle"
ok "runc: check says that everything works" runc exec ktally /ktally check
runc kill ktally TERM
wait $!
is "runc: SIGTERM ends it with 0" $? 0
unset -f runc

if ! command -v containerd >/dev/null; then
	skip "ctr: the documented command" "containerd is not installed"
else
	own=$WORK/containerd
	mkdir "$own"
	printf 'version = 2\nroot = "%s/root"\nstate = "%s/state"\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n[grpc]\n  address = "%s/socket"\n' \
		"$own" "$own" "$own" >"$own/config.toml"
	export CONTAINERD_ADDRESS=$own/socket CONTAINERD_NAMESPACE=$ours
	containerd_end() {
		ctr task kill --signal KILL ktally
		eventually 10 ctr task delete ktally # which ends the shim
		ctr container delete ktally
		kill_now "$CONTAINERD_PID"
		awk -v folder="$WORK/" 'index($5, folder) == 1 { print $5 }' /proc/self/mountinfo | sort -r | xargs -r -n 1 umount -l
		cgroups_remove "$ours"
	}
	containerd --config "$own/config.toml" >"$own/log" 2>&1 </dev/null &
	CONTAINERD_PID=$!
	cleanup_push containerd_end
	ok "ctr: containerd answers" eventually 30 command ctr version
	new_url
	ctr() { if [ "$1" = run ]; then command ctr run --env "KTALLY_WEB_LISTEN_ADDRESS=127.0.0.1:$PORT" "${@:2}"; else command ctr "$@"; fi; }
	ok "ctr: the documented command" eval "cd $here && $(documented ctr)"
	cd "$ROOT" || exit 1
	sees_all ctr "/$ours/ktally"
	unset -f ctr
	ctr task kill --signal TERM ktally
	ended() { [ "$(ctr task ls | awk '$1 == "ktally" { print $3 }')" = STOPPED ]; }
	ok "ctr: SIGTERM ends it" eventually 5 ended
	containerd_end >/dev/null 2>&1
fi

# Docker wants `/` shared for rslave, as systemd makes it.
if ! command -v dockerd >/dev/null; then
	skip "docker: the documented command" "dockerd is not installed"
else
	own=$WORK/docker
	export DOCKER_HOST=unix://$own/socket
	mkdir "$own"
	echo '{}' >"$own/config.json"
	cleanup_push cgroups_remove "$ours-docker"
	background unshare --mount --propagation shared dockerd --data-root "$own/data" --exec-root "$own/exec" --host "$DOCKER_HOST" \
		--pidfile "$own/pid" --config-file "$own/config.json" --iptables=false --ip6tables=false --bridge=none --storage-driver=vfs \
		--cgroup-parent "/$ours-docker" --add-runtime "held=$WORK/runc-held" --default-runtime held
	cleanup_push command docker rm --force ktally
	ok "docker: dockerd answers" eventually 30 command docker version
	new_url
	docker() { if [ "$1" = run ]; then command docker run --env "KTALLY_WEB_LISTEN_ADDRESS=127.0.0.1:$PORT" "${@:2}"; else command docker "$@"; fi; }
	ok "docker: the documented command" docker_command
	cd "$ROOT" || exit 1
	unset -f docker
	sees_all docker "$(docker inspect --format '{{.Id}}' ktally)"
	docker stop --time 5 ktally >/dev/null
	is "docker: SIGTERM ends it with 0" "$(docker inspect --format '{{.State.ExitCode}}' ktally)" 0
	unset DOCKER_HOST
fi

if ! command -v podman >/dev/null; then
	skip "podman: the documented command" "podman is not installed"
else
	own_podman() {
		command podman --root "$WORK/podman/root" --runroot "$WORK/podman/run" --tmpdir "$WORK/podman/tmp" --storage-driver vfs \
			--cgroup-manager cgroupfs --runtime "$WORK/runc-held" "$@"
	}
	cleanup_push cgroups_remove "$ours-podman"
	cleanup_push own_podman rm --force --time 1 ktally
	new_url
	podman() {
		if [ "$1" = run ]; then
			own_podman run --cgroup-parent "/$ours-podman" --env "KTALLY_WEB_LISTEN_ADDRESS=127.0.0.1:$PORT" "${@:2}"
		else
			own_podman "$@"
		fi
	}
	ok "podman: the documented command" eval "cd $here && $(documented podman)"
	cd "$ROOT" || exit 1
	sees_all podman "$(podman inspect --format '{{.Id}}' ktally)"
	podman stop --time 5 ktally >/dev/null
	is "podman: SIGTERM ends it with 0" "$(podman inspect --format '{{.State.ExitCode}}' ktally)" 0
	unset -f podman
fi

# ---- without some of the host ----

# without NAME FILTER REASON SOURCE...: started so, it says the reason and has these sources at 0, the others at 1
without() {
	local name=$1 reason=$3 row
	new_url
	own_runc "$1" ".process.env += [\"KTALLY_INTERVAL_FILES=1s\"] | $2"
	cleanup_push runc --root "$WORK/runc-image" delete --force "$ours-$name"
	background runc --root "$WORK/runc-image" run --bundle "$here/build/$name" "$ours-$name"
	shift 3
	ok "$name: it becomes ready" eventually 30 ready
	settle
	scrape "$WORK/$name.prom"
	ok "$name: the log says it, and what would mend it" grep -q "level=warn.*$reason.*mend:" "$WORK/background.$BACKGROUND_PID"
	is "$name: these are missing and no others" \
		"$(sed -n 's/^ktally_self_source_up{source="\([^"]*\)",.*} 0$/\1/p' "$WORK/$name.prom" | paste -sd ' ')" "$*"
	for row; do
		is "$name: $row has a reason" "$(grep -c "^ktally_self_source_up{source=\"$row\",reason=\"[^\"]\{20,\}\"} 0" "$WORK/$name.prom")" 1
	done
	runc --root "$WORK/runc-image" exec "$ours-$name" /ktally check >"$WORK/$name.check"
	is "$name: check calls it reduced" $? 1
	between "$name: the node is served" "$(metric "$WORK/$name.prom" ktally_node_memory_usage_bytes)" 1000000 1e15
}
own_sys='.mounts |= (map(select(.destination != "/sys")) + [{destination: "/sys", type: "none", source: "/sys", options: ["bind", "ro"]}])'

without no-pids '.linux.namespaces += [{type: "pid"}]' "private PID namespace" network_namespaces host_pids
container_exec before calls 7 getppid >/dev/null
is "no-pids: 10,007 calls in a container beside it are 10,007" "$(counted "$URL" no-pids)" 10007
is "no-pids: it names the container that was there once something runs in it" \
	"$(names "$WORK/no-pids.prom" | grep -c -x -F "$(container_cgroup before)")" 1
kill_now "$BACKGROUND_PID"

without no-cgroups "$own_sys | .linux.namespaces += [{type: \"cgroup\"}]" "no cgroup hierarchy is mounted" cgroupfs host_cgroups
is "no-cgroups: 10,007 calls in a new container are 10,007" "$(counted "$URL" no-cgroups)" 10007
between "no-cgroups: what has no name is unknown, not the host's" \
	"$(metric "$WORK/no-cgroups.prom" ktally_container_syscalls_total 'container="unknown"')" 1 1e12
kill_now "$BACKGROUND_PID"

without own-cgroups "$own_sys | .linux.namespaces += [{type: \"cgroup\"}] |
	.mounts += [{destination: \"/sys/fs/cgroup\", type: \"cgroup\", source: \"cgroup\", options: [\"ro\"]}]" "root of the cgroups" host_cgroups
container_make stays && container_start stays
sleep 3.3 # three walks over what is mounted, which the container is not in
is "own-cgroups: 10,007 calls in a new container are 10,007" "$(counted "$URL" own-cgroups)" 10007
is "own-cgroups: a new container stays" \
	"$(metric "$WORK/own-cgroups.prom" ktally_container_processes "container=\"$(basename "$(container_cgroup stays)")\"")" 1
kill_now "$BACKGROUND_PID"

without no-privileges 'del(.process.capabilities)' "CAP_BPF and CAP_PERFMON" network_namespaces privileges
is "no-privileges: BPF is off" "$(metric "$WORK/no-privileges.prom" ktally_self_probe_up 'probe="bpf"')" 0
between "no-privileges: the files of containers are served" "$(memory_before "$WORK/no-privileges.prom")" 1 1e9
done_testing
