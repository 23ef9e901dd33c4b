/* SPDX-License-Identifier: Apache-2.0 */
/* Who is asked for whom, and what becomes of the answers, also of wrong ones. */
#include "cri_world.h"

TestSuite(runtime, .init = setup, .fini = teardown, .timeout = 60);

/* ---- names ------------------------------------------------------------------------------------------------------ */

Test(runtime, a_container_is_named_and_not_asked_for_again)
{
	script[script_size++] = make_container(ID, "app", "web-0", 7);
	start();
	runtimes_ask(runtimes, "containerd", ID, now_ns);
	runtimes_ask(runtimes, "containerd", ID, now_ns);
	turn();
	cr_assert_eq(founds, 1);
	cr_assert_str_eq(last_runtime, "containerd");
	cr_assert_str_eq(last->id, ID);
	cr_assert_str_eq(last->name, "app");
	cr_assert_str_eq(last->pod, "web-0");
	cr_assert_eq(last->started_ns, 7);
	cr_assert(source(0).up);
	turns(60 * NS_PER_S);
	cr_assert_eq(asked, 1);
}

Test(runtime, while_a_runtime_is_up_it_is_asked_at_once)
{
	start();
	turn();
	cr_assert(source(0).up);
	script[script_size++] = make_container(ID, "app", "web-0", 7);
	runtimes_ask(runtimes, "cgroup", ID, now_ns);
	spin();
	cr_assert_eq(founds, 1, "without a turn");
}

Test(runtime, a_sandbox_is_asked_for_where_there_is_no_container)
{
	script[script_size++] = (struct reply){ .status = "5" };
	script[script_size++] = make_sandbox(ID, "web-0");
	start();
	runtimes_ask(runtimes, "containerd", ID, now_ns);
	turn();
	cr_assert_eq(founds, 1);
	cr_assert(last->is_sandbox);
	cr_assert_str_eq(last->pod, "web-0");
	cr_assert_str_eq(last->namespace, "shop");
}

Test(runtime, the_sandbox_tells_the_pod_of_a_container_that_does_not)
{
	script[script_size++] = make_container(ID, "app", "", 7);
	script[script_size++] = make_sandbox(OTHER, "web-0");
	start();
	runtimes_ask(runtimes, "containerd", ID, now_ns);
	turn();
	cr_assert_eq(founds, 1);
	cr_assert_str_eq(last->id, ID);
	cr_assert_str_eq(last->name, "app");
	cr_assert_str_eq(last->pod, "web-0");
	cr_assert_not(last->is_sandbox);
}

Test(runtime, a_sandbox_that_says_nothing_leaves_the_container_without_a_pod)
{
	script[script_size++] = make_container(ID, "app", "", 7);
	script[script_size++] = (struct reply){ .status = "14" }; /* not now: asked again */
	script[script_size++] = make_container(ID, "app", "", 7);
	script[script_size++] = make_sandbox(ID, "web-0"); /* another one's */
	start();
	runtimes_ask(runtimes, "containerd", ID, now_ns);
	turn();
	cr_assert_eq(founds, 0);
	turns(NS_PER_S);
	cr_assert_eq(founds, 1);
	cr_assert_str_eq(last->name, "app");
	cr_assert_str_eq(last->pod, "");
	cr_assert_eq(source(0).refused, 1);
	cr_assert_eq(source(0).failures, 1);
}

Test(runtime, a_container_that_has_not_started_is_told_and_asked_for_again)
{
	script[script_size++] = make_container(ID, "app", "web-0", 0);
	script[script_size++] = make_container(ID, "app", "web-0", 7);
	start();
	runtimes_ask(runtimes, "containerd", ID, now_ns);
	turn();
	cr_assert_eq(founds, 1);
	turns(2 * NS_PER_S);
	cr_assert_eq(founds, 2);
	cr_assert_eq(last->started_ns, 7);
	cr_assert_eq(asked, 2);
}

Test(runtime, what_is_not_known_is_asked_for_with_growing_pauses)
{
	start();
	turn();
	runtimes_ask(runtimes, "containerd", ID, now_ns);
	spin();
	turns(16 * NS_PER_S);
	cr_assert_eq(asked, 2 * 7,
		     "at 0, 0.25, 0.75, 1.75, 3.75, 7.75 and 15.75 s, as a container and as a sandbox: %d",
		     asked);
	runtimes_forget(runtimes, ID);
	runtimes_forget(runtimes, ID);
	turns(60 * NS_PER_S);
	cr_assert_eq(asked, 2 * 7, "nobody wants to know any more");
	cr_assert_eq(source(0).failures, 0);
	cr_assert_eq(source(0).refused, 0);
}

static struct reply make_list(char ids[][65], size_t count)
{
	Cri__ListContainersResponse response = CRI__LIST_CONTAINERS_RESPONSE__INIT;
	Cri__Container containers[64], *pointers[64];

	for (size_t i = 0; i < count; i++) {
		cri__container__init(&containers[i]);
		containers[i].id = ids[i];
		pointers[i] = &containers[i];
	}
	response.containers = pointers;
	response.n_containers = count;
	return pack(&response.base);
}

Test(runtime, many_are_listed_and_then_asked_for_a_few_at_once)
{
	enum { MANY = 41 };
	static char ids[MANY][65];

	start();
	for (int i = 0; i < MANY; i++) {
		snprintf(ids[i], sizeof(ids[i]), "%064d", i);
		runtimes_ask(runtimes, "containerd", ids[i], now_ns);
	}
	list = make_list(ids, MANY);
	turn();
	cr_assert_eq(versions, 3, "the version and two lists");
	cr_assert_eq(founds, 2 * MANY, "both lists name them all");
	cr_assert_eq(asked, 2 * MANY);
	cr_assert_leq(most_answering, 8);
	cr_assert_geq(most_answering, 2);
}

Test(runtime, a_path_may_be_wrong_about_the_runtime)
{
	script[script_size++] = make_container(ID, "app", "web-0", 7);
	start();
	turn();
	runtimes_ask(runtimes, "docker", ID, now_ns);
	spin();
	cr_assert_eq(founds, 1);
}

/* ---- liars ------------------------------------------------------------------------------------------------------- */

Test(runtime, wrong_answers_are_refused_and_the_next_one_counts)
{
	script[script_size++] = make_container(OTHER, "app", "web-0", 7); /* not what was asked for */
	script[script_size++] = (struct reply){ .status = "0", .message = { 0xff, 0xff }, .size = 2 };
	script[script_size++] = (struct reply){ .status = "0" }; /* no message */
	script[script_size++] = (struct reply){ .status = "99" };
	script[script_size++] = (struct reply){ .status = "13" }; /* internal error: no lie */
	script[script_size++] = make_container(ID, "app", "web-0", 7);
	start();
	runtimes_ask(runtimes, "containerd", ID, now_ns);
	turns(16 * NS_PER_S);
	cr_assert_eq(founds, 1);
	cr_assert_eq(source(0).refused, 4);
	cr_assert_eq(source(0).failures, 1);
	cr_assert(source(0).up);
}

Test(runtime, a_name_without_end_is_refused)
{
	static char name[5000];

	memset(name, 'x', sizeof(name) - 1);
	script[script_size++] = make_container(ID, name, "web-0", 7);
	start();
	runtimes_ask(runtimes, "containerd", ID, now_ns);
	turn();
	cr_assert_eq(founds, 0);
	cr_assert_eq(source(0).refused, 1);
}

Test(runtime, an_older_runtime_is_not_asked)
{
	version = (struct reply){ .status = "12" };
	start();
	runtimes_ask(runtimes, "containerd", ID, now_ns);
	turn();
	cr_assert_not(source(0).up);
	cr_assert_str_eq(source(0).reason, "does not serve runtime.v1");
	cr_assert_eq(asked, 0);
}

Test(runtime, the_reason_is_one_of_our_texts)
{
	version = (struct reply){ .status = "14" }; /* and a message of the runtime's own: h2_server.h */
	start();
	turn();
	cr_assert_not(source(0).up);
	cr_assert_str_eq(source(0).reason, "gRPC status 14 (unavailable)");
}
