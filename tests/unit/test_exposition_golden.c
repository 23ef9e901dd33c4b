/* SPDX-License-Identifier: Apache-2.0 */
/* Two models in each format, byte for byte. The files are also what the readers in tests/conformance read. After a change
 * that is meant, KTALLY_WRITE_GOLDEN=1 writes them anew: look at the difference. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exposition_model.c"

TestSuite(exposition_golden, .init = model_setup, .timeout = 60);

static void compare(const char *name, enum sheet_body body)
{
	static char expected[1 << 20];
	const char *root = getenv("KTALLY_SOURCE");
	char path[4096];
	size_t size;
	FILE *file;

	snprintf(path, sizeof(path), "%s/tests/fixtures/%s", root ? root : ".", name);
	buffer_clear(&out);
	cr_assert_eq(exposition_write(&input, body, &out), 0);
	if (getenv("KTALLY_WRITE_GOLDEN")) {
		file = fopen(path, "w");
		cr_assert(file && fwrite(out.data, 1, out.size, file) == out.size && fclose(file) == 0);
	}
	file = fopen(path, "r");
	cr_assert(file, "cannot read '%s'", path);
	size = fread(expected, 1, sizeof(expected), file);
	fclose(file);
	for (size_t i = 0; i < size && i < out.size; i++)
		cr_assert_eq(expected[i], out.data[i], "%s differs at byte %zu: %.80s", name, i,
			     out.data + i);
	cr_assert_eq(size, out.size);
}

Test(exposition_golden, text)
{
	model_fill();
	compare("exposition.prom", SHEET_TEXT);
}

Test(exposition_golden, openmetrics)
{
	model_fill();
	compare("exposition.om", SHEET_OPENMETRICS);
}

Test(exposition_golden, openmetrics_with_created_times)
{
	model_fill();
	input.choice.created = true;
	compare("exposition_created.om", SHEET_OPENMETRICS);
}

Test(exposition_golden, protobuf)
{
	model_fill();
	compare("exposition.pb", SHEET_PROTOBUF);
}

Test(exposition_golden, hostile_names_in_text)
{
	model_fill_hostile();
	compare("hostile.prom", SHEET_TEXT);
}

Test(exposition_golden, hostile_names_in_openmetrics)
{
	model_fill_hostile();
	compare("hostile.om", SHEET_OPENMETRICS);
}

Test(exposition_golden, hostile_names_in_protobuf)
{
	model_fill_hostile();
	compare("hostile.pb", SHEET_PROTOBUF);
}
