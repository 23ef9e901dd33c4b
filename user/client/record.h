/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* `ktally record FILE`: asks a daemon at intervals and writes what it answers. Returns the exit status. */
int record_main(int argc, char **argv);
