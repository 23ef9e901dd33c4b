/* SPDX-License-Identifier: Apache-2.0 */
/* Which sockets are asked, when again, and how many ids are wanted at once. */
#include <errno.h>
#include <sys/stat.h>

#include "cri_world.h"

TestSuite(runtime_sockets, .init = setup, .fini = teardown, .timeout = 60);

Test(runtime_sockets, one_that_ended_is_tried_again_with_growing_pauses_and_a_new_socket_at_once)
{
	start();
	turn();
	cr_assert(source(0).up);
	shutdown(server.fd, SHUT_RDWR);
	turns(12 * NS_PER_S);
	cr_assert_not(source(0).up);
	cr_assert_str_neq(source(0).reason, "");
	turns(100 * NS_PER_S);
	cr_assert_eq(source(0).failures, 9,
		     "the last ping, 0.5, 1, 2, 4, 8, 16 and twice 30 s after each other: %lu",
		     source(0).failures);
	runtimes_ask(runtimes, "containerd", ID, now_ns);
	unlink(server.path);
	turns(2 * NS_PER_S);
	cr_assert_str_eq(source(0).reason, "No such file or directory");
	versions = 0;
	script[script_size++] = make_container(ID, "app", "web-0", 7);
	idle_descriptors++; /* the old socket stays open */
	server_start_again(&server);
	turns(2 * NS_PER_S);
	cr_assert(source(0).up);
	cr_assert_str_eq(source(0).reason, "");
	cr_assert_eq(founds, 1, "what was wanted meanwhile is asked for");
}

Test(runtime_sockets, a_socket_under_two_names_is_asked_once)
{
	char link[120], first[130], second[130];
	const char *const sockets[] = { first, second };

	snprintf(link, sizeof(link), "%s/link", server.folder);
	cr_assert_eq(symlink(server.path, link), 0);
	snprintf(first, sizeof(first), "cri=%s", server.path);
	snprintf(second, sizeof(second), "cri=%s", link);
	cr_assert_eq(try_sockets(sockets, 2, ""), 0);
	turn();
	cr_assert(source(0).up);
	cr_assert_not(source(1).up);
	cr_assert_str_eq(source(1).source, second);
	cr_assert_eq(versions, 1);
	unlink(link);
}

Test(runtime_sockets, usual_sockets_are_looked_for_below_the_root)
{
	char path[200];

	cr_assert_eq(try_sockets(NULL, 0, server.folder), 0);
	turns(2 * NS_PER_S);
	cr_assert_eq(runtimes_status(runtimes, 0, &(struct runtime_status){}), 0, "none was ever there");
	for (const char *const *part = (const char *const[]){ "/run", "/run/crio", NULL }; *part; part++) {
		snprintf(path, sizeof(path), "%s%s", server.folder, *part);
		cr_assert_eq(mkdir(path, 0700), 0);
	}
	snprintf(path, sizeof(path), "%s/run/crio/crio.sock", server.folder);
	cr_assert_eq(rename(server.path, path), 0);
	turns(3 * NS_PER_S);
	cr_assert_eq(runtimes_status(runtimes, 0, &(struct runtime_status){}), 1);
	cr_assert_str_eq(source(0).source, "cri-o");
	cr_assert(source(0).up);
	unlink(path);
	for (int i = 0; i < 2; i++) {
		*strrchr(path, '/') = 0;
		rmdir(path);
	}
}

Test(runtime_sockets, settings_that_make_no_sense)
{
	static const char *const wrong[] = { "cri",     "cri=", "cri=run/x", "CRI=/run/x", "nothing=/run/x",
					     "=/run/x", "" };
	static const char *const twice[] = { "cri=/run/x", "cri=/run/x" };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		cr_assert_eq(try_sockets(&wrong[i], 1, ""), -EINVAL, "'%s'", wrong[i]);
	cr_assert_eq(try_sockets(twice, 2, ""), -EEXIST);
	runtimes_free(NULL);
	runtimes_ask(NULL, "cgroup", ID, 0);
	runtimes_forget(NULL, ID);
}

Test(runtime_sockets, the_table_of_wanted_ids_has_a_bound)
{
	struct runtimes_counts counts;
	char id[200];

	start();
	for (int i = 0; i < 8193; i++) {
		snprintf(id, sizeof(id), "%064d", i);
		runtimes_ask(runtimes, "containerd", id, now_ns);
	}
	memset(id, 'a', sizeof(id) - 1);
	id[sizeof(id) - 1] = 0;
	runtimes_ask(runtimes, "containerd", id, now_ns);
	runtimes_count(runtimes, &counts);
	cr_assert_eq(counts.wanted, 8192);
	cr_assert_eq(counts.dropped, 2, "one too many, and one whose id is too long");
}
