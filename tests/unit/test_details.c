/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "model/details.h"

Test(details, a_copy_is_whole_and_lives_by_itself)
{
	char id[] = "id", name[] = "name", namespace[] = "namespace", pod[] = "pod", uid[] = "uid",
	     image[] = "image", label[] = "label", value[] = "\xff\n";
	struct details_label labels[] = { { label, value }, { "", "" } };
	struct details details = { .id = id,
				   .name = name,
				   .namespace = namespace,
				   .pod = pod,
				   .pod_uid = uid,
				   .image = image,
				   .is_sandbox = true,
				   .is_host_network = true,
				   .pid = 7,
				   .started_ns = 11,
				   .labels = labels,
				   .label_count = 2 };
	struct details *copy = details_copy(&details);

	id[0] = name[0] = namespace[0] = pod[0] = uid[0] = image[0] = label[0] = value[0] = 'X';
	labels[1].name = labels[1].value = "gone";
	cr_assert_str_eq(copy->id, "id");
	cr_assert_str_eq(copy->name, "name");
	cr_assert_str_eq(copy->namespace, "namespace");
	cr_assert_str_eq(copy->pod, "pod");
	cr_assert_str_eq(copy->pod_uid, "uid");
	cr_assert_str_eq(copy->image, "image");
	cr_assert(copy->is_sandbox && copy->is_host_network);
	cr_assert_eq(copy->pid, 7);
	cr_assert_eq(copy->started_ns, 11);
	cr_assert_eq(copy->label_count, 2);
	cr_assert_str_eq(copy->labels[0].name, "label");
	cr_assert_str_eq(copy->labels[0].value, "\xff\n");
	cr_assert_str_eq(copy->labels[1].name, "");
	cr_assert_str_eq(copy->labels[1].value, "");
	details_free(copy);
	details_free(NULL);
}
