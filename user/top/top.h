/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* `ktally top`: the exit status. 2: a wrong command line. */
int top_main(int argc, char **argv);
