package syft_test

import (
	"archive/zip"
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// jars makes a folder with archives as Java's tools make them: one that says
// what it is in pom.properties, with another in it; one with a manifest only, one
// that says nothing.
func jars(t *testing.T, dir string, _ map[string]sample) map[string]bool {
	writeJars(t, dir)
	return nil
}

func writeJars(t *testing.T, dir string) {
	t.Helper()
	inner := archive(t, map[string]string{
		"META-INF/MANIFEST.MF":                           "Manifest-Version: 1.0\r\nImplementation-Title: util\r\nImplementation-Version: 0.9\r\n\r\n",
		"META-INF/maven/org.example/util/pom.properties": "version=0.9\ngroupId=org.example\nartifactId=util\n",
	})
	all := map[string]string{
		"ledger-1.4.0.jar": archive(t, map[string]string{
			"META-INF/MANIFEST.MF":                             "Manifest-Version: 1.0\r\nMain-Class: org.example.Main\r\n\r\n",
			"META-INF/maven/org.example/ledger/pom.properties": "version=1.4.0\ngroupId=org.example\nartifactId=ledger\n",
			"BOOT-INF/lib/util-0.9.jar":                        inner,
		}),
		"bundle-3.1.jar": archive(t, map[string]string{
			"META-INF/MANIFEST.MF": "Manifest-Version: 1.0\r\nBundle-SymbolicName: org.example.bundle\r\nBundle-Version: 3.1.0\r\nImplementation-Title: The Bundle\r\nImplementation-Version: 3.1\r\nBundle-License: https://www.apache.org/licenses/LICENSE-2.0.txt\r\n\r\n"}),
		"plain-2.0.jar": archive(t, map[string]string{"META-INF/MANIFEST.MF": "Manifest-Version: 1.0\r\n\r\n", "A.class": "x"}),
	}
	for name, data := range all {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// archive makes a zip archive.
func archive(t *testing.T, files map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(files[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
