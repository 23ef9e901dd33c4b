/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* `ktally metrics --estimate [OPTION...]`: argv[0] is skipped, the rest are options of `ktally run`. Returns the exit status. */
int estimate_main(int argc, char **argv);
