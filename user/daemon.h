/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* `ktally run`: settings from the arguments, all stages wired, the loop until SIGTERM. Returns the exit status. */
int daemon_main(int argc, char **argv);
