/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Who the containers are: families with the value 1. `container_labels` are namespace, pod, container, made for this sheet. */
#include "export/exposition.h"
#include "export/sheet.h"

/* ktally_container_info: one sample for each instance whose identity is known. False from begin: not wanted. */
bool identity_families_begin_info(struct sheet *sheet);
void identity_families_add_info(struct sheet *sheet, const struct exposition_input *in,
				const struct container *container, struct text container_labels);

/* ktally_container_labels_info: what runtimes told of the labels that the settings allow, as `label_<name>` with all but letters and
 * digits made `_` (of two names that become one the first counts); of the latest instance that has any. */
bool identity_families_begin_labels(struct sheet *sheet);
void identity_families_add_labels(struct sheet *sheet, const struct exposition_input *in,
				  const struct container *container, struct text container_labels);
