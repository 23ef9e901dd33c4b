/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The families that are not rows of the metrics table: who the containers are, and ktally itself. */
#include "export/exposition.h"
#include "export/sheet.h"

/* ktally_container_info: one sample for each instance whose identity is known. `container_labels` gives the
 * labels namespace, pod, container, made for this sheet. False from begin: not wanted. */
void self_families_add_container_info(struct sheet *sheet, const struct exposition_input *in,
				      const struct container *container, struct text container_labels);
bool self_families_begin_container_info(struct sheet *sheet);

/* ktally_self_*, ktally_build_info, process_*, and last ktally_self_series, which counts all of the sheet and itself. */
void self_families_add(struct sheet *sheet, const struct exposition_input *in);
