/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The model as cAdvisor shows it: the kernel's own totals of each container's cgroup, under cAdvisor's names, with the labels
 * that it has inside a kubelet: container, id, image, name, namespace, pod; all on every row, "" where there is nothing to say.
 *
 * A row is a cgroup: of a container, a unit of systemd, or any other that threads are in; and "/" for the machine. Cgroups around
 * them are rows when they are model->parents. It ends with the cgroup. No sample has a time.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "export/sheet.h"
#include "model/model.h"

struct cadvisor_input {
	const struct model *model;
	uint64_t realtime_ns; /* of the reading */
};

/* As exposition_write(). Not SHEET_OPENMETRICS: there two of the families would have other names. */
int cadvisor_write(const struct cadvisor_input *in, enum sheet_body body, struct buffer *out);

/* What a client is answered that sends this `Accept` header (NULL: none): text 0.0.4 or protobuf. */
struct exposition_format;
const struct exposition_format *cadvisor_select(const char *accept);
