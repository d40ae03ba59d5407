package gomod

import (
	"strings"
	"testing"

	"golang.org/x/mod/module"
)

func TestCacheFile(t *testing.T) {
	got, err := cacheFile(module.Version{Path: "github.com/BurntSushi/toml", Version: "v1.5.0-RC1"})
	if want := "cache/download/github.com/!burnt!sushi/toml/@v/v1.5.0-!r!c1.mod"; got != want || err != nil {
		t.Errorf("got %q and error %v, want %q", got, err, want)
	}
	for _, m := range []module.Version{{Path: "../x", Version: "v1.0.0"}, {Path: "a.b/x", Version: "../v1"}, {Path: "a.b/x"}} {
		if got, err := cacheFile(m); err == nil {
			t.Errorf("%v: got %q, want an error", m, got)
		}
	}
}

// The law: a module that is found in a name is kept under the end of that name.
func FuzzCacheModule(f *testing.F) {
	f.Add("root/go/pkg/mod/cache/download/github.com/!burnt!sushi/toml/@v/v1.5.0.mod")
	f.Add("cache/download/a.b/cache/download/c.d/@v/v1.mod")
	f.Add("cache/download/@v/.mod")
	f.Fuzz(func(t *testing.T, name string) {
		m, ok := cacheModule(name)
		if !ok {
			return
		}
		back, err := cacheFile(m)
		if err != nil || !strings.HasSuffix(name, back) {
			t.Errorf("%v in %q is kept as %q, error %v", m, name, back, err)
		}
	})
}
