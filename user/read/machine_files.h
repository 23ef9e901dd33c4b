/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What procfs, sysfs and the host's own files say of the machine. */
#include "base/paths.h"
#include "model/machine.h"

/* Fills all of *ret_machine; what cannot be read is not known. The host's files are those that its first process sees. */
void machine_files_read(const struct paths *paths, struct machine *ret_machine);
