package syft

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/anchore/syft/syft"

	"github.com/manifestgen/manifestgen/sbom"
)

// used returns the names of syft's catalogers that have one of the given tags.
func used(t *testing.T, tags ...string) []string {
	t.Helper()
	src, err := open(context.Background(), &sbom.Artifact{Path: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	found, err := syft.CreateSBOM(context.Background(), src, Cataloger{Select: tags}.config())
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(found.Descriptor.Configuration)
	if err != nil {
		t.Fatal(err)
	}
	var trail struct{ Catalogers struct{ Used []string } }
	if err := json.Unmarshal(data, &trail); err != nil {
		t.Fatal(err)
	}
	return trail.Catalogers.Used
}

// here are the catalogers that syft calls "declared" although what they find is
// there: a package that is not installed, a file of a distribution.
var here = []string{
	"dart-pubspec-cataloger", "deb-archive-cataloger", "erlang-otp-application-cataloger", "perl-cpan-meta-cataloger",
	"php-pear-serialized-cataloger", "rpm-archive-cataloger", "ruby-gemspec-cataloger", "swipl-pack-cataloger",
}

// TestAsksOnly holds that for each cataloger that syft calls "declared" and not
// "installed" it is decided whether what it finds is here.
func TestAsksOnly(t *testing.T) {
	declared, installed := used(t, "declared"), used(t, "installed")
	want := slices.DeleteFunc(declared, func(name string) bool { return slices.Contains(installed, name) })
	got := slices.Concat(here, slices.Collect(maps.Keys(asksOnly)))
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("decided for\n%s\nbut syft has\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, name := range here {
		if asksOnly[name] {
			t.Errorf("%s is both", name)
		}
	}
}
