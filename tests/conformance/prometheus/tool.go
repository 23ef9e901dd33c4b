// SPDX-License-Identifier: Apache-2.0

//go:build tool

// Package prometheus pins the server that `make check-prometheus` builds.
package prometheus

import _ "github.com/prometheus/prometheus/cmd/prometheus"
