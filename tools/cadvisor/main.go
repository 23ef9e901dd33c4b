// SPDX-License-Identifier: Apache-2.0

// cAdvisor as the kubelet wires it: its own manager, readers and Prometheus collectors, with every kind of metric that reads no
// hardware, on one address. For `make compare-cadvisor`; no part of ktally.
package main

import (
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/google/cadvisor/lib/cache/memory"
	"github.com/google/cadvisor/lib/container"
	_ "github.com/google/cadvisor/lib/container/containerd/install"
	"github.com/google/cadvisor/lib/manager"
	"github.com/google/cadvisor/lib/metrics"
	info "github.com/google/cadvisor/lib/model"
	"github.com/google/cadvisor/lib/utils/sysfs"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"k8s.io/utils/clock"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address; it is printed")
	kubelet := flag.Bool("kubelet", false, "only what a kubelet switches on")
	interval := flag.Duration("interval", time.Second, "housekeeping")
	flag.Parse()

	kinds := container.MetricSet{}
	for kind := range container.AllMetrics {
		kinds[kind] = struct{}{}
	}
	off := []container.MetricKind{container.PerfMetrics, container.ResctrlMetrics, container.ReferencedMemoryMetrics, container.PerCpuUsageMetrics}
	if *kubelet {
		off = append(off, container.ProcessSchedulerMetrics, container.NetworkTcpUsageMetrics, container.NetworkAdvancedTcpUsageMetrics,
			container.NetworkUdpUsageMetrics, container.HugetlbUsageMetrics, container.MemoryNumaMetrics, container.CPUTopologyMetrics,
			container.CPUSetMetrics)
	}
	for _, kind := range off {
		delete(kinds, kind)
	}

	dynamic := false
	m, err := manager.New(memory.New(2*time.Minute, nil), sysfs.NewRealSysFs(),
		manager.HousekeepingConfig{Interval: interval, AllowDynamic: &dynamic}, kinds, []string{""}, nil, "", 0)
	fail(err)
	fail(m.Start())
	registry := prometheus.NewRegistry()
	options := info.RequestOptions{IdType: info.TypeName, Count: 1, Recursive: true}
	registry.MustRegister(
		metrics.NewPrometheusCollector(m, labels, kinds, clock.RealClock{}, options),
		metrics.NewPrometheusMachineCollector(m, kinds))
	http.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}))
	listener, err := net.Listen("tcp", *listen)
	fail(err)
	fmt.Println(listener.Addr())
	fail(http.Serve(listener, nil))
}

// labels are those that a kubelet gives.
func labels(c *info.ContainerInfo) map[string]string {
	set := map[string]string{
		"id":        c.Name,
		"name":      "",
		"image":     c.Spec.Image,
		"pod":       c.Spec.Labels["io.kubernetes.pod.name"],
		"namespace": c.Spec.Labels["io.kubernetes.pod.namespace"],
		"container": c.Spec.Labels["io.kubernetes.container.name"],
	}
	if len(c.Aliases) > 0 {
		set["name"] = c.Aliases[0]
	}
	return set
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "cadvisor:", err)
		os.Exit(1)
	}
}
