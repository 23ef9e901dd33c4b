/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Trees of small files in a temporary directory, for tests of what reads procfs and cgroupfs. */
#include <criterion/criterion.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TREE_PATH_SIZE 512

struct tree {
	char root[64];
};

static inline void tree_init(struct tree *tree)
{
	snprintf(tree->root, sizeof(tree->root), "/tmp/ktally-test-XXXXXX");
	cr_assert_not_null(mkdtemp(tree->root));
}

static inline int tree_remove_entry(const char *path, const struct stat *status, int type, struct FTW *where)
{
	(void)status, (void)type, (void)where;
	return remove(path);
}

static inline void tree_remove(const struct tree *tree, const char *name)
{
	char path[TREE_PATH_SIZE];

	snprintf(path, sizeof(path), "%s/%s", tree->root, name);
	nftw(path, tree_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void tree_done(const struct tree *tree)
{
	tree_remove(tree, ".");
	rmdir(tree->root);
}

static inline void tree_directory(const struct tree *tree, const char *name)
{
	char path[TREE_PATH_SIZE + sizeof(tree->root) + 2];

	snprintf(path, sizeof(path), "%s/%s/", tree->root, name);
	for (char *at = path + strlen(tree->root) + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		mkdir(path, 0755);
		*at = '/';
	}
}

/* Writes a file and makes its directories. */
static inline void __attribute__((format(printf, 3, 4)))
tree_file(const struct tree *tree, const char *name, const char *format, ...)
{
	char path[TREE_PATH_SIZE + sizeof(tree->root) + 2], directory[TREE_PATH_SIZE];
	va_list arguments;
	FILE *file;

	snprintf(directory, sizeof(directory), "%s", name);
	if (strrchr(directory, '/')) {
		*strrchr(directory, '/') = '\0';
		tree_directory(tree, directory);
	}
	snprintf(path, sizeof(path), "%s/%s", tree->root, name);
	file = fopen(path, "we");
	cr_assert_not_null(file, "%s", path);
	va_start(arguments, format);
	vfprintf(file, format, arguments);
	va_end(arguments);
	fclose(file);
}
