package sbom

import (
	"testing"

	"github.com/package-url/packageurl-go"
)

// FuzzPlainPURL checks that what is taken for a package URL without parsing it is
// one for the parser.
func FuzzPlainPURL(f *testing.F) {
	for _, kind := range plainPURLs {
		f.Add("pkg:" + kind + "/a@1")
		f.Add("pkg:" + kind + "/A.b/c-d/e_F@v1.2.3-rc.1")
		f.Add("pkg:" + kind + "/a/b@1@2")
		f.Add("pkg:" + kind + "//a@1")
		f.Add("pkg:" + kind + "/@1")
		f.Add("pkg:" + kind + "/a@")
		f.Add("pkg:" + kind + "/../a@1")
	}
	f.Fuzz(func(t *testing.T, purl string) {
		if _, err := packageurl.FromString(purl); err != nil && isPlainPURL(purl) {
			t.Errorf("%q: %v", purl, err)
		}
	})
}

func TestIsPlainPURL(t *testing.T) {
	for purl, want := range map[string]bool{
		"pkg:golang/golang.org/x/mod@v0.30.0": true, "pkg:deb/debian/base-files@12.4": true,
		"pkg:golang/golang.org/x/mod": false, "pkg:npm/%40a/b@1": false, "pkg:conan/a@1": false, "golang/a@1": false, "pkg:golang/a@1?x=y": false,
	} {
		if got := isPlainPURL(purl); got != want {
			t.Errorf("isPlainPURL(%q) = %v", purl, got)
		}
	}
}
