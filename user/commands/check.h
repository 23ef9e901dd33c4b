/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
int check_main(int argc, char **argv);
