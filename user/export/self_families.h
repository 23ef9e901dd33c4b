/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Families about ktally itself, which are not rows of the table METRIC. */
#include "export/exposition.h"
#include "export/sheet.h"

/* ktally_self_*, ktally_build_info, process_*, and last ktally_self_series, which counts all of the sheet and itself. */
void self_families_add(struct sheet *sheet, const struct exposition_input *in);
