/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Families per disk: the rows of source DISK. */
#include "export/exposition.h"
#include "export/sheet.h"

void disk_families_add(struct sheet *sheet, const struct exposition_input *in);
