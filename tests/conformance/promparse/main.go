// SPDX-License-Identifier: Apache-2.0

// promparse FORMAT FILE: what Prometheus's own parser for a scrape makes of an exposition, one sample a line, tab-separated:
// name, labels as JSON, value with 17 digits, created time in ms. A native histogram is a line whose value is its JSON, after
// Prometheus itself has found it valid. FORMAT is a content type. Any error ends it with status 1.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
)

type native struct {
	Schema        int32
	Count         uint64
	Sum           float64
	ZeroThreshold float64
	ZeroCount     uint64
	Buckets       map[string]uint64 // by upper bound
}

func describe(h *histogram.Histogram) (string, error) {
	if err := h.Validate(); err != nil {
		return "", err
	}
	n := native{h.Schema, h.Count, h.Sum, h.ZeroThreshold, h.ZeroCount, map[string]uint64{}}
	for it := h.PositiveBucketIterator(); it.Next(); {
		b := it.At()
		if b.LowerInclusive || !b.UpperInclusive {
			return "", fmt.Errorf("bucket %v: bounds are not (lower, upper]", b)
		}
		n.Buckets[strconv.FormatFloat(b.Upper, 'g', 17, 64)] = b.Count
	}
	text, err := json.Marshal(n)
	return string(text), err
}

func run(contentType string, data []byte, out *bufio.Writer) error {
	parser, err := textparse.New(data, contentType, labels.NewSymbolTable(),
		textparse.ParserOptions{KeepClassicOnClassicAndNativeHistograms: true, OpenMetricsSkipCTSeries: true})
	if err != nil {
		return err
	}
	for {
		var value string
		entry, err := parser.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch entry {
		case textparse.EntrySeries:
			_, time, number := parser.Series()
			if time != nil {
				return errors.New("a sample with a timestamp")
			}
			value = strconv.FormatFloat(number, 'g', 17, 64)
		case textparse.EntryHistogram:
			_, time, whole, float := parser.Histogram()
			if time != nil || float != nil {
				return errors.New("a histogram with a timestamp, or of floats")
			}
			if value, err = describe(whole); err != nil {
				return err
			}
		default:
			continue
		}
		var all labels.Labels
		parser.Labels(&all)
		name := all.Get(labels.MetricName)
		text, err := json.Marshal(labels.NewBuilder(all).Del(labels.MetricName).Labels().Map())
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s\t%s\t%s\t%d\n", name, text, value, parser.CreatedTimestamp())
	}
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: promparse CONTENT-TYPE FILE")
		os.Exit(2)
	}
	data, err := os.ReadFile(os.Args[2])
	out := bufio.NewWriter(os.Stdout)
	if err == nil {
		err = run(os.Args[1], data, out)
	}
	out.Flush()
	if err != nil {
		fmt.Fprintln(os.Stderr, "promparse:", err)
		os.Exit(1)
	}
}
