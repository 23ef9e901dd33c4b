/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of network namespaces and of pods in the exposition. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "export/exposition.h"
#include "model/container.h"
#include "model/network.h"

static struct model *model;
static struct buffer out;

static void set_up(void)
{
	const struct model_limits limits = { .containers = 100,
					     .programs_per_container = 5,
					     .processes = 100,
					     .label_length = 32,
					     .grace_ns = 1009 };

	cr_assert_eq(model_new(&limits, 1, &model), 0);
}

static void tear_down(void)
{
	model_free(model);
	buffer_done(&out);
}

TestSuite(network_families, .init = set_up, .fini = tear_down, .timeout = 20);

/* A cgroup of a container of these names; the model owns it. */
static struct cgroup *add(const char *namespace, const char *pod, const char *name, const char *pod_uid)
{
	static uint64_t id;
	struct identity identity = { .runtime = "containerd" };
	struct container *container = container_get(model, namespace, pod, name, 1);
	struct cgroup *cgroup = NULL, *others = container->instances;

	snprintf(identity.pod_uid, sizeof(identity.pod_uid), "%s", pod_uid);
	cr_assert_eq(model_cgroup_add(model, ++id, "/x", &identity, 1, &cgroup), 0);
	model->host->instances = NULL;
	model->host->instance_count = 0;
	cgroup->container = container;
	cgroup->next_instance = others;
	container->instances = cgroup;
	container->instance_count++;
	return cgroup;
}

static void render(void)
{
	const struct exposition_input input = {
		.model = model, .version = "1", .revision = "a", .node = "n"
	};

	buffer_clear(&out);
	cr_assert_eq(exposition_write(&input, SHEET_TEXT, &out), 0);
	buffer_add(&out, "", 1);
}

/* Whether these lines stand there, one after the other. */
static bool has_lines(const char *lines)
{
	const char *at = strstr(out.data, lines);

	return at && (at == out.data || at[-1] == '\n');
}

Test(network_families, protocols_have_a_row_per_pod_that_they_were_read_for)
{
	const struct cgroup *web = add("shop", "web-0", "nginx", "uid-1"), *alone = add("", "", "redis", "");
	const uint64_t total[PROTOCOL_TOTALS] = { 3, 5, 100, 61, 31, 11, 13 };
	struct network *network = network_use(model, 1, web);

	cr_assert_eq(network_count(model, network, web->container, true, NULL, 0, 0, 1, 1), 0);
	network_count_protocols(model, network, true, total, 1);
	network = network_use(model, 2, alone);
	cr_assert_eq(network_count(model, network, alone->container, true, NULL, 0, 0, 1, 1), 0);
	render();
	cr_expect(has_lines(
		"# TYPE ktally_pod_udp_drops_total counter\n"
		"ktally_pod_udp_drops_total{namespace=\"shop\",pod=\"web-0\",container=\"\",cause=\"receive_buffer\"} 61\n"
		"ktally_pod_udp_drops_total{namespace=\"shop\",pod=\"web-0\",container=\"\",cause=\"send_buffer\"} 11\n"
		"ktally_pod_udp_drops_total{namespace=\"shop\",pod=\"web-0\",container=\"\",cause=\"checksum\"} 31\n"
		"ktally_pod_udp_drops_total{namespace=\"shop\",pod=\"web-0\",container=\"\",cause=\"no_port\"} 13\n"
		"ktally_pod_udp_drops_total{namespace=\"shop\",pod=\"web-0\",container=\"\",cause=\"other\"} 8\n"
		"#"));
	cr_expect(has_lines(
		"ktally_pod_tcp_accept_queue_overflows_total{namespace=\"shop\",pod=\"web-0\",container=\"\"} 3\n"));
	cr_expect(has_lines(
		"ktally_pod_tcp_listen_drops_total{namespace=\"shop\",pod=\"web-0\",container=\"\"} 5\n"));
	cr_expect(has_lines("ktally_node_tcp_accept_queue_overflows_total 3\n"));
	cr_expect(has_lines("ktally_node_udp_drops_total{cause=\"no_port\"} 13\n"));
}

Test(network_families, every_metric_has_a_sample_per_interface)
{
	const struct cgroup *web = add("shop", "web-0", "nginx", "uid-1"),
			    *alone = add("", "", "re\"dis", "");
	struct network_device devices[2] = { { .name = "eth0" }, { .name = "a\xff\"" } };
	struct network *network = network_use(model, 1, web);

	for (unsigned int i = 0; i < NETDEV_VALUES; i++)
		devices[0].value[i] = 100 + i;
	cr_assert_eq(network_count(model, network, web->container, true, devices, 1, 0, 1, 1), 0);
	network = network_use(model, 2, alone);
	cr_assert_eq(network_count(model, network, alone->container, true, devices, 2, 0, 1, 1), 0);
	render();
	for (unsigned int i = 0; i < NETDEV_VALUES; i++) {
		static const char *const names[NETDEV_VALUES] = {
			"receive_bytes",  "receive_packets",  "receive_packets_dropped",  "receive_errors",
			"transmit_bytes", "transmit_packets", "transmit_packets_dropped", "transmit_errors",
		};
		char lines[1000];

		snprintf(
			lines, sizeof(lines),
			"# TYPE ktally_pod_network_%1$s_total counter\n"
			"ktally_pod_network_%1$s_total{namespace=\"shop\",pod=\"web-0\",container=\"\",interface=\"eth0\"} %2$u\n"
			"ktally_pod_network_%1$s_total{namespace=\"\",pod=\"\",container=\"re\\\"dis\",interface=\"eth0\"} %2$u\n"
			"ktally_pod_network_%1$s_total{namespace=\"\",pod=\"\",container=\"re\\\"dis\","
			"interface=\"a\xef\xbf\xbd\\\"\"} 0\n",
			names[i], 100 + i);
		cr_expect(has_lines(lines), "%s", lines);
	}
}

Test(network_families, a_pod_is_one_info_row_that_says_whether_its_network_is_the_hosts)
{
	struct cgroup *sandbox = add("shop", "web-0", "", "uid-1"),
		      *web = add("shop", "web-0", "nginx", "uid-1"),
		      *before = add("shop", "web-0", "nginx", "uid-0"),
		      *host = add("kube-system", "proxy", "a", "uid-2");

	add("", "", "docker", "");
	sandbox->identity->qos = IDENTITY_QOS_BURSTABLE;
	web->container->network = CONTAINER_NETWORK_OWN;
	host->container->network = CONTAINER_NETWORK_HOST;
	host->identity->qos = IDENTITY_QOS_BESTEFFORT;
	add("kube-system", "starting", "a", "uid-3");
	cr_assert_neq(before, NULL);
	render();
	cr_expect(has_lines(
		"# TYPE ktally_pod_info gauge\n"
		"ktally_pod_info{namespace=\"kube-system\",pod=\"proxy\",pod_uid=\"uid-2\",qos=\"BestEffort\",host_network=\"true\"} 1\n"
		"ktally_pod_info{namespace=\"kube-system\",pod=\"starting\",pod_uid=\"uid-3\",qos=\"\",host_network=\"\"} 1\n"
		"ktally_pod_info{namespace=\"shop\",pod=\"web-0\",pod_uid=\"uid-0\",qos=\"\",host_network=\"false\"} 1\n"
		"ktally_pod_info{namespace=\"shop\",pod=\"web-0\",pod_uid=\"uid-1\",qos=\"Burstable\",host_network=\"false\"} 1\n"
		"#"));
}

Test(network_families, a_runtime_may_tell_of_the_hosts_network_first)
{
	struct details details = { "", "", "", "", "", "", .is_host_network = true };
	struct cgroup *cgroup = add("a", "b", "c", "d");

	cgroup->details = &details;
	render();
	cr_expect(has_lines(
		"ktally_pod_info{namespace=\"a\",pod=\"b\",pod_uid=\"d\",qos=\"\",host_network=\"true\"} 1\n"));
	cgroup->container->network = CONTAINER_NETWORK_OWN; /* what is seen weighs more */
	render();
	cr_expect(has_lines(
		"ktally_pod_info{namespace=\"a\",pod=\"b\",pod_uid=\"d\",qos=\"\",host_network=\"false\"} 1\n"));
	cgroup->details = NULL;
}

Test(network_families, without_pods_there_are_no_families)
{
	add("", "", "docker", "");
	render();
	cr_expect_null(strstr(out.data, "ktally_pod_"));
}
