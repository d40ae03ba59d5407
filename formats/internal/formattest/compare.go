package formattest

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"
)

// Compare runs a benchmark that reports, as x-json, how many times as long ours
// takes as bare, both measured in the same run.
func Compare(b *testing.B, name string, bare, ours func() error) {
	b.Run(name, func(b *testing.B) {
		var spent [2]time.Duration
		for b.Loop() {
			for i, run := range []func() error{bare, ours} {
				start := time.Now()
				if err := run(); err != nil {
					b.Fatal(err)
				}
				spent[i] += time.Since(start)
			}
		}
		b.ReportMetric(float64(spent[1])/float64(spent[0]), "x-json")
		b.ReportMetric(spent[1].Seconds()/float64(b.N), "s/ours")
	})
}

// Bare writes v as our encoders do, and does nothing else.
func Bare(v any) error {
	e := json.NewEncoder(new(bytes.Buffer))
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
