/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What a cgroup path alone says about the container: runtime, id, pod. Layouts are rows of cgroup_path.def. */
#include <stddef.h>

#include "model/model.h"

enum cgroup_position {
	CGROUP_PATH_OWN,   /* the path is the container's own cgroup */
	CGROUP_PATH_BELOW, /* it lies below it and belongs to it */
};

/*
 * Identifies `path`, a cgroup path below its hierarchy's root, and fills all of *ret_identity. Never fails: any bytes of any
 * length will do, names that are too long are cut (an id that is a path keeps its end). Nothing is checked for UTF-8.
 *
 * *ret_own_path_size (may be NULL) is the number of bytes of `path` up to the end of the container's own component, without a
 * slash after it. For the root itself the name is "" and the id "/".
 *
 * The rules, in this order:
 *   - the innermost component that fits a row of cgroup_path.def is the container;
 *   - in trees of systemd units (slices, then a service, scope, mount, socket or swap) the unit is, with all that is below; of
 *     users it is user-N.slice; a path of slices only is its last slice. Name: the unit; id: its path; runtime: systemd;
 *   - else the whole path is: name its last component, id the path, runtime "cgroup".
 * The pod's uid and its class of service are read from the nearest component around the container that has a uid; the cgroup
 * of the pod itself is of the kind POD. What stands beside a container (a runtime's monitor) is of the kind UNIT.
 */
enum cgroup_position cgroup_path_identify(const char *path, struct identity *ret_identity,
					  size_t *ret_own_path_size);
