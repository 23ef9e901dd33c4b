/* SPDX-License-Identifier: Apache-2.0 */
#include "model/details.h"

#include <stdlib.h>
#include <string.h>

/* Moves a string into the memory at *at. */
static const char *put(char **at, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = memcpy(*at, text, size);

	*at += size;
	return copy;
}

struct details *details_copy(const struct details *details)
{
	size_t labels_size = details->label_count * sizeof(struct details_label);
	size_t size = sizeof(*details) + labels_size + strlen(details->id) + strlen(details->name) +
		      strlen(details->namespace) + strlen(details->pod) + strlen(details->pod_uid) +
		      strlen(details->image) + 6;
	struct details_label *labels;
	struct details *copy;
	char *at;

	for (size_t i = 0; i < details->label_count; i++)
		size += strlen(details->labels[i].name) + strlen(details->labels[i].value) + 2;
	copy = malloc(size);
	if (!copy)
		return NULL;
	*copy = *details;
	labels = (struct details_label *)(copy + 1);
	at = (char *)(labels + details->label_count);
	copy->id = put(&at, details->id);
	copy->name = put(&at, details->name);
	copy->namespace = put(&at, details->namespace);
	copy->pod = put(&at, details->pod);
	copy->pod_uid = put(&at, details->pod_uid);
	copy->image = put(&at, details->image);
	for (size_t i = 0; i < details->label_count; i++) {
		labels[i].name = put(&at, details->labels[i].name);
		labels[i].value = put(&at, details->labels[i].value);
	}
	copy->labels = labels;
	return copy;
}

void details_free(struct details *details)
{
	free(details);
}
