package inflate

import (
	"bytes"
	"fmt"
	"testing"
)

func TestParallel(t *testing.T) {
	for name, data := range samples() {
		for _, level := range []int{-2, 0, 1, 6} {
			gz := wrap(deflate(t, data, level), data)
			for _, size := range []int{7, 100, 5000, 30_000} {
				if len(gz)/size > 1000 {
					continue
				}
				z, err := newReaderAt(bytes.NewReader(gz), int64(len(gz)), 3, size)
				same(t, fmt.Sprintf("%s, level %d, chunks of %d bytes", name, level, size), readAll(z, err), outcome{data, "complete"})
				z.Close()
			}
		}
	}
}
