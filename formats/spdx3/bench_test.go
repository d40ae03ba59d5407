package spdx3

import (
	"bytes"
	"encoding/json"
	"io"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/manifestgen/manifestgen/formats/internal/facts"
	"github.com/manifestgen/manifestgen/formats/internal/formattest"
)

// bare is a document as plain structs, for encoding/json to compare with.
type bare struct {
	Context string `json:"@context"`
	Graph   []any  `json:"@graph"`
}

// BenchmarkMany compares with encoding/json on the bare structs, written in the
// same form: the metric x-json is how many times as long we take.
func BenchmarkMany(b *testing.B) {
	m := formattest.Many(200_000)
	data := encode(b, m)
	g, err := fromManifest(facts.Order(m))
	if err != nil {
		b.Fatal(err)
	}
	doc := bare{Context: contextURL}
	for _, x := range g.elements {
		doc.Graph = append(doc.Graph, x)
	}
	for i := range g.more {
		x := *g.make(i)
		x.Extensions = slices.Clone(x.Extensions)
		for j := range x.Extensions {
			x.Extensions[j].Properties = slices.Clone(x.Extensions[j].Properties)
		}
		doc.Graph = append(doc.Graph, &x)
	}
	for i := range g.relations {
		doc.Graph = append(doc.Graph, &g.relations[i])
	}
	b.Logf("%d MB, %d elements", len(data)>>20, len(doc.Graph))
	formattest.Compare(b, "encode", func() error {
		e := json.NewEncoder(new(bytes.Buffer))
		e.SetEscapeHTML(false)
		return e.Encode(doc)
	}, func() error { return Encode(new(bytes.Buffer), m) })
	formattest.Compare(b, "decode", func() error {
		return json.Unmarshal(data, &struct {
			Graph []row `json:"@graph"`
		}{})
	}, func() error { _, err := Decode(bytes.NewReader(data)); return err })
	memory(b, "memory/encode", len(data), func() error { return Encode(io.Discard, m) })
	memory(b, "memory/decode", len(data), func() error { _, err := Decode(bytes.NewReader(data)); return err })
}

// memory reports, as x-document, how many times the document's size the heap
// grows at most while run runs.
func memory(b *testing.B, name string, size int, run func() error) {
	b.Run(name, func(b *testing.B) {
		var before, now runtime.MemStats
		for b.Loop() {
			runtime.GC()
			runtime.ReadMemStats(&before)
			done := make(chan error)
			go func() { done <- run() }()
			peak := before.HeapAlloc
			for running := true; running; {
				select {
				case err := <-done:
					if err != nil {
						b.Fatal(err)
					}
					running = false
				case <-time.After(20 * time.Millisecond):
				}
				runtime.ReadMemStats(&now)
				peak = max(peak, now.HeapAlloc)
			}
			b.ReportMetric(float64(peak-before.HeapAlloc)/float64(size), "x-document")
		}
	})
}
