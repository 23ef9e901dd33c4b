# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# A containerd of the test's own, with the CRI plugin, asked by build/cri: pods that run tools/workload, without a registry, a
# network plug-in or a kubelet. For scripts that have sourced lib.sh.
#
# Set here: CONTAINERD_SOCKET, CONTAINERD_PID, IMAGE (the one image there is, which holds /bin/workload).
CRI=${CRI:-$ROOT/build/cri}
IMAGE=localhost/ktally-workload:1
CONTAINERD_STATE=$WORK/containerd
CONTAINERD_SOCKET=$CONTAINERD_STATE/containerd.sock
POD_CGROUPS=ktally-e2e-$$-pods # above those of all pods

# The reason why there can be no containerd here; nothing when there can.
containerd_missing() {
	local tool
	[ "$(id -u)" = 0 ] || { echo "needs root"; return; }
	for tool in containerd ctr runc jq; do
		command -v "$tool" >/dev/null || { echo "$tool is not installed"; return; }
	done
	[ -x "$CRI" ] || echo "$CRI is not built"
}

# containerd_image FILE: an OCI archive of the workload, its entrypoint an endless sleep (a sandbox).
containerd_image() {
	local folder=$CONTAINERD_STATE/image layer config manifest
	mkdir -p "$folder"/rootfs/{bin,tmp,proc,sys,dev,etc} "$folder/blobs/sha256"
	cp "$WORKLOAD" "$folder/rootfs/bin/workload"
	tar -C "$folder/rootfs" --sort=name --owner=0 --group=0 -cf "$folder/layer" .
	rm -r "$folder/rootfs"
	layer=$(blob_add "$folder" "$folder/layer")
	jq -n --arg layer "sha256:$layer" '{architecture: "amd64", os: "linux", rootfs: {type: "layers", diff_ids: [$layer]},
		config: {Entrypoint: ["/bin/workload", "sleep", "1", "3600000"]}}' >"$folder/config"
	config=$(blob_add "$folder" "$folder/config")
	jq -n --arg config "sha256:$config" --arg layer "sha256:$layer" --argjson config_size "$(blob_size "$folder" "$config")" \
		--argjson layer_size "$(blob_size "$folder" "$layer")" '{schemaVersion: 2,
		mediaType: "application/vnd.oci.image.manifest.v1+json",
		config: {mediaType: "application/vnd.oci.image.config.v1+json", digest: $config, size: $config_size},
		layers: [{mediaType: "application/vnd.oci.image.layer.v1.tar", digest: $layer, size: $layer_size}]}' >"$folder/manifest"
	manifest=$(blob_add "$folder" "$folder/manifest")
	jq -n --arg digest "sha256:$manifest" --argjson size "$(blob_size "$folder" "$manifest")" --arg name "$IMAGE" '{schemaVersion: 2,
		manifests: [{mediaType: "application/vnd.oci.image.manifest.v1+json", digest: $digest, size: $size,
		annotations: {"io.containerd.image.name": $name}}]}' >"$folder/index.json"
	echo '{"imageLayoutVersion": "1.0.0"}' >"$folder/oci-layout"
	tar -C "$folder" -cf "$1" oci-layout index.json blobs
}
blob_add() { # blob_add FOLDER FILE: moves the file in, prints its digest
	local digest
	digest=$(sha256sum "$2" | cut -d ' ' -f 1)
	mv "$2" "$1/blobs/sha256/$digest"
	echo "$digest"
}
blob_size() { stat -c %s "$1/blobs/sha256/$2"; }

containerd_answers() { ctr --address "$CONTAINERD_SOCKET" --connect-timeout 2s version; }

# containerd_run: starts the program (again) and waits until it answers.
containerd_run() {
	containerd --config "$CONTAINERD_STATE/config.toml" >>"$CONTAINERD_STATE/log" 2>&1 </dev/null &
	CONTAINERD_PID=$!
	eventually 30 containerd_answers >/dev/null 2>&1
}

# containerd_start: makes all that it needs, starts it, gives it the image. Ends with the script, with its pods.
containerd_start() {
	mkdir -p "$CONTAINERD_STATE"/cni
	cat >"$CONTAINERD_STATE/config.toml" <<-CONFIG
		version = 2
		root = "$CONTAINERD_STATE/root"
		state = "$CONTAINERD_STATE/state"
		[grpc]
		  address = "$CONTAINERD_SOCKET"
		[plugins."io.containerd.grpc.v1.cri"]
		  sandbox_image = "$IMAGE"
		  netns_mounts_under_state_dir = true
		  restrict_oom_score_adj = true
		  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
		    runtime_type = "io.containerd.runc.v2"
		    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
		      Root = "$CONTAINERD_STATE/runc"
		  [plugins."io.containerd.grpc.v1.cri".cni]
		    conf_dir = "$CONTAINERD_STATE/cni"
	CONFIG
	cleanup_push containerd_remove
	containerd_run || { note "containerd does not answer"; tail -n 5 "$CONTAINERD_STATE/log" | sed 's/^/#   /'; return 1; }
	containerd_image "$CONTAINERD_STATE/image.tar"
	ctr --address "$CONTAINERD_SOCKET" --namespace k8s.io images import "$CONTAINERD_STATE/image.tar" >/dev/null
}

# containerd_kill: as by a crash; pods go on without it.
containerd_kill() {
	kill -KILL "$CONTAINERD_PID"
	wait "$CONTAINERD_PID" 2>/dev/null
}

# cri [-k] [-l NAME=VALUE]... COMMAND...: see build/cri --help.
cri() {
	local options=()
	while [ "${1:0:1}" = - ]; do
		case $1 in
		-l | -c) options+=("$1" "$2"); shift 2 ;;
		*) options+=("$1"); shift ;;
		esac
	done
	"$CRI" "${options[@]}" "$CONTAINERD_SOCKET" "$@"
}

# pod_run NAME NAMESPACE UID [OPTION...]: a sandbox, in cgroups as the kubelet makes them; prints its id. With -k it has a kubelet's labels.
pod_run() { cri -c "/$POD_CGROUPS/kubepods/pod$3" "${@:4}" pod "$1" "$2" "$3"; }

# pod_container POD_ID NAME NAMESPACE UID CONTAINER [OPTION...] [-- ARGUMENT...]: makes and starts a container that runs the workload
# (an hour of sleep when nothing else is said); prints its id.
pod_container() {
	local pod=$1 name=$2 namespace=$3 uid=$4 container=$5 options=() id
	shift 5
	while [ $# -gt 0 ] && [ "$1" != -- ]; do options+=("$1"); shift; done
	shift
	[ $# -gt 0 ] || set -- sleep 1 3600000
	id=$(cri -c "/$POD_CGROUPS/kubepods/pod$uid" "${options[@]}" create "$pod" "$name" "$namespace" "$uid" "$container" "$IMAGE" /bin/workload "$@") &&
		cri start "$id" && echo "$id"
}

# pod_exec CONTAINER_ID ARGUMENT...: the workload once more, inside a container.
pod_exec() {
	local id=$1
	shift
	ctr --address "$CONTAINERD_SOCKET" --namespace k8s.io tasks exec --exec-id "e$RANDOM$RANDOM" "$id" /bin/workload "$@" </dev/null
}

# The shims are no children of ours; their command line names our socket.
containerd_shims() {
	local path
	grep -lsaF "$CONTAINERD_SOCKET" /proc/[0-9]*/cmdline | while read -r path; do
		path=${path%/cmdline}
		[[ $(readlink "$path/exe" 2>/dev/null) == */containerd-shim-runc-v2 ]] && echo "${path##*/}"
	done
}

containerd_remove() {
	local id pid folder
	for id in $("$CRI" "$CONTAINERD_SOCKET" ask ListPodSandbox | grep -aoE '[0-9a-f]{64}'); do
		cri stop-pod "$id" && cri remove-pod "$id"
	done
	for pid in $(containerd_shims); do
		pkill -KILL -P "$pid"
		kill_now "$pid"
	done
	kill_now "$CONTAINERD_PID"
	awk -v folder="$WORK/" 'index($5, folder) == 1 { print $5 }' /proc/self/mountinfo | sort -r | xargs -r -n 1 umount -l
	awk '$3 ~ /^cgroup2?$/ { print $2 }' /proc/mounts | while read -r folder; do
		[ -d "$folder/$POD_CGROUPS" ] && find "$folder/$POD_CGROUPS" -depth -type d -exec rmdir {} +
	done
}
