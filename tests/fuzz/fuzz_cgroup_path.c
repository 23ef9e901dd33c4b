/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a cgroup path: no fault, strings that end, an own path within the path, and the same answer for it alone. */
#include "enrich/cgroup_path.c"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool condition)
{
	if (!condition)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct identity identity, again;
	enum cgroup_position position;
	size_t own_size, length;
	char *path = malloc(size + 1);

	if (!path)
		return 0;
	memcpy(path, data, size);
	path[size] = '\0';
	length = strlen(path);
	position = cgroup_path_identify(path, &identity, &own_size);
	check(own_size <= length);
	check(position == CGROUP_PATH_OWN || own_size < length);
	check(memchr(identity.name, 0, sizeof(identity.name)) && memchr(identity.id, 0, sizeof(identity.id)));
	check(memchr(identity.runtime, 0, sizeof(identity.runtime)) && identity.runtime[0] && identity.id[0]);
	path[own_size] = '\0';
	if (position == CGROUP_PATH_BELOW && !strstr(path, " (deleted)")) {
		check(cgroup_path_identify(path, &again, NULL) == CGROUP_PATH_OWN);
		check(memcmp(&identity, &again, sizeof(identity)) == 0);
	}
	free(path);
	return 0;
}
