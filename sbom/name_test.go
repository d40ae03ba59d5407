package sbom

import "testing"

func TestEntryPath(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "usr/lib/x": "usr/lib/x", "a!b/c": "a!b/c", "a!/b": "a%21/b", "a/!b": "a/%21b", "!": "%21", "100%/x": "100%/x",
		"a/%41": "a/%2541", "%4/1": "%4/1", "ä ö/\x1b": "ä ö/%1B", "\xff": "%FF", "\u202e": "%E2%80%AE", "\ufffd": "\ufffd",
	} {
		if got := EntryPath(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
