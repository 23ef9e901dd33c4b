/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the path of a cgroup says about it. */

#define RUNTIME_SIZE 16

enum identity_kind {
	IDENTITY_CONTAINER, /* also a pod's sandbox: only the runtime can tell (struct details) */
	IDENTITY_POD,       /* the cgroup around a pod's containers, and what lies directly in it */
	IDENTITY_UNIT,      /* service, scope or other unit of systemd */
	IDENTITY_SLICE,     /* a slice of systemd, or a folder of containers */
	IDENTITY_PATH,      /* fits no layout: named by its path's last part */
	IDENTITY_KINDS
};

enum identity_qos {
	IDENTITY_QOS_NONE,
	IDENTITY_QOS_GUARANTEED,
	IDENTITY_QOS_BURSTABLE,
	IDENTITY_QOS_BESTEFFORT
};

/* What a cgroup path alone says (enrich/cgroup_path.h). The strings are copied into the model. */
struct identity {
	char name[256]; /* value of label `container` until a runtime says more; "" for the host itself */
	char id[256];   /* full container id; cgroup path for units and unknown layouts */
	char runtime[RUNTIME_SIZE]; /* containerd, docker, cri-o, podman, lxc, nspawn, systemd, cgroup */
	char pod_uid[64];
	enum identity_kind kind;
	enum identity_qos qos; /* of the pod */
};
