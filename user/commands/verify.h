/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
int verify_main(int argc, char **argv);
