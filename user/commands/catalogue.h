/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
int catalogue_main(int argc, char **argv);
